"""Middlewares in front of an application, and event streams: the same answers as under uvicorn."""

from __future__ import annotations

import httpx
from applications.common import ranges
from applications.exchange import Ask, Seen, Step, ask_both, observe
from applications.servers import need

BROTLI = {"headers": {"accept-encoding": "br"}}
EVENTS = b"id: 1\r\nevent: first\r\ndata: a\r\ndata: b\r\nretry: 1000\r\n\r\nid: 2\r\ndata: \xc3\xbc\r\n\r\n"
CAPTURED = {
    "method": "GET",
    "url": "http://example.test/fail",
    "query_string": "q=ü",
    "headers": {
        "host": "example.test",
        "accept": "*/*",
        "accept-encoding": "identity",
        "connection": "close",
        "user-agent": "test",
    },
    "type": "LookupError",
    "value": "what the application did wrong",
    "transaction": "/fail",
}


def events_go_quiet(client: httpx.Client) -> list[Seen]:
    """An event arrives while the next one waits for another request."""
    with client.stream("GET", "/quiet") as response:
        lines = response.iter_lines()
        assert next(lines) == "data: one"
        released = observe(client, "POST /release")
        assert [line for line in lines if line] == ["data: two"]
    return [released]


def client_leaves_events(client: httpx.Client) -> list[Seen]:
    """A generator of events is closed when its client has left."""
    with client.stream("GET", "/endless") as response:
        assert next(response.iter_lines()) == "data: one"
    return Ask("GET /left", body="yes")(client)


STEPS: list[Step] = [
    Ask("GET /", body="hello"),
    Ask("GET /large", fields={"content-encoding": "br", "transfer-encoding": "chunked"}, send=BROTLI),
    Ask("GET /large", fields={"content-encoding": "", "content-length": "1048576"}),
    Ask("GET /stream", fields={"content-encoding": "br", "transfer-encoding": "chunked"}, send=BROTLI),
    *ranges("/static/file.txt"),
    Ask("GET /limited", body="within the limit", fields={"x-ratelimit-remaining": "1"}),
    Ask("GET /limited", body="within the limit", fields={"x-ratelimit-remaining": "0"}),
    Ask("GET /limited", 429, fields={"retry-after": r"\d+"}),
    Ask("GET /events", body=EVENTS, fields={"content-type": "text/event-stream.*", "transfer-encoding": "chunked"}),
    events_go_quiet,
    client_leaves_events,
    Ask("GET /fail?q=%C3%BC", 500, send={"headers": {"connection": "close"}}),
    Ask("GET /captured", body=[CAPTURED]),
]


def test_same_answers_as_under_uvicorn(start):
    need("uvicorn", "fastapi", "brotli_asgi", "slowapi", "sentry_sdk", "sse_starlette")
    servers = [start(way, "middlewares_app:app") for way in ("fastresp", "uvicorn")]
    ask_both(STEPS, *servers)
    assert servers[0].end() == 0
