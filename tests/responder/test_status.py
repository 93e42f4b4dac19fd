"""Rule 12: the status line of every code, registered and not."""

from __future__ import annotations

import pytest
from responder.messages import PONG, message, request

from fastresp import Response, StatusCode
from fastresp.status import REASONS

IANA = {
    200: b"OK",
    203: b"Non-Authoritative Information",
    207: b"Multi-Status",
    226: b"IM Used",
    302: b"Found",
    305: b"Use Proxy",
    408: b"Request Timeout",
    413: b"Content Too Large",
    414: b"URI Too Long",
    416: b"Range Not Satisfiable",
    418: b"I'm a teapot",
    421: b"Misdirected Request",
    422: b"Unprocessable Content",
    425: b"Too Early",
    431: b"Request Header Fields Too Large",
    451: b"Unavailable For Legal Reasons",
    505: b"HTTP Version Not Supported",
    506: b"Variant Also Negotiates",
    510: b"Not Extended",
    511: b"Network Authentication Required",
    599: b"Network Connect Timeout Error",
}
FIELDS = (b"content-type: application/x-empty", b"content-length: 0")
FINAL = [code for code in range(200, 1000) if code not in (204, 205, 304)]


def status_of(asked):
    return int(asked.path[1:])


CALLS = {
    "write": lambda r, status: r.write(status),
    "response": lambda r, status: r.send_response(Response(status)),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_every_code(stage, call):
    stage(lambda asked, responder: call(responder, status_of(asked)))
    client = stage.client()
    for code in FINAL:
        client.send(request("GET", f"/{code}"))
        phrase = REASONS.get(code, "").encode()
        expected = message(b"%d %b" % (code, phrase), *FIELDS)
        assert client.exactly(len(expected)) == expected
    client.send(request("GET", "/ping"))
    assert client.exactly(len(PONG)) == PONG


def test_every_code_begins_chunks(stage):
    def handler(asked, responder):
        responder.write_begin_chunked({}, status_of(asked))
        responder.write_end_chunked()

    stage(handler)
    client = stage.client()
    for code in FINAL[::7]:
        client.send(request("GET", f"/{code}"))
        phrase = REASONS.get(code, "").encode()
        expected = message(b"%d %b" % (code, phrase), b"transfer-encoding: chunked") + b"0\r\n\r\n"
        assert client.exactly(len(expected)) == expected


@pytest.mark.parametrize(("code", "phrase"), IANA.items())
def test_phrase(stage, code, phrase):
    stage(lambda _, responder: responder.write(StatusCode(code)))
    assert stage.kept() == message(b"%d %b" % (code, phrase), *FIELDS)


def test_every_member_is_registered():
    assert {int(member) for member in StatusCode} == set(REASONS)
    assert StatusCode.EarlyHints == 103
    assert StatusCode.TooEarly == 425
    assert len(StatusCode) == 63
