"""A strict reader of what a server sent on one connection, with what it must have been sent for.

RFC 9112, section 6, without any leniency: one final head a request, in the requests' order, framed in exactly one way,
each with the token of its own request and of no other, and nothing behind the end. What was cut must look cut.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Answer", "Problem", "read"]

STATUS = re.compile(rb"HTTP/1\.1 ([1-9]\d\d) [\x20-\x7e]*")
FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ?([\x21-\x7e\x80-\xff](?:[\x20-\x7e\t\x80-\xff]*[\x21-\x7e])?)?")
TOKEN = re.compile(rb"t\d\dx\d\d")
SIZE = re.compile(rb"[0-9a-f]{1,8}")


class Problem(Exception):
    """What must not be on a wire."""


@dataclass
class Answer:
    """The answer to one request, as far as it has come."""

    status: int = 0
    complete: bool = False
    tokens: set[bytes] = field(default_factory=set)
    body: bytes = b""
    last: bool = False  # the connection ends behind it


def read(
    data: bytes,
    requests: list[dict[str, Any]],
    *,
    ended: bool = False,
    clean: bool = False,
    torn: bool = False,
    whole: int = 0,
    shared: frozenset[bytes] = frozenset(),
) -> list[Answer]:
    """The answers in `data`, one for each request that has the beginning of one. Raises Problem.

    ended: nothing more will come; clean: by an orderly close, not by a reset. torn: the end may be anywhere, for the
    client was the one who left. whole: so many requests reached the server. shared: tokens of requests whose handlers
    left open who answers which of them.
    """
    answers: list[Answer] = []
    place = 0
    for number, request in enumerate(requests):
        if place == len(data) or (answers and answers[-1].last):
            break
        answer = Answer()
        place = _message(data, place, request, answer, ended, clean, torn)
        if not answer.status:
            break
        answers.append(answer)
        _own(answer, request, number, shared)
        if not answer.complete:
            if place != len(data):
                raise Problem(f"answer {number} is cut, and {data[place : place + 60]!r} follows")
            break
    if place != len(data):
        raise Problem(f"after {len(answers)} answers to {len(requests)} requests: {data[place : place + 120]!r}")
    if ended and clean and not torn and len(answers) < whole and not any(a.last or not a.complete for a in answers):
        raise Problem(f"the connection is closed after {len(answers)} answers to {whole} requests, and none said so")
    return answers


def _own(answer: Answer, request: dict[str, Any], number: int, shared: frozenset[bytes]) -> None:
    mine = {request["token"].encode()}
    if mine & shared:
        mine |= shared
    if answer.tokens - mine:
        raise Problem(f"answer {number}, to {request['token']}, has what belongs to {answer.tokens - mine}")
    if answer.complete and answer.body:
        ends = re.findall(rb"E(t\d\dx\d\d)", answer.body)
        refused = answer.status >= 400 and not TOKEN.search(answer.body)
        if not refused and (len(ends) != 1 or not answer.body.rstrip(b'"]').endswith(b"E" + ends[0])):
            raise Problem(f"answer {number} looks complete, but is not: {answer.body[:80]!r}...{answer.body[-40:]!r}")


def _message(
    data: bytes, place: int, request: dict[str, Any], answer: Answer, ended: bool, clean: bool, torn: bool
) -> int:
    """Reads heads up to a final one, and its content; where the next message begins."""
    while True:
        end = data.find(b"\r\n\r\n", place)
        if end < 0:
            if (ended and not torn) or (not ended and len(data) - place > 100_000):
                raise Problem(f"a head without its end: {data[place : place + 200]!r}")
            return len(data)
        lines = data[place:end].split(b"\r\n")
        line = STATUS.fullmatch(lines[0])
        if line is None:
            raise Problem(f"a status line was wanted: {data[place : place + 120]!r}")
        status = int(line[1])
        fields: dict[bytes, list[bytes]] = {}
        for each in lines[1:]:
            found = FIELD.fullmatch(each)
            if found is None:
                raise Problem(f"not a field: {each!r}")
            fields.setdefault(found[1].lower(), []).append(found[2] or b"")
        answer.tokens.update(TOKEN.findall(data, place, end))
        place = end + 4
        if status >= 200:
            break
        if status == 101 or not request["minor"]:
            raise Problem(f"{status} to an HTTP/1.{request['minor']} client")
        if b"content-length" in fields or b"transfer-encoding" in fields:
            raise Problem(f"{status} with content")
    answer.status = status
    answer.last = b"close" in b",".join(fields.get(b"connection", [])).lower()
    if not request["minor"] and b"keep-alive" not in b",".join(fields.get(b"connection", [])).lower():
        answer.last = True
    return _content(data, place, request, answer, fields, ended, clean)


def _content(
    data: bytes,
    place: int,
    request: dict[str, Any],
    answer: Answer,
    fields: dict[bytes, list[bytes]],
    ended: bool,
    clean: bool,
) -> int:
    lengths = fields.get(b"content-length", [])
    codings = fields.get(b"transfer-encoding", [])
    if len(lengths) > 1 or len(codings) > 1 or (lengths and codings):
        raise Problem(f"framed twice: {fields}")
    if codings and (codings != [b"chunked"] or not request["minor"]):
        raise Problem(f"transfer-encoding {codings} to HTTP/1.{request['minor']}")
    if lengths and not re.fullmatch(rb"\d+", lengths[0]):
        raise Problem(f"content-length {lengths[0]!r}")
    if answer.status in (204, 304) or request["method"] == "HEAD":
        if answer.status == 204 and (lengths or codings):
            raise Problem(f"204 with {lengths} {codings}")
        answer.complete = True
        return place
    if codings:
        return _chunks(data, place, answer)
    if lengths:
        size = int(lengths[0])
        answer.body = data[place : place + size]
        answer.complete = len(answer.body) == size
    else:
        answer.last = True
        answer.body = data[place:]
        answer.complete = ended and clean
        if answer.complete and not answer.body:
            raise Problem("an answer that ends with its connection, and is empty, looks complete")
    answer.tokens.update(TOKEN.findall(answer.body))
    return place + len(answer.body)


def _chunks(data: bytes, place: int, answer: Answer) -> int:
    pieces: list[bytes] = []
    try:
        while True:
            end = data.find(b"\r\n", place)
            if end < 0:
                if len(data) - place > 10:
                    raise Problem(f"a chunk's size was wanted: {data[place : place + 60]!r}")
                return len(data)
            if not SIZE.fullmatch(data[place:end]):
                raise Problem(f"a chunk's size was wanted: {data[place : place + 60]!r}")
            size = int(data[place:end], 16)
            place = end + 2
            if not size:
                break
            pieces.append(data[place : place + size])
            place += size
            if place + 2 > len(data):
                return len(data)
            if data[place : place + 2] != b"\r\n":
                raise Problem(f"a chunk's end was wanted: {data[place : place + 60]!r}")
            place += 2
        while True:
            end = data.find(b"\r\n", place)
            if end < 0:
                return len(data)
            line = data[place:end]
            place = end + 2
            if not line:
                break
            if FIELD.fullmatch(line) is None:
                raise Problem(f"not a trailer: {line!r}")
            answer.tokens.update(TOKEN.findall(line))
        answer.complete = True
        if not pieces:
            raise Problem("a chunked answer without its content looks complete")
        return place
    finally:
        answer.body = b"".join(pieces)
        answer.tokens.update(TOKEN.findall(answer.body))
