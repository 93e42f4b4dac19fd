"""What is asked, and what the right answer is: one table, an entry for each profile.

A profile is a list of batches. A connection sends a batch whole, waits for all its answers, and sends the next one, in
turn for ever. A new profile is a new entry here, and its answer in the applications (apps/). The profiles, their
requests and data are those of HttpArena's board for HTTP/1.1, scaled to a small machine.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

DATA = Path(__file__).resolve().parent / "data"


class Answer(NamedTuple):
    """What a right answer has: its status, its media type (without parameters), its content."""

    status: int
    content_type: str
    body: bytes
    chunks: int = 0
    """How many chunks its content comes in; 0 where it has a length."""
    coding: str = ""
    """The content-encoding of `body`."""

    def is_met_by(self, other: Answer, brotli: bytes = b"") -> bool:
        """Whether `other` says the same. JSON is compared by value; what came as gzip is decoded; what came as brotli
        has to be `brotli`. The chunks count where this answer wants chunks.
        """
        if (other.status, other.content_type) != (self.status, self.content_type):
            return False
        if self.chunks and other.chunks != self.chunks:
            return False
        if other.coding == "br":
            return bool(brotli) and other.body == brotli
        body = gzip.decompress(other.body) if other.coding == "gzip" else other.body
        if self.content_type == "application/json":
            return bool(json.loads(body) == json.loads(self.body))
        return body == self.body


class Batch(NamedTuple):
    """Requests as they are sent, back to back, and what has to come back, in order."""

    requests: bytes
    answers: tuple[Answer, ...]
    brotli: bytes = b""
    """The content as brotli, where the server may choose that."""
    closes: bool = False
    """Whether the last request asks for the end of the connection."""


class Application(NamedTuple):
    """What the servers of one interface run: `target` is a module in apps/ and a name in it, `module` what it can't be
    imported without, `package` what the arena's own environment gets for it.
    """

    target: str
    module: str = ""
    package: str = ""


PLAIN = {"asgi": Application("asgi:app"), "wsgi": Application("wsgi:app")}
"""The plain applications, by interface."""


class Profile(NamedTuple):
    """One way to ask. `connections`: how many of them ask at once; `think`: milliseconds that each waits before it
    asks, on average, where all servers are to have the same load (0: that is not measured); `servers`: who takes part,
    if not all do; `applications`: what runs, by interface, where only the servers of these interfaces take part.
    """

    name: str
    text: str
    connections: int
    think: int
    batches: tuple[Batch, ...]
    tls: bool = False
    servers: tuple[str, ...] = ()
    applications: Mapping[str, Application] = {}

    @property
    def is_main(self) -> bool:
        """Whether every server takes part, with its own API."""
        return not self.servers and not self.applications

    @property
    def depth(self) -> int:
        """How many requests are sent back to back."""
        return len(self.batches[0].answers)

    @property
    def constant(self) -> Answer | None:
        """The answer, where it is always the same and no request has a body: then a floor can give it."""
        answers = {answer for batch in self.batches for answer in batch.answers}
        gets = all(batch.requests.startswith(b"GET ") and not batch.brotli for batch in self.batches)
        return answers.pop() if gets and len(answers) == 1 else None


def request(target: str, fields: str = "", body: bytes = b"", method: str = "GET") -> bytes:
    """The bytes of one request."""
    return f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n".encode() + body


def text(body: bytes) -> Answer:
    return Answer(200, "text/plain", body)


def get(path: str, body: bytes, times: int = 1) -> Batch:
    """`times` GETs of a path whose answer is this plain text."""
    return Batch(request(path) * times, (text(body),) * times)


def post(target: str, body: bytes, answer: bytes) -> Batch:
    fields = f"Content-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
    return Batch(request(target, fields, body, "POST"), (text(answer),))


def post_chunked(target: str, body: bytes, answer: bytes) -> Batch:
    framed = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    fields = "Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n"
    return Batch(request(target, fields, framed, "POST"), (text(answer),))


def get_json(count: int, multiplier: int) -> Batch:
    items = json.loads((DATA / "dataset.json").read_bytes())[:count]
    for item in items:
        item["total"] = item["price"] * item["quantity"] * multiplier
    body = json.dumps({"items": items, "count": count}).encode()
    return Batch(request(f"/json/{count}?m={multiplier}"), (Answer(200, "application/json", body),))


def get_item(number: int, text: str) -> Batch:
    body = json.dumps({"item_id": number, "q": text}).encode()
    return Batch(request(f"/items/{number}?q={text}"), (Answer(200, "application/json", body),))


def get_file(path: Path) -> Batch:
    brotli = path.with_name(path.name + ".br")
    return Batch(
        request(f"/static/{path.name}", "Accept-Encoding: br;q=1, gzip;q=0.8\r\n"),
        (Answer(200, TYPES[path.suffix], path.read_bytes()),),
        brotli.read_bytes() if brotli.exists() else b"",
    )


# apps/content.py says the same: what is expected is not taken from what is checked.
TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}

BROWSER = "".join(
    f"{line}\r\n"
    for line in (
        "Connection: keep-alive",
        "Cache-Control: max-age=0",
        'Sec-CH-UA: "Chromium";v="140", "Not=A?Brand";v="24"',
        "Sec-CH-UA-Mobile: ?0",
        "Upgrade-Insecure-Requests: 1",
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
        "Sec-Fetch-Site: none",
        "Sec-Fetch-Mode: navigate",
        "Accept-Encoding: gzip, deflate, br, zstd",
        "Accept-Language: en-GB,en;q=0.9,de;q=0.8",
        "Cookie: session=4f1d0c52b7a94e6f8a3c; theme=dark; consent=yes",
    )
)

_SUM = "/baseline11?a=13&b=42"
_GET = get(_SUM, b"55")
_CLOSING = Batch(request(_SUM, "Connection: close\r\n"), (text(b"55"),), closes=True)
_JSON = tuple(get_json(*pair) for pair in ((1, 3), (5, 7), (10, 2), (15, 5), (25, 4), (40, 8), (50, 6)))
_UPLOAD = 20 << 20
_HELLO = (get("/", b"Hello, World!"),)
_ITEM = (get_item(7, "hello"),)
LARGE = b"".join(b"%07d\n" % line for line in range(375_000))
"""The 3 MB of static-large: numbered lines, so that a piece in the wrong place is seen."""

_STARLETTE = Application("with_starlette:app", "starlette", "starlette")
_FLASK = Application("with_flask:app", "flask", "flask")

_ALL = (
    Profile("plaintext", "`GET /`, keep-alive; the answer is 13 bytes of plain text", 128, 10, _HELLO),
    Profile(
        "baseline",
        "a GET, a POST with a length, and a chunked POST in turn; the answer is the sum of the query's values and the "
        "body's number",
        128,
        10,
        (_GET, post(_SUM, b"20", b"75"), post_chunked(_SUM, b"20", b"75")),
    ),
    Profile(
        "pipelined", "16 x `GET /pipeline` back to back; each answer is `ok`", 128, 100, (get("/pipeline", b"ok", 16),)
    ),
    Profile("limited", "baseline's GET; one request in ten closes its connection", 64, 10, (_GET,) * 9 + (_CLOSING,)),
    Profile(
        "headers",
        "`GET /pipeline` with twelve header fields of a browser",
        128,
        10,
        (Batch(request("/pipeline", BROWSER), (text(b"ok"),)),),
    ),
    Profile("json", "1 to 50 items with their totals, serialised for each request (0.2 to 9 KiB)", 128, 20, _JSON),
    Profile("json-tls", "the same over TLS 1.3", 128, 20, _JSON, tls=True),
    Profile(
        "static",
        "twenty files (3 to 300 KiB) in turn, brotli or gzip accepted",
        64,
        20,
        tuple(get_file(path) for path in sorted((DATA / "static").iterdir()) if path.suffix in TYPES),
    ),
    Profile(
        "upload",
        "`POST` of 20 MiB; the answer is their number",
        8,
        200,
        (post("/upload", bytes(_UPLOAD), str(_UPLOAD).encode()),),
    ),
    Profile(
        "stream",
        "ten chunks of 1 KiB, chunked coding",
        128,
        20,
        (Batch(request("/stream"), (Answer(200, "text/plain", b"x" * 10240, chunks=10),)),),
    ),
    Profile(
        "stream-sized",
        "ten pieces of 1 KiB of an answer that tells its length",
        128,
        20,
        (get("/stream-sized", b"x" * 10240),),
        applications=PLAIN,
    ),
    Profile(
        "static-large",
        "a file of 3 MB from disk: StaticFiles of Starlette (ASGI), send_file of Flask (WSGI)",
        16,
        0,
        (Batch(request("/files/large.bin"), (Answer(200, "application/octet-stream", LARGE),)),),
        applications={"asgi": _STARLETTE, "wsgi": _FLASK},
    ),
    Profile(
        "fastapi-json",
        "FastAPI: a small document of a parameter in the path and one in the query",
        64,
        0,
        _ITEM,
        applications={"asgi": Application("with_fastapi:app", "fastapi", "fastapi")},
    ),
    Profile("starlette-plaintext", "Starlette: `GET /`", 64, 0, _HELLO, applications={"asgi": _STARLETTE}),
    Profile("flask-json", "Flask: the document of fastapi-json", 64, 0, _ITEM, applications={"wsgi": _FLASK}),
    Profile(
        "django-json",
        "Django by WSGI: the document of fastapi-json",
        64,
        0,
        _ITEM,
        applications={"wsgi": Application("with_django:app", "django", "django")},
    ),
    *(
        Profile(
            f"plaintext-{connections}",
            f"plaintext with {connections:,} connections: does the cost of a request grow with their number?",
            connections,
            0,
            _HELLO,
            servers=("raw-uvloop", "fastresp", "uvicorn"),
        )
        for connections in (64, 4096)
    ),
)

PROFILES = {profile.name: profile for profile in _ALL}

GROUPS = {"frameworks": ("fastapi-json", "starlette-plaintext", "flask-json", "django-json")}
"""Names for several profiles at once."""
