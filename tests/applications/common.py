"""What every application of `apps/` is asked, whichever framework it is of."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from dataclasses import replace
from typing import Any

import httpx
from applications.exchange import Ask, Seen, Step, observe

FILE = b"".join(b"line %05d\n" % number for number in range(20000))
LARGE = b"0123456789abcdef" * 65536
UPLOAD = bytes(index % 251 for index in range(300_000))

BOUNDARY = "boundary-of-the-test"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def part(name: str, data: bytes, filename: str = "") -> bytes:
    """A part of multipart/form-data."""
    named = f'form-data; name="{name}"' + f'; filename="{filename}"' * bool(filename)
    kind = "content-type: application/octet-stream\r\n" * bool(filename)
    head = f"--{BOUNDARY}\r\ncontent-disposition: {named}\r\n{kind}\r\n"
    return head.encode() + data + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()
PARTS = part("note", "Jürgen".encode()) + part("file", UPLOAD, "data.bin") + END


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def large_upload(size: int) -> Ask:
    """A file of `size` bytes, sent in pieces and with its length stated."""
    data = bytes(1 << 20)
    head, end = part("note", b"n") + part("file", b"", "data.bin").removesuffix(b"\r\n"), b"\r\n" + END
    count = size // len(data)
    length = len(head) + count * len(data) + len(end)
    told = {
        "name": "data.bin",
        "size": count * len(data),
        "sha256": hashlib.sha256(data * count).hexdigest(),
        "note": "n",
    }
    fields = {**MULTIPART, "content-length": str(length)}
    return Ask("POST /upload", body=told, send={"content": [head, *[data] * count, end], "headers": fields})


MULTIPART = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
TOLD = {"name": "data.bin", "size": len(UPLOAD), "sha256": hashlib.sha256(UPLOAD).hexdigest(), "note": "Jürgen"}
LENGTH = {"content-length": r"\d+", "transfer-encoding": ""}
CHUNKED = {"content-length": "", "transfer-encoding": "chunked"}


def stream_goes_quiet(client: httpx.Client) -> list[Seen]:
    """A piece arrives while the next one waits for another request."""
    with client.stream("GET", "/quiet") as response:
        raw = response.iter_raw()
        first = next(raw)
        released = observe(client, "POST /release")
        rest = b"".join(raw)
    assert (first, rest, released.status[:3]) == (b"one\n", b"two\n", "204")
    return [released]


def client_leaves(client: httpx.Client) -> list[Seen]:
    """An application hears that a client has left its stream."""
    with client.stream("GET", "/endless") as response:
        assert next(response.iter_raw()).startswith(b"one\n")
    return Ask("GET /left", body="yes")(client)


def upload_breaks_off(client: httpx.Client) -> list[Seen]:
    """An application hears that a client has left in the middle of its upload."""

    def half() -> object:
        yield UPLOAD[:1000]
        raise ZeroDivisionError

    with suppress(ZeroDivisionError):
        client.post("/broken", content=half())
    return Ask("GET /broken-off", body="yes")(client)


ANSWERS: list[Step] = [
    Ask("GET /", body="hello", fields=LENGTH),
    Ask("HEAD /", body="", fields={"content-length": r"\d+"}),
    Ask("GET /nowhere", 404),
    Ask("DELETE /", 405),
    Ask("OPTIONS /form", None),
    Ask("GET /scope/x", send={"headers": {"accept": "a, b", "cookie": "a=1; b=2", "x-empty": ""}}),
    Ask("GET /scope/forwarded", send={"headers": {"x-forwarded-for": "192.0.2.1"}}),
    Ask("POST /scope/x", send={"content": b"x" * 10}),
]


def odd(target: bytes, **send: Any) -> Step:
    """A request target as it stands, which httpx would write otherwise."""

    def step(client: httpx.Client) -> list[Seen]:
        seen = observe(client, "GET /scope/odd", extensions={"target": target}, **send)
        return [replace(seen, request=f"GET {target.decode()}")]

    return step


def refused(target: bytes) -> Step:
    """A request target that RFC 9112, section 3.2, does not allow: fastresp says so, the others take what they see."""
    send = {"extensions": {"target": target}}
    return Ask(f"GET {target.decode()}", 400, fields={"connection": "close"}, send=send, alone="it is not refused")


TARGETS = (
    b"/scope/a//b;c=d/~e",
    b"/scope/100%25",
    b"/scope/%zz",
    b"/scope/%",
    b"/scope/%2e%2e/x",
    b"/scope/../x",
    b"/scope/a|b",
    b'/scope/"q"',
    b"/scope/%c3%28",
    b"/scope/%00",
    b"/scope/x?a=%zz&&=&b+c",
    b"/scope/x??a",
    b"/scope/x?",
    b"/scope/",
    b"//scope/x",
    b"http://example.test/scope/x?q",
)
UNREAD = Ask("POST /nowhere", None, fields={"connection": ""}, send={"content": pieces(UPLOAD[:30_000], 7000)})
ODD: list[Step] = [
    *map(odd, TARGETS),
    refused(b"/scope/x#fragment"),
    refused(b"*"),
    Ask("GET /scope/x", send={"headers": [(b"x-latin", "Jürgen".encode("latin-1")), (b"x-utf", "Jürgen".encode())]}),
    Ask("GET /scope/crumbs", send={"headers": [("cookie", "a=1"), ("cookie", "b=2")]}),
    Ask("GET /scope/under", send={"headers": [("x_under", "1"), ("x.dot", "2"), ("x-~tilde", "3")]}),
    Ask("POST /nowhere", None, send={"content": UPLOAD, "headers": {"connection": "close"}}),
    replace(UNREAD, alone="gunicorn may close the connection behind it without a word"),
    Ask("GET /", body="hello"),
    Ask("POST /echo", body=UPLOAD, send={"content": UPLOAD, "headers": {"expect": "100-continue"}}),
    Ask("GET /scope/x", send={"content": b"content of a GET"}),
    Ask("DELETE /scope/x", None),
    Ask("PROPFIND /scope/x", None),
]
ECHO: list[Step] = [
    Ask("POST /echo", body=UPLOAD, send={"content": UPLOAD}),
    Ask("POST /echo", body=b"", send={"content": b""}),
]
FORMS: list[Step] = [
    Ask("POST /form", body={"name": "Jürgen", "tags": ["a", "b c"]},
        send={"content": b"name=J%C3%BCrgen&tag=a&tag=b+c", "headers": FORM}),
    Ask("POST /upload", body=TOLD, send={"content": PARTS, "headers": MULTIPART}),
    Ask("PUT /json", body={"got": {"a": [1, "ü"]}}, send={"json": {"a": [1, "ü"]}}),
]  # fmt: skip
CHUNKED_ECHO = Ask("POST /echo", body=UPLOAD, send={"content": pieces(UPLOAD, 70_000)})
CHUNKED_UPLOAD = Ask("POST /upload", body=TOLD, send={"content": pieces(PARTS, 50_000), "headers": MULTIPART})
CHUNKED_BOTH: list[Step] = [CHUNKED_ECHO, CHUNKED_UPLOAD]
STREAM = Ask("GET /stream", body=b"one\ntwo\nthree\n", fields=CHUNKED)
CSRF: list[Step] = [
    Ask("POST /protected", 403),
    Ask("GET /protected", body="token", fields={"set-cookie": "csrftoken=.*"}),
]
OUT: list[Step] = [
    STREAM,
    Ask("HEAD /stream", body=b""),
    Ask("GET /large", body=LARGE, fields=LENGTH),
    stream_goes_quiet,
    Ask("GET /redirect", 303, fields={"location": r".*/\?from=redirect"}),
    Ask("GET /empty", 204, body=b"", fields={"transfer-encoding": ""}),
    Ask("GET /cookies", body="new", fields={"set-cookie": ".*seen=.*other=.*"}),
    Ask("GET /cookies", body="yes"),
]


def ranges(target: str) -> list[Step]:
    """A file, and parts of it."""
    return [
        Ask(f"GET {target}", body=FILE, fields={"content-length": str(len(FILE)), "content-type": "text/plain.*"}),
        Ask(f"HEAD {target}", body=b"", fields={"content-length": str(len(FILE))}),
        Ask(f"GET {target}", 206, body=FILE[10:20], fields={"content-range": f"bytes 10-19/{len(FILE)}"},
            send={"headers": {"range": "bytes=10-19"}}),
        Ask(f"GET {target}", 206, body=FILE[-7:], send={"headers": {"range": "bytes=-7"}}),
        Ask(f"GET {target}", 206, body=FILE[100:], send={"headers": {"range": "bytes=100-"}}),
        Ask(f"GET {target}", 416, send={"headers": {"range": "bytes=999999-"}}),
    ]  # fmt: skip


def parts_of_a_file(target: str) -> Step:
    """Two ranges at once, and a range on a condition."""

    def step(client: httpx.Client) -> list[Seen]:
        seen = observe(client, f"GET {target}", headers={"range": "bytes=0-9,20-29"})
        (kind,) = seen.values("content-type")
        boundary = re.fullmatch("multipart/byteranges; boundary=(.+)", kind)
        assert boundary is not None, seen
        assert seen.body.lower().count(b"content-range: bytes ") == 2
        (etag,) = seen.values("etag")
        fields = [(name, value.replace(boundary[1], "*")) for name, value in seen.fields]
        seen = replace(seen, fields=tuple(fields), body=seen.body.replace(boundary[1].encode(), b"*"))
        same = Ask(f"GET {target}", 206, body=FILE[:5], send={"headers": {"range": "bytes=0-4", "if-range": etag}})
        other = Ask(f"GET {target}", 200, body=FILE, send={"headers": {"range": "bytes=0-4", "if-range": '"other"'}})
        return [seen, *same(client), *other(client)]

    return step


def not_modified(target: str) -> Step:
    """A file that the client has already, by its etag."""

    def step(client: httpx.Client) -> list[Seen]:
        seen = observe(client, f"HEAD {target}")
        (etag,) = seen.values("etag")
        again = Ask(f"GET {target}", 304, body=b"", send={"headers": {"if-none-match": etag}})(client)
        assert not re.search("transfer-encoding", str(again[0].fields))
        return [seen, *again]

    return step


BACKGROUND: list[Step] = [
    Ask("POST /background", 202, body="begun"),
    Ask("GET /worked", body="yes"),
]
FAILURES: list[Step] = [
    # uvicorn closes the connection behind it without a word, and a request that is on its way meets a reset
    Ask("GET /fail", 500, send={"headers": {"connection": "close"}}),
    Ask("GET /", body="hello"),
]
CUT = Ask("GET /fail-late", body=b"one\n", cut=True)
NOT_CUT = Ask("GET /fail-late", body=b"one\n", send={"headers": {"connection": "close"}})
"""Starlette's BaseHTTPMiddleware ends a stream that fails as if it were whole."""
EVERYTHING: list[Step] = [*ANSWERS, *ODD, *ECHO, *FORMS, *OUT, *BACKGROUND, *FAILURES]
LARGE_UPLOAD = large_upload(40 << 20)
"""More than fastresp takes by default."""
