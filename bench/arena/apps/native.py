"""The arena's answers by fastresp's own API: `native.py plain|coroutine|memory PROFILE PORT [CERTIFICATE KEY]`.

plain answers in a plain function, and opens and reads a static file for each request; memory holds these files ready,
in memory. An upload is read piece by piece, which takes a coroutine function, whatever was asked for.
"""

from __future__ import annotations

import ssl
import sys
from pathlib import Path

# An installed fastresp goes before the one of this tree.
sys.path.append(str(Path(__file__).resolve().parents[3]))

import content

import fastresp
from fastresp import Headers

FILES = content.files()
PLAIN = {name: Headers({"content-type": file.content_type}) for name, file in FILES.items()}
BROTLI = {name: Headers({"content-type": file.content_type, "content-encoding": "br"}) for name, file in FILES.items()}


def plain(request: fastresp.Request, responder: fastresp.Responder) -> None:
    path = request.path
    text = content.TEXTS.get(path)
    if text is not None:
        responder.write(text, "text/plain")
    elif path == "/baseline11":
        query = request.query
        total = int(query["a"]) + int(query["b"])
        if request.method == "POST":
            total += int(request.body)
        responder.write(str(total), "text/plain")
    elif path.startswith("/json/"):
        responder.write(content.document(int(path[6:]), int(request.query["m"])))
    elif path.startswith("/static/"):
        static(request, responder, path[8:])
    elif path == "/stream":
        responder.write_begin_chunked("text/plain")
        for chunk in content.CHUNKS:
            responder.write_chunk(chunk)
        responder.write_end_chunked()
    else:
        responder.write(404)


def static(request: fastresp.Request, responder: fastresp.Responder, name: str) -> None:
    file = FILES.get(name)
    if file is None:
        responder.write(404)
    elif file.brotli is not None and "br" in request.headers.get("accept-encoding", ""):
        responder.write(file.brotli, BROTLI[name])
    else:
        responder.write(file.path, PLAIN[name])


async def coroutine(request: fastresp.Request, responder: fastresp.Responder) -> None:
    if request.method == "POST":
        await request.read()
    plain(request, responder)


def from_memory() -> fastresp.checks.Handler:
    contents = content.contents()

    def memory(request: fastresp.Request, responder: fastresp.Responder) -> None:
        name = request.path[8:]
        held = contents.get(name)
        if held is None:
            responder.write(404)
        elif held.brotli and "br" in request.headers.get("accept-encoding", ""):
            responder.write(held.brotli, BROTLI[name])
        else:
            responder.write(held.plain, PLAIN[name])

    return memory


async def upload(request: fastresp.Request, responder: fastresp.Responder) -> None:
    size = 0
    async for piece in request:
        size += len(piece)
    responder.write(str(size), "text/plain")


def main(kind: str, profile: str, port: str, *certificate: str) -> None:
    context = None
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificate)
    handler = upload if profile == "upload" else {"plain": plain, "coroutine": coroutine}.get(kind) or from_memory()
    fastresp.run(handler, port=int(port), ssl=context)


if __name__ == "__main__":
    main(*sys.argv[1:])
