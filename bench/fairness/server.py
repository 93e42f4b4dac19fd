"""The server that is attacked: `python -m bench.fairness.server KIND [CERTIFICATE KEY]`; prints its port, serves until
its standard input ends. KIND is plain, coroutine, asgi or wsgi.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

import fastresp
from fastresp.asgi import AsgiHandler
from fastresp.wsgi import WsgiHandler

MIB = 1 << 20
SMALL = b"Hello, World!"
LARGE = b"x" * MIB
SHARED = b"x" * (100 * MIB)


def content(path: str, query: Callable[[], int]) -> bytes:
    """What is answered; the time of a handler is spent here."""
    if path == "/work":
        spin(0.0005)
    elif path == "/slow":
        spin(0.005)
    elif path == "/query":
        return b"%d" % query()
    elif path == "/large":
        return bytes(bytearray(LARGE))  # of its own, as a rendered page is
    elif path == "/shared":
        return SHARED
    return SMALL


def spin(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def plain(request: fastresp.Request, responder: fastresp.Responder) -> None:
    responder.write(content(request.path, lambda: len(dict(request.query))), "text/plain")


async def coroutine(request: fastresp.Request, responder: fastresp.Responder) -> None:
    if request.path == "/never":
        await asyncio.Event().wait()
    if request.path == "/read":
        async for _ in request:
            pass
    elif request.path == "/read-slowly":
        async for _ in request:
            await asyncio.sleep(0.05)
    responder.write(content(request.path, lambda: len(dict(request.query))), "text/plain")


async def asgi(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["path"] == "/read":
        while (await receive()).get("more_body"):
            pass
    body = content(scope["path"], lambda: scope["query_string"].count(b"&"))
    fields = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": fields})
    await send({"type": "http.response.body", "body": body})


def wsgi(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    body = content(environ["PATH_INFO"], lambda: environ["QUERY_STRING"].count("&"))
    start_response("200 OK", [("content-type", "text/plain"), ("content-length", str(len(body)))])
    return [body]


async def serve(handler: Any, context: ssl.SSLContext | None) -> None:
    server = fastresp.Server(handler)
    await server.start("127.0.0.1", 0, ssl=context)
    print(server.port, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await server.close(0.1)


def main() -> None:
    kind, *pair = sys.argv[1:]
    handlers = {"plain": plain, "coroutine": coroutine, "asgi": AsgiHandler(asgi), "wsgi": WsgiHandler(wsgi)}
    context = None
    if pair:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*pair)
    logging.getLogger("fastresp").addHandler(logging.NullHandler())
    logging.getLogger("fastresp").propagate = False
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(handlers[kind], context))


if __name__ == "__main__":
    main()
