"""FastAPI behind brotli-asgi, slowapi and Sentry's middleware, with events of sse-starlette."""

from __future__ import annotations

import asyncio

import sentry_sdk
from brotli_asgi import BrotliMiddleware
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, StreamingResponse
from page import FILE, LARGE, PIECES, WAIT
from sentry_sdk.integrations.asgi import SentryAsgiMiddleware
from sentry_sdk.transport import Transport
from slowapi import Limiter, _rate_limit_exceeded_handler
from slowapi.errors import RateLimitExceeded
from slowapi.middleware import SlowAPIMiddleware
from slowapi.util import get_remote_address
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.staticfiles import StaticFiles

captured: list[dict] = []
released, left = asyncio.Event(), asyncio.Event()


class Kept(Transport):
    """Keeps what would be sent to Sentry."""

    def capture_envelope(self, envelope):
        event = envelope.get_event()
        if event is not None:
            captured.append(event)


sentry_sdk.init(dsn="http://key@localhost:1/1", transport=Kept, send_default_pii=True, auto_session_tracking=False)
limiter = Limiter(key_func=get_remote_address, headers_enabled=True)
app = FastAPI()
app.state.limiter = limiter
app.add_exception_handler(RateLimitExceeded, _rate_limit_exceeded_handler)
app.add_middleware(SlowAPIMiddleware)
app.add_middleware(BrotliMiddleware, minimum_size=500, excluded_handlers=["/events", "/quiet"])
app.add_middleware(SentryAsgiMiddleware)


@app.get("/", response_class=PlainTextResponse)
async def home():
    return "hello"


@app.get("/large")
async def large():
    return PlainTextResponse(LARGE)


@app.get("/stream")
async def stream():
    return StreamingResponse(iter(PIECES * 200), media_type="text/plain")


@app.get("/limited", response_class=PlainTextResponse)
@limiter.limit("2/hour")
async def limited(request: Request):
    return PlainTextResponse("within the limit")


@app.get("/events")
async def events():
    async def pieces():
        yield {"event": "first", "id": "1", "data": "a\nb", "retry": 1000}
        yield ServerSentEvent(data="ü", id="2")

    return EventSourceResponse(pieces())


@app.get("/quiet")
async def quiet():
    async def pieces():
        yield {"data": "one"}
        await asyncio.wait_for(released.wait(), WAIT)
        yield {"data": "two"}

    return EventSourceResponse(pieces(), ping=1000)


@app.post("/release", status_code=204)
async def release():
    released.set()


@app.get("/endless")
async def endless(request: Request):
    async def pieces():
        try:
            while True:
                yield {"data": "one"}
                await asyncio.sleep(0.01)
        finally:
            left.set()

    return EventSourceResponse(pieces())


@app.get("/left", response_class=PlainTextResponse)
async def has_left():
    await asyncio.wait_for(left.wait(), WAIT)
    return "yes"


@app.get("/fail")
async def fail(q: str):
    raise LookupError("what the application did wrong")


@app.get("/captured")
async def what_was_captured():
    def told(event):
        request, error = event["request"], event["exception"]["values"][-1]
        parts = {name: request.get(name) for name in ("method", "url", "query_string", "headers")}
        return parts | {"type": error["type"], "value": error["value"], "transaction": event["transaction"]}

    return [told(event) for event in captured]


app.mount("/static", StaticFiles(directory=FILE.rpartition("/")[0]))
