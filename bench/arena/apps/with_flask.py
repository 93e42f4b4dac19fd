"""Flask: a small document of the request's parameters, and a large file from disk by its send_file."""

from __future__ import annotations

import content
from flask import Flask, Response, request, send_file

LARGE = content.large_file()
app = Flask(__name__)


@app.get("/items/<int:item_id>")
def item(item_id: int) -> dict[str, int | str | None]:
    return {"item_id": item_id, "q": request.args.get("q")}


@app.get("/files/large.bin")
def large() -> Response:
    return send_file(LARGE)
