"""The arena's answers by aiohttp's own API, on uvloop: `with_aiohttp.py PROFILE PORT [CERTIFICATE KEY]`."""

from __future__ import annotations

import asyncio
import ssl
import sys

import content
import orjson
import uvloop
from aiohttp import web, web_fileresponse

for suffix, content_type in content.TYPES.items():  # not every Python knows .webp and .woff2
    web_fileresponse.CONTENT_TYPES.add_type(content_type, suffix)


async def text(request: web.Request) -> web.Response:
    return web.Response(body=content.TEXTS[request.path], content_type="text/plain")


async def add(request: web.Request) -> web.Response:
    query = request.query
    total = int(query["a"]) + int(query["b"])
    if request.method == "POST":
        total += int(await request.read())
    return web.Response(text=str(total))


async def document(request: web.Request) -> web.Response:
    made = content.document(int(request.match_info["count"]), int(request.query["m"]))
    return web.Response(body=orjson.dumps(made), content_type="application/json")


async def upload(request: web.Request) -> web.Response:
    size = 0
    async for piece in request.content.iter_any():
        size += len(piece)
    return web.Response(text=str(size))


async def stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"content-type": "text/plain"})
    response.enable_chunked_encoding()
    await response.prepare(request)
    for chunk in content.CHUNKS:
        await response.write(chunk)
    await response.write_eof()
    return response


async def serve(port: str, *certificate: str) -> None:
    context = None
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificate)
    app = web.Application(client_max_size=32 << 20)
    app.add_routes([web.get(path, text) for path in content.TEXTS])
    app.add_routes([web.get("/baseline11", add), web.post("/baseline11", add), web.get("/json/{count}", document)])
    app.add_routes([web.post("/upload", upload), web.get("/stream", stream)])
    app.add_routes([web.static("/static", content.DATA / "static")])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(port), ssl_context=context, backlog=4096).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(*sys.argv[2:]))
