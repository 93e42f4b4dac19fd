"""ASGI applications, each of one framework: the same answers as under uvicorn."""

from __future__ import annotations

from dataclasses import replace

import pytest
from applications import common
from applications.common import (
    CHUNKED_UPLOAD,
    CUT,
    END,
    MULTIPART,
    NOT_CUT,
    client_leaves,
    not_modified,
    part,
    parts_of_a_file,
    ranges,
    upload_breaks_off,
)
from applications.exchange import Ask, Step, ask_both, client_of
from applications.servers import need

SCOPE = {
    "type": "http",
    "http_version": "1.1",
    "method": "GET",
    "scheme": "http",
    "path": "/scope/café/a/b c",
    "root_path": "",
    "raw_path": "/scope/caf%C3%A9/a%2Fb%20c",
    "query_string": "q=1&q=%C3%BC",
    "client": "127.0.0.1",
    "server": "127.0.0.1",
    "headers": [
        ["host", "example.test"],
        ["accept", "*/*"],
        ["connection", "keep-alive"],
        ["user-agent", "test"],
        ["accept-encoding", "identity"],
        ["x-one", "1"],
        ["x-one", "2"],
    ],
}
ROOTED_SCOPE = SCOPE | {"path": "/api/scope/x", "raw_path": "/api/scope/x", "root_path": "/api", "query_string": ""}
ROOTED_SCOPE["headers"] = SCOPE["headers"][:-2]
TARGET = f"{SCOPE['raw_path']}?{SCOPE['query_string']}"
EVERYTHING: list[Step] = [
    Ask(f"GET {TARGET}", body=SCOPE, send={"headers": [("x-one", "1"), ("x-one", "2")]}),
    *common.EVERYTHING,
    common.CHUNKED_ECHO,
    common.UNREAD,
]
FILES = part("files", b"abc", "a") + part("files", b"", "b") + END

APPLICATIONS: dict[str, tuple[str, list[Step]]] = {
    "starlette": (
        "python_multipart",
        [*EVERYTHING, CHUNKED_UPLOAD, CUT, client_leaves, upload_breaks_off,
         *ranges("/file"), parts_of_a_file("/file"), not_modified("/static/file.txt"),
         Ask("GET /large", fields={"content-encoding": "gzip"}, send={"headers": {"accept-encoding": "gzip"}})],
    ),
    "fastapi": (
        "python_multipart",
        [*EVERYTHING, CHUNKED_UPLOAD, NOT_CUT, client_leaves, *ranges("/file"),
         Ask("POST /items", body={"item": {"name": "a", "price": 1.5}, "session": "session", "mark": "t"},
             send={"json": {"name": "a"}, "headers": {"x-mark": "t"}}),
         Ask("POST /items", 422, send={"json": {"price": "much"}}),
         Ask("POST /items", 422, send={"content": b"{"}),
         Ask("GET /items/0", 404, body={"detail": "no such item"}, fields={"x-reason": "zero"}),
         Ask("GET /items/1", 409, body="out of stock"),
         Ask("GET /items/x", 422),
         Ask("POST /files", body=[3, 0], send={"content": FILES, "headers": MULTIPART}),
         Ask("GET /openapi.json"),
         Ask("GET /docs", fields={"content-type": "text/html.*"})],
    ),
    "litestar": (
        "msgspec",
        [*EVERYTHING, CHUNKED_UPLOAD, CUT, client_leaves, ranges("/file")[0], *ranges("/static/file.txt")[:2]],
    ),
    "quart": (
        "quart",
        [*EVERYTHING, CHUNKED_UPLOAD, CUT, client_leaves, *ranges("/file")[:3],
         Ask("GET /count", body="1", fields={"set-cookie": "session=.*"}), Ask("GET /count", body="2")],
    ),
    "django": (
        "whitenoise",
        [*EVERYTHING, CUT, client_leaves, *ranges("/file")[:2], *ranges("/file.txt"),
         Ask("GET /count", body="1"), Ask("GET /count", body="2"), *common.CSRF],
    ),
    "falcon": ("falcon", [*EVERYTHING, CHUNKED_UPLOAD, CUT, *ranges("/static/file.txt")]),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "way"), [*((name, "fastresp") for name in APPLICATIONS), ("fastapi", "fastresp-gunicorn")]
)
def test_same_answers_as_under_uvicorn(name, way, start):
    needed, steps = APPLICATIONS[name]
    need("uvicorn", name, needed)
    servers = [start(way, f"{name}_app:app"), start("uvicorn", f"{name}_app:app")]
    ask_both(steps, *servers)
    assert servers[0].end() == 0


ROOTED: list[Step] = [
    Ask("GET /", body="hello"),
    Ask("GET /scope/x", body=ROOTED_SCOPE),
    Ask("GET /docs", body=None),
    Ask("GET /openapi.json"),
    Ask("GET /urls", body=["http://example.test/api/items/3", "http://example.test/api/"]),
    Ask("GET /items/3/", 307, fields={"location": "http://example.test/api/items/3"}),
]


def test_behind_a_proxy_that_cuts_off_a_prefix(start):
    need("uvicorn", "fastapi", "python_multipart")
    servers = [start(way, "fastapi_app:app") for way in ("fastresp-rooted", "uvicorn-rooted")]
    ask_both(ROOTED, *servers, whole=False)


def test_large_uploads_where_they_are_allowed(start):
    need("uvicorn", "fastapi", "python_multipart")
    servers = [start(way, "fastapi_app:app") for way in ("fastresp-large", "uvicorn")]
    ask_both([common.LARGE_UPLOAD], *servers, whole=False)


def test_large_uploads_are_refused_by_default(start):
    """Unlike uvicorn, which has no limit (manual: limits)."""
    need("fastapi", "python_multipart")
    with client_of(start("fastresp", "fastapi_app:app")) as client:
        replace(common.LARGE_UPLOAD, status=413, body=None)(client)
        Ask("GET /", body="hello")(client)


@pytest.mark.parametrize("way", ["fastresp", "uvicorn"])
def test_work_behind_an_answer_ends_before_the_server(way, start, tmp_path):
    need(way, "starlette", "python_multipart")
    notes = tmp_path / "notes"
    server = start(way, "starlette_app:app", APPLICATIONS_NOTES=str(notes))
    with client_of(server) as client:
        Ask("POST /noted", 202, body="begun")(client)
    server.end()
    assert notes.read_text() == "worked\nshut down\n"
