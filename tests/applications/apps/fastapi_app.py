"""FastAPI: what its users do, on one page."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import BackgroundTasks, Cookie, Depends, FastAPI, File, Form, Header, HTTPException, Request, UploadFile
from fastapi.responses import FileResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from page import FILE, LARGE, PIECES, WAIT, digest, of_scope
from pydantic import BaseModel

released, worked, left = asyncio.Event(), asyncio.Event(), asyncio.Event()


@asynccontextmanager
async def lifespan(app: FastAPI):
    yield {"greeting": "hello"}


app = FastAPI(lifespan=lifespan)


class Item(BaseModel):
    name: str
    price: float = 1.5


class OutOfStock(Exception):
    pass


@app.exception_handler(OutOfStock)
async def out_of_stock(request: Request, error: OutOfStock):
    return PlainTextResponse("out of stock", status_code=409)


@app.middleware("http")
async def marked(request: Request, call_next):
    response = await call_next(request)
    response.headers["x-middleware"] = "passed"
    return response


async def session():
    """A dependency that is left behind the answer."""
    yield "session"


@app.get("/", response_class=PlainTextResponse)
async def home(request: Request):
    return request.state.greeting


@app.head("/", response_class=PlainTextResponse)
async def home_head(request: Request):
    return request.state.greeting


@app.api_route("/scope/{rest:path}", methods=["GET", "POST"])
async def scope(request: Request):
    return of_scope(request.scope)


@app.post("/items")
async def item(item: Item, held: Annotated[str, Depends(session)], x_mark: Annotated[str, Header()] = "none"):
    return {"item": item, "session": held, "mark": x_mark}


@app.get("/items/{number}")
def sold_out(number: int):  # in a thread
    if number == 0:
        raise HTTPException(404, detail="no such item", headers={"x-reason": "zero"})
    raise OutOfStock


@app.get("/urls")
async def urls(request: Request):
    return [str(request.url_for("sold_out", number=3)), str(request.base_url)]


@app.post("/form")
async def form(name: Annotated[str, Form()], tag: Annotated[list[str], Form()]):
    return {"name": name, "tags": tag}


@app.post("/upload")
async def upload(file: UploadFile, note: Annotated[str, Form()]):
    return digest(file.filename, await file.read(), note)


@app.post("/files")
async def files(files: Annotated[list[bytes], File()]):
    return [len(file) for file in files]


@app.post("/echo")
async def echo(request: Request):
    return Response(await request.body(), media_type="application/octet-stream")


@app.put("/json")
async def json(document: dict):
    return {"got": document}


@app.api_route("/stream", methods=["GET", "HEAD"])
def stream():
    return StreamingResponse(iter(PIECES), media_type="text/plain")


@app.get("/quiet")
async def quiet():
    async def pieces():
        yield PIECES[0]
        await asyncio.wait_for(released.wait(), WAIT)
        yield PIECES[1]

    return StreamingResponse(pieces(), media_type="text/plain")


@app.post("/release", status_code=204)
async def release():
    released.set()


@app.get("/endless")
async def endless(request: Request):
    async def pieces():
        try:
            while not await request.is_disconnected():
                yield PIECES[0]
                await asyncio.sleep(0.01)
        finally:
            left.set()

    return StreamingResponse(pieces(), media_type="text/plain")


@app.get("/left", response_class=PlainTextResponse)
async def has_left():
    await asyncio.wait_for(left.wait(), WAIT)
    return "yes"


@app.get("/large")
async def large():
    return Response(LARGE, media_type="application/octet-stream")


@app.api_route("/file", methods=["GET", "HEAD"])
async def file():
    return FileResponse(FILE)


@app.post("/background", response_class=PlainTextResponse, status_code=202)
async def background(tasks: BackgroundTasks):
    async def work():
        worked.set()

    tasks.add_task(len, PIECES)  # in a thread
    tasks.add_task(work)
    return "begun"


@app.get("/worked", response_class=PlainTextResponse)
async def has_worked():
    await asyncio.wait_for(worked.wait(), WAIT)
    return "yes"


@app.get("/cookies", response_class=PlainTextResponse)
async def cookies(response: Response, seen: Annotated[str, Cookie()] = "new"):
    response.set_cookie("seen", "yes", max_age=60, httponly=True)
    response.set_cookie("other", "b c", path="/x", samesite="strict")
    return seen


@app.get("/redirect")
async def redirect():
    return RedirectResponse("/?from=redirect", status_code=303)


@app.get("/empty", status_code=204)
async def empty():
    return None


@app.get("/fail")
async def fail():
    raise LookupError("what the application did wrong")


@app.get("/fail-late")
async def fail_late():
    async def pieces():
        yield PIECES[0]
        await asyncio.sleep(0)
        raise LookupError("what the application did wrong")

    return StreamingResponse(pieces(), media_type="text/plain")
