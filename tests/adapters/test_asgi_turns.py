"""ASGI: an application that awaits nothing but `send` and `receive` does not keep the loop from the other clients."""

from __future__ import annotations

import threading
from contextlib import suppress

import pytest
from adapters.asgi_applications import body, length, start
from connection.tools import message, post

from fastresp.asgi import AsgiHandler


class Endless:
    """On /endless, does `step` again and again until the test is over, whatever it raises; answers all else at once."""

    def __init__(self, step, *fields) -> None:
        self.step = step
        self.fields = fields
        self.over = False
        self.begun = threading.Event()

    async def __call__(self, scope, receive, send):
        if scope["path"] != "/endless":
            await send(start())
            await send(body(b"fine"))
            return
        if self.step is not listen:
            await send(start(200, *self.fields))
        while not self.over:
            with suppress(OSError):  # its client is gone
                await self.step(receive, send)
            self.begun.set()


async def listen(receive, send):
    await receive()


async def send_content(receive, send):
    await send(body(b"x" * 10, more=True))


async def send_nothing(receive, send):
    await send(body(b"", more=True))


CASES = {
    "content of a HEAD": (send_content, [], message("HEAD", "/endless")),
    "content of a HEAD with a length": (send_content, [length(5)], message("HEAD", "/endless")),
    "content": (send_content, [], message("GET", "/endless")),
    "nothing": (send_nothing, [], message("GET", "/endless")),
    "nothing of a length": (send_nothing, [length(5)], message("GET", "/endless")),
    "nothing behind the whole length": (send_nothing, [length(0)], message("GET", "/endless")),
    "listening behind the disconnect": (listen, [], post("/endless", b"12345")[:-1]),
}


@pytest.mark.parametrize(("step", "fields", "request_"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("leaves", [True, False], ids=["the client leaves", "the client stays"])
def test_others_are_answered(serve, connect, step, fields, request_, leaves):
    app = Endless(step, *fields)
    server = serve(AsgiHandler(app))
    client, other = connect(server), connect(server)
    try:
        client.send(request_)
        if step is listen:
            client.half_close()
        assert app.begun.wait(10)
        if leaves:
            client.reset()
        for _ in range(3):
            other.get()
            assert other.answer().body == b"fine"
    finally:
        app.over = True
