"""A page of Starlette that shows the events of a stream, for a browser."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

PAGE = """<!DOCTYPE html>
<html><head><title>Events</title><link rel="icon" href="data:,"></head><body>
<ol id="events"></ol>
<button onclick="fetch('/release', {method: 'POST'})">Go on</button>
<form id="form"><input type="file" name="file"><input type="submit" value="Send"></form>
<p id="answer"></p>
<script>
const source = new EventSource("/events")
source.onmessage = event => {
  const item = document.createElement("li")
  item.textContent = event.lastEventId + " " + event.data
  document.getElementById("events").append(item)
  if (event.data == "last") source.close()
}
document.getElementById("form").onsubmit = async event => {
  event.preventDefault()
  const answer = await fetch("/upload", {method: "POST", body: new FormData(event.target)})
  document.getElementById("answer").textContent = JSON.stringify(await answer.json())
}
</script></body></html>
"""


@asynccontextmanager
async def lifespan(app):
    yield {"released": asyncio.Event()}


async def page(request):
    return HTMLResponse(PAGE)


async def events(request):
    async def pieces():
        if request.headers.get("last-event-id") is None:
            yield "retry: 10\nid: 1\ndata: first\n\n"
            await request.state.released.wait()
            yield "id: 2\ndata: behind a wait\n\n"
            # The stream ends, and the browser asks for more of it.
        else:
            yield f"id: 3\ndata: behind {request.headers['last-event-id']}\n\nid: 4\ndata: last\n\n"

    return StreamingResponse(pieces(), media_type="text/event-stream")


async def release(request):
    request.state.released.set()
    return Response(status_code=204)


async def upload(request):
    async with request.form() as form:
        return JSONResponse([form["file"].filename, len(await form["file"].read())])


app = Starlette(
    lifespan=lifespan,
    routes=[
        Route("/", page),
        Route("/events", events),
        Route("/release", release, methods=["POST"]),
        Route("/upload", upload, methods=["POST"]),
    ],
)
