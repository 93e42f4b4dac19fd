"""What an application is given to call: `receive` and `send` of one request (ASGI HTTP specification 2.4).

They are coroutine functions, bound to an answer: applications hand them to task groups that take nothing else. So both
twins use this one module as it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any, TypeAlias

from fastresp.asgi.answer import Answer
from fastresp.errors import BodyError

__all__ = ["Message", "receive", "send"]

Message: TypeAlias = MutableMapping[str, Any]


async def receive(answer: Answer) -> Message:
    """The next event: http.request until the body has come, then http.disconnect when there is no more to do, as behind
    a complete answer.
    """
    if not answer.is_read and not answer.is_complete():
        pieces = answer.pieces
        try:
            if pieces is None:
                try:
                    body = answer.request.body
                except RuntimeError:  # it is still to come
                    pieces = answer.pieces = aiter(answer.request)
                else:
                    answer.is_read = True
                    return {"type": "http.request", "body": body, "more_body": False}
            return {"type": "http.request", "body": await anext(pieces), "more_body": True}
        except StopAsyncIteration:
            answer.is_read = True
            return {"type": "http.request", "body": b"", "more_body": False}
        except BodyError:
            answer.is_read = True
            answer.tell()
            return {"type": "http.disconnect"}
    over = answer.over
    if over is None:
        over = asyncio.Event()
        answer.responder.on_close(over.set)  # which raises in another thread
        answer.over = over
    if answer.asks_on():
        await asyncio.sleep(0)
    await over.wait()
    answer.tell()
    return {"type": "http.disconnect"}


async def send(answer: Answer, message: Message) -> None:
    """Take an event of the answer, and return when the client has room for more. Raises as `Answer.take`."""
    try:
        waits = answer.take(message)
        if waits is not None:
            await waits
            await answer.responder.drain()
    except Exception:
        await asyncio.sleep(0)  # an application that goes on all the same must not keep the loop
        raise
