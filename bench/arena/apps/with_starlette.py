"""Starlette: a text, and a large file from disk by its StaticFiles."""

from __future__ import annotations

import content
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles


async def plaintext(request: Request) -> PlainTextResponse:
    return PlainTextResponse("Hello, World!")


FILES = StaticFiles(directory=content.large_file().parent)
app = Starlette(routes=[Route("/", plaintext), Mount("/files", FILES)])
