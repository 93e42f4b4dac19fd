"""Where answers on fastresp may differ from those under uvicorn and gunicorn: each with what stands in both, and why.

Anything else that differs fails the tests.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass

IGNORED = {
    "date": "the time of day",
    "server": "uvicorn and gunicorn name themselves; fastresp adds no such field, as RFC 9110, section 10.2.4, allows",
}
"""Fields that are not compared."""

MASKED = {
    "expires": (".*", "counts from the time of day"),
    "mcp-session-id": (".*", "random"),
    "retry-after": (".*", "counts from the time of day"),
    "x-ratelimit-reset": (".*", "the same"),
    "set-cookie": (
        r"expires=[^;]*|(?<=csrftoken=)[^;]*|(?<=session=)[^;]*|(?<=sessionid=)[^;]*",
        "random, or the time",
    ),
}
"""What is not compared of fields' values, and why."""

UNORDERED = {"connection", "transfer-encoding"}
"""Fields of the server's own, which stand before the application's under gunicorn, and behind them on fastresp."""


OLD = sys.version_info < (3, 13)  # uvicorn takes the reasons from Python's http, which has renamed them in 3.13
PLAIN = "(django|falcon|fastapi|litestar|quart|starlette)_app:app on fastresp"
WSGI = "(flask_app:app|(django|falcon)_app:wsgi) on .*"


@dataclass(frozen=True)
class Difference:
    """A difference that is known: regular expressions, but for the part and the reason; None is for no such field."""

    where: str
    """The applications, and how they are served, where it has to be seen: else it is gone, and this may go too."""
    request: str
    part: str
    """status, body, cut, order, or the name of a field."""
    ours: str | None
    theirs: str | None
    reason: str

    def covers(self, request: str, part: str, ours: str | None, theirs: str | None) -> bool:
        return (
            self.part == part
            and re.fullmatch(self.request, request) is not None
            and _matches(self.ours, ours)
            and _matches(self.theirs, theirs)
        )


DIFFERENCES = [
    Difference(
        "(falcon|fastapi|middlewares|starlette)_app:app on fastresp" if OLD else "",
        "GET .*", "status", "416 Range Not Satisfiable", "416 Requested Range Not Satisfiable",
        "RFC 9110, section 15.5.17, has renamed it",
    ),
    Difference(
        "fastapi_app:app on fastresp" if OLD else "",
        ".*", "status", "422 Unprocessable Content", "422 Unprocessable Entity",
        "RFC 9110, section 15.5.21, has renamed it",
    ),
    Difference(
        PLAIN,
        "HEAD .*", "transfer-encoding", "chunked", None,
        "RFC 9110, section 9.3.2: HEAD SHOULD have the fields of GET; uvicorn frames no answer to HEAD",
    ),
    Difference(
        "quart_app:app on fastresp",
        "(GET /empty|POST /release)", "content-length", None, "0",
        "RFC 9110, section 8.6: a 204 MUST NOT have a content-length; uvicorn passes on what Quart states",
    ),
    Difference(
        WSGI,
        ".*", "connection", None, "keep-alive",
        "what HTTP/1.1 does anyway (RFC 9112, section 9.3); gunicorn says so",
    ),
    Difference(
        "quart_app:app on fastresp|(flask_app:app|django_app:wsgi) on .*",
        ".*", "content-length", "0", None,
        "a stream of unstated length that has ended before its first piece has one, which is stated",
    ),
    Difference(
        "quart_app:app on fastresp|(flask_app:app|django_app:wsgi) on .*",
        ".*", "transfer-encoding", None, "chunked", "the same",
    ),
    Difference(
        "falcon_app:wsgi on fastresp-loop",
        "GET /stream", "content-length", "14", None,
        "with --threads 0, what comes without a wait is gathered, and its length stated",
    ),
    Difference(
        PLAIN,
        "GET /scope/forwarded", "body", r'.*"client": ?"127\.0\.0\.1".*', r'.*"client": ?"192\.0\.2\.1".*',
        "uvicorn trusts x-forwarded-for from 127.0.0.1; fastresp reads no such field from anybody (manual: operations)",
    ),
    Difference(
        "django_app:app on fastresp",
        "GET /scope/forwarded", "etag", ".*", ".*", "Django makes it of that body",
    ),
    Difference(
        WSGI,
        "GET /scope/twice", "body", '.*"HTTP_X_ONE": ?"1, 2".*', '.*"HTTP_X_ONE": ?"1,2".*',
        "fields of one name, joined as RFC 9110, section 5.3, has it: with a comma and a space",
    ),
    Difference(
        "(flask_app:app|django_app:wsgi) on .*",
        "GET /scope/crumbs", "body", '.*"HTTP_COOKIE": ?"a=1; b=2".*', '.*"HTTP_COOKIE": ?"a=1,b=2".*',
        "cookie fields are joined with a semicolon, as in RFC 9113, section 8.2.3: a comma makes one cookie of two",
    ),
    Difference(WSGI, "GET /scope/(crumbs|twice)", "content-length", r"\d+", r"\d+", "the same"),
    Difference(
        "django_app:wsgi on .*",
        "GET /scope/(crumbs|twice)", "etag", ".*", ".*", "Django makes it of that body",
    ),
]  # fmt: skip


def find(request: str, part: str, ours: str | None, theirs: str | None) -> Difference | None:
    """What is known of such a difference."""
    return next((known for known in DIFFERENCES if known.covers(request, part, ours, theirs)), None)


def gone(where: str, seen: set[Difference]) -> list[Difference]:
    """What should have been seen there, and was not."""
    return [known for known in DIFFERENCES if re.fullmatch(known.where, where) and known not in seen]


def masked(name: str, value: str) -> str:
    """What is compared of a field's value."""
    return re.sub(MASKED[name][0], "*", value) if name in MASKED else value


def _matches(pattern: str | None, value: str | None) -> bool:
    if pattern is None or value is None:
        return pattern is value
    return re.fullmatch(pattern, value, re.DOTALL) is not None
