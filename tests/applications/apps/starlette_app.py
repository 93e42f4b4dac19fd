"""Starlette: what its users do, on one page."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager

from page import FILE, LARGE, PIECES, WAIT, digest, of_scope
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.responses import StreamingResponse as Streaming
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

released, worked, left, broken_off = asyncio.Event(), asyncio.Event(), asyncio.Event(), asyncio.Event()


def note(text):
    """Writes it where the test looks when the server is gone."""
    if "APPLICATIONS_NOTES" in os.environ:
        with open(os.environ["APPLICATIONS_NOTES"], "a") as file:
            file.write(f"{text}\n")


@asynccontextmanager
async def lifespan(app):
    yield {"greeting": "hello"}
    note("shut down")


async def home(request):
    return PlainTextResponse(request.state.greeting)


async def scope(request):
    return JSONResponse(of_scope(request.scope))


async def form(request):
    async with request.form() as form:
        return JSONResponse({"name": form["name"], "tags": form.getlist("tag")})


async def upload(request):
    async with request.form() as form:
        file = form["file"]
        return JSONResponse(digest(file.filename, await file.read(), form["note"]))


async def echo(request):
    return Response(b"".join([piece async for piece in request.stream()]), media_type="application/octet-stream")


async def broken(request):
    try:
        await request.body()
    except ClientDisconnect:
        broken_off.set()
        raise
    return Response(b"whole")


async def json(request):
    return JSONResponse({"got": await request.json()})


async def stream(request):
    async def pieces():
        for piece in PIECES:
            yield piece

    return Streaming(pieces(), media_type="text/plain")


async def quiet(request):
    async def pieces():
        yield PIECES[0]
        await asyncio.wait_for(released.wait(), WAIT)
        yield PIECES[1]

    return Streaming(pieces(), media_type="text/plain")


async def release(request):
    released.set()
    return Response(status_code=204)


async def endless(request):
    async def pieces():
        try:
            while True:
                yield PIECES[0]
                await asyncio.sleep(0.01)
        finally:
            left.set()

    return Streaming(pieces(), media_type="text/plain")


def waits_for(event):
    async def endpoint(request):
        await asyncio.wait_for(event.wait(), WAIT)
        return PlainTextResponse("yes")

    return endpoint


async def background(request):
    async def work():
        await run_in_threadpool(PIECES.__len__)
        worked.set()

    return PlainTextResponse("begun", status_code=202, background=BackgroundTask(work))


async def noted(request):
    async def work():
        await asyncio.sleep(0.5)  # the server is told to end meanwhile
        note("worked")

    return PlainTextResponse("begun", status_code=202, background=BackgroundTask(work))


async def cookies(request):
    response = PlainTextResponse(request.cookies.get("seen", "new"))
    response.set_cookie("seen", "yes", max_age=60, httponly=True)
    response.set_cookie("other", "b c", path="/x", samesite="strict")
    return response


async def fail(request):
    raise LookupError("what the application did wrong")


async def fail_late(request):
    async def pieces():
        yield PIECES[0]
        await asyncio.sleep(0)
        raise LookupError("what the application did wrong")

    return Streaming(pieces(), media_type="text/plain")


app = Starlette(
    lifespan=lifespan,
    middleware=[Middleware(GZipMiddleware, minimum_size=5000)],
    routes=[
        Route("/", home),
        Route("/scope/{rest:path}", scope, methods=["GET", "POST"]),
        Route("/form", form, methods=["POST"]),
        Route("/upload", upload, methods=["POST"]),
        Route("/echo", echo, methods=["POST"]),
        Route("/broken", broken, methods=["POST"]),
        Route("/broken-off", waits_for(broken_off)),
        Route("/json", json, methods=["PUT"]),
        Route("/stream", stream),
        Route("/quiet", quiet),
        Route("/release", release, methods=["POST"]),
        Route("/endless", endless),
        Route("/left", waits_for(left)),
        Route("/large", lambda request: Response(LARGE, media_type="application/octet-stream")),
        Route("/file", lambda request: FileResponse(FILE)),
        Mount("/static", StaticFiles(directory=FILE.rpartition("/")[0])),
        Route("/background", background, methods=["POST"]),
        Route("/noted", noted, methods=["POST"]),
        Route("/worked", waits_for(worked)),
        Route("/cookies", cookies),
        Route("/redirect", lambda request: RedirectResponse("/?from=redirect", status_code=303)),
        Route("/empty", lambda request: Response(status_code=204)),
        Route("/fail", fail),
        Route("/fail-late", fail_late),
    ],
)
