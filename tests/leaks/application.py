"""The servers under the leak check, in a process of their own: `python application.py TWIN LOOP FILE CERTIFICATE KEY`:
handlers of both kinds, an ASGI and a WSGI application, each over TCP and over TLS.

It prints their ports, those of TLS last, and then answers each line on its standard input: for `count`, once everything
has come to rest, with its memory in KiB, its descriptors, its tasks, its open connections, and how many objects of
ours, and of the kinds that a loop and a handler make for us, are alive. It ends at the end of its input.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import io
import json
import logging
import os
import ssl
import sys
from collections import Counter
from typing import Any

from fastresp import Config, Server
from fastresp.asgi import AsgiHandler
from fastresp.engine import Engine
from fastresp.wsgi import WsgiHandler

# Besides the classes of fastresp itself: what would pile up if we forgot a connection, a handler or a device.
OTHERS = ("Task", "Future", "Handle", "TimerHandle", "coroutine", "async_generator", "TCPTransport",
          "_SelectorSocketTransport", "BytesIO", "BufferedReader", "FileIO", "socket", "BodyError")  # fmt: skip


class Application:
    """A handler of every kind; the path's first letters choose."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.waiting: list[Any] = []

    def route(self, request: Any, responder: Any, body: bytes) -> None:
        path = request.path
        if path == "/plain":
            responder.write(b"hello", "text/plain")
        elif path == "/look":
            responder.write({"headers": list(request.headers), "query": [list(pair) for pair in request.query]})
        elif path == "/echo":
            responder.write(body, "application/octet-stream")
        elif path == "/chunked":
            responder.write_begin_chunked("text/plain", ["x-end"])
            for _ in range(5):
                responder.write_chunk(b"x" * 300)
            responder.write_end_chunked(b"end", {"x-end": "1"})
        elif path == "/large":
            responder.write(b"x" * 300_000, "text/plain")
        elif path == "/file":
            responder.write(open(self.file, "rb"), "application/octet-stream")  # noqa: SIM115
        elif path == "/bytes":
            responder.write(io.BytesIO(b"y" * 2000), "text/plain")
        elif path == "/raise":
            raise LookupError("on purpose")
        elif path == "/broken":
            responder.write_begin_chunked("text/plain")
            responder.write_chunk(b"half")
            raise LookupError("on purpose")
        elif path == "/late":
            cell: list[Any] = [responder]
            responder.on_close(cell.clear)  # a cycle, if the callback were kept
            asyncio.get_running_loop().call_later(0.002, self.answer, responder)
        elif path != "/drop":
            responder.write(404)

    def answer(self, responder: Any) -> None:
        responder.write(b"late", "text/plain")

    def plain(self, request: Any, responder: Any) -> None:
        self.route(request, responder, request.body)

    async def coroutine(self, request: Any, responder: Any) -> None:
        if request.path == "/stream":
            responder.write_begin_chunked("application/octet-stream")
            async for piece in request:
                responder.write_chunk(piece)
                await responder.drain()
            responder.write_end_chunked()
            return
        body = b"" if request.path == "/unread" else await request.read()
        if request.path == "/late":
            await asyncio.sleep(0.002)
            responder.write(b"late", "text/plain")
            return
        self.route(request, responder, body)

    async def asgi(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]
        start = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]}
        body = b""
        if path != "/unread":
            while True:
                event = await receive()
                body += event.get("body", b"")
                if not event.get("more_body"):
                    break
        if path == "/raise":
            raise LookupError("on purpose")
        if path == "/late":
            await asyncio.sleep(0.002)
        if path != "/drop":
            await send(start)
        if path in ("/chunked", "/stream", "/broken"):
            for _ in range(5):
                await send({"type": "http.response.body", "body": b"x" * 300, "more_body": True})
            if path == "/broken":
                raise LookupError("on purpose")
        if path != "/drop":
            await send({"type": "http.response.body", "body": b"x" * 300_000 if path == "/large" else body or b"hello"})

    def wsgi(self, environ: Any, start_response: Any) -> Any:
        path = environ["PATH_INFO"]
        if path == "/raise":
            raise LookupError("on purpose")
        start_response("200 OK", [("content-type", "text/plain")])
        if path == "/file":
            return environ["wsgi.file_wrapper"](open(self.file, "rb"))
        if path in ("/chunked", "/stream", "/broken"):
            return self.pieces(path == "/broken")
        if path == "/large":
            return [b"x" * 300_000]
        return [environ["wsgi.input"].read() or b"hello"]

    def pieces(self, is_broken: bool) -> Any:
        for _ in range(5):
            yield b"x" * 300
        if is_broken:
            raise LookupError("on purpose")


def memory() -> int:
    """Of this process, in KiB."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") // 1024


def objects() -> dict[str, int]:
    """How many of our objects, and of those that are made for us, the collector knows."""
    gc.collect()
    gc.collect()
    counts: Counter[str] = Counter()
    for thing in gc.get_objects():
        kind = type(thing)
        if str(kind.__module__).startswith("fastresp") or kind.__name__ in OTHERS:
            counts[f"{kind.__module__}.{kind.__name__}"] += 1
    return dict(counts)


async def serve(twin: str, file: str, certificate: str, key: str) -> None:
    end = "_c" if twin == "compiled" else ""
    names = ("core.service", "http1.connection", "net.tls", "core.dispatch")
    service, protocol, tls, dispatch = (importlib.import_module(f"fastresp.{name}{end}") for name in names)
    engine = Engine(service.new_service, protocol.new_connection, tls.new_tls, dispatch.prepare)
    cls = type("TwinServer", (Server,), {"engine": engine})
    application = Application(file)
    config = Config(max_body_size=400_000, body_timeout=2.0)  # over TLS a client can only wait for it
    handlers = [application.plain, application.coroutine, AsgiHandler(application.asgi), WsgiHandler(application.wsgi)]
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    servers = []
    for context in (None, tls):
        for handler in handlers:
            server = cls(handler, config=config)
            await server.start("127.0.0.1", 0, ssl=context)
            servers.append(server)
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    pipe, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    print(json.dumps([server.port for server in servers]), flush=True)
    while await lines.readline():
        for _ in range(100):  # what the clients have done is noticed, and what was late is answered
            await asyncio.sleep(0.02)
            if not any(server._service.connections or server._service.tasks for server in servers):
                break
        await asyncio.sleep(0.1)
        counts = objects()
        print(
            json.dumps(
                {
                    "memory": memory(),
                    "descriptors": len(os.listdir("/proc/self/fd")),
                    "tasks": len(asyncio.all_tasks()),
                    "connections": sum(len(server._service.connections) for server in servers),
                    "objects": counts,
                }
            ),
            flush=True,
        )
    pipe.close()
    for server in servers:
        await server.close(1)


def main() -> None:
    twin, loop, *files = sys.argv[1:]
    logging.getLogger("fastresp").addHandler(logging.NullHandler())
    logging.getLogger("fastresp").propagate = False
    if loop == "uvloop":
        import uvloop

        factory: Any = uvloop.new_event_loop
    else:
        factory = asyncio.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(serve(twin, *files))


if __name__ == "__main__":
    main()
