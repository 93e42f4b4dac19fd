"""Litestar: what its users do, on one page."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any

from litestar import Litestar, MediaType, Request, Response, get, head, post, put, route
from litestar.background_tasks import BackgroundTask
from litestar.datastructures import Cookie, State, UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import File, Redirect, Stream
from litestar.static_files import create_static_files_router
from page import FILE, LARGE, PIECES, WAIT, digest, of_scope

released, worked, left = asyncio.Event(), asyncio.Event(), asyncio.Event()


@asynccontextmanager
async def lifespan(app: Litestar):
    app.state.greeting = "hello"
    yield


@dataclass
class Named:
    name: str
    tag: list[str] = field(default_factory=list)


@dataclass
class Uploaded:
    note: str
    file: UploadFile


@get("/", media_type=MediaType.TEXT)
async def home(state: State) -> str:
    return state.greeting


@head("/", media_type=MediaType.TEXT)
async def home_head() -> None:
    return None


@route("/scope/{rest:path}", http_method=["GET", "POST"], status_code=200)
async def scope(request: Request) -> dict[str, Any]:
    return of_scope(request.scope)


@post("/form", status_code=200)
async def form(data: Annotated[Named, Body(media_type=RequestEncodingType.URL_ENCODED)]) -> dict[str, Any]:
    return {"name": data.name, "tags": data.tag}


@post("/upload", status_code=200)
async def upload(data: Annotated[Uploaded, Body(media_type=RequestEncodingType.MULTI_PART)]) -> dict[str, Any]:
    return digest(data.file.filename, await data.file.read(), data.note)


@post("/echo", status_code=200, media_type="application/octet-stream")
async def echo(request: Request) -> bytes:
    return b"".join([piece async for piece in request.stream()])


@put("/json")
async def json(data: dict[str, Any]) -> dict[str, Any]:
    return {"got": data}


@route("/stream", http_method=["GET", "HEAD"], media_type=MediaType.TEXT, status_code=200)
async def stream() -> Stream:
    return Stream(iter(PIECES))


@get("/quiet")
async def quiet() -> Stream:
    async def pieces():
        yield PIECES[0]
        await asyncio.wait_for(released.wait(), WAIT)
        yield PIECES[1]

    return Stream(pieces())


@post("/release", status_code=204)
async def release() -> None:
    released.set()


@get("/endless")
async def endless() -> Stream:
    async def pieces():
        try:
            while True:
                yield PIECES[0]
                await asyncio.sleep(0.01)
        finally:
            left.set()

    return Stream(pieces())


@get("/left", media_type=MediaType.TEXT)
async def has_left() -> str:
    await asyncio.wait_for(left.wait(), WAIT)
    return "yes"


@get("/large", media_type="application/octet-stream")
async def large() -> bytes:
    return LARGE


@get("/file")
async def file() -> File:
    return File(FILE, filename="file.txt", media_type="text/plain")


@post("/background", status_code=202)
async def background() -> Response[str]:
    async def work() -> None:
        worked.set()

    return Response("begun", media_type=MediaType.TEXT, background=BackgroundTask(work))


@get("/worked", media_type=MediaType.TEXT)
async def has_worked() -> str:
    await asyncio.wait_for(worked.wait(), WAIT)
    return "yes"


@get("/cookies")
async def cookies(request: Request) -> Response[str]:
    set_cookies = [Cookie("seen", value="yes", max_age=60, httponly=True), Cookie("other", value="b", path="/x")]
    return Response(request.cookies.get("seen", "new"), media_type=MediaType.TEXT, cookies=set_cookies)


@get("/redirect", status_code=303)
async def redirect() -> Redirect:
    return Redirect("/?from=redirect", status_code=303)


@get("/empty", status_code=204)
async def empty() -> None:
    return None


@get("/fail")
async def fail() -> None:
    raise LookupError("what the application did wrong")


@get("/fail-late")
async def fail_late() -> Stream:
    async def pieces():
        yield PIECES[0]
        await asyncio.sleep(0)
        raise LookupError("what the application did wrong")

    return Stream(pieces())


static = create_static_files_router(path="/static", directories=[FILE.rpartition("/")[0]])
pages = [home, home_head, scope, form, upload, echo, json, stream, quiet, release, endless, has_left, large, file]
pages += [background, has_worked, cookies, redirect, empty, fail, fail_late]
app = Litestar([*pages, static], lifespan=[lifespan])
