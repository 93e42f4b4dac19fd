"""Interim responses (RFC 9110, section 15.2): any number of them, then the final one. HTTP/1.0 knows none."""

from __future__ import annotations

import io

import pytest
from responder.messages import GET_1_0, OK, chunks, fine, message

from fastresp import Headers, Response, StatusCode

HINTS = [("Link", "</a.css>; rel=preload; as=style"), ("Link", "</b.js>; rel=preload; as=script")]
HINT_LINES = (b"Link: </a.css>; rel=preload; as=style", b"Link: </b.js>; rel=preload; as=script")
EARLY = message(b"103 Early Hints", *HINT_LINES)

FORMS = {
    "headers first": lambda r: r.write(Headers(HINTS), 103),
    "headers by name": lambda r: r.write(headers=HINTS, status=StatusCode.EarlyHints),
    "data and headers": lambda r: r.write(b"", HINTS, 103),
    "data is dropped": lambda r: r.write(b"data", HINTS, 103),
    "document is dropped": lambda r: r.write({"a": 1}, HINTS, 103),
    "device is dropped": lambda r: r.write(io.BytesIO(b"abc"), HINTS, 103),
    "type is dropped": lambda r: r.write(b"data", "text/plain", 103, headers=HINTS),
    "response": lambda r: r.send_response(Response(103, headers=HINTS)),
    "response, content is dropped": lambda r: r.send_response(Response(b"data", 103, headers=HINTS)),
}


@pytest.mark.parametrize("call", FORMS.values(), ids=FORMS)
def test_early_hints(stage, call):
    def handler(_, responder):
        call(responder)
        fine(responder)

    stage(handler)
    assert stage.kept() == EARLY + OK


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (100, b"100 Continue"),
        (102, b"102 Processing"),
        (StatusCode.Processing, b"102 Processing"),
        (103, b"103 Early Hints"),
        (150, b"150 "),
        (199, b"199 "),
    ],
)
def test_status_alone(stage, status, line):
    def handler(_, responder):
        responder.write(status)
        responder.write(status=status)
        responder.send_response(Response(status))
        fine(responder)

    stage(handler)
    assert stage.kept() == message(line) * 3 + OK


def test_no_date_and_no_server_in_an_interim_response(stage):
    def handler(_, responder):
        responder.write(102)
        fine(responder)

    stage(handler, date_header=True, server_header="me")
    client = stage.client()
    client.get()
    assert client.until(b"\r\n\r\n") == message(b"102 Processing")
    assert client.answer().one(b"server") == b"me"


def test_before_each_kind_of_final_response(stage):
    async def pieces():
        yield b"abc"

    def handler(request, responder):
        responder.write(102)
        match request.path:
            case "/chunks":
                responder.write_begin_chunked("a/b")
                responder.write_end_chunked(b"abc")
            case "/response":
                responder.send_response(Response(b"abc", mime_type="a/b"))
            case "/device":
                responder.write(pieces(), "a/b")

    stage(handler)
    early = message(b"102 Processing")
    coded = message(b"200 OK", b"content-type: a/b", b"transfer-encoding: chunked") + chunks(b"abc")
    plain = message(b"200 OK", b"content-type: a/b", b"content-length: 3", body=b"abc")
    for target, answer in ((b"/chunks", coded), (b"/response", plain), (b"/device", coded)):
        assert stage.kept(b"GET %b HTTP/1.1\r\nHost: test\r\n\r\n" % target) == early + answer


def test_it_reaches_the_client_before_the_final_one_is_made(stage):
    kept = []

    def handler(request, responder):
        if request.path == "/finish":
            fine(kept.pop())
            fine(responder)
        else:
            responder.write(102)
            kept.append(responder)

    stage(handler)
    first, second = stage.client(), stage.client()
    first.get()
    assert first.until(b"\r\n\r\n") == message(b"102 Processing")
    second.get("/finish")
    assert second.until(b"ok") == OK
    assert first.until(b"ok") == OK


def test_to_head(stage):
    def handler(_, responder):
        responder.write(headers=HINTS, status=103)
        fine(responder)

    stage(handler)
    assert stage.kept(b"HEAD / HTTP/1.1\r\nHost: test\r\n\r\n") == EARLY + OK[:-2]


def test_none_to_1_0(stage):
    def handler(_, responder):
        responder.write(102)
        responder.write(headers=HINTS, status=103)
        responder.send_response(Response(103, headers=HINTS))
        fine(responder)

    stage(handler)
    close = OK.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
    assert stage.ended(GET_1_0) == close


def test_101_is_refused(stage):
    def handler(_, responder):
        for call in (
            lambda: responder.write(101),
            lambda: responder.write(StatusCode.SwitchingProtocols),
            lambda: responder.write(Headers({"Upgrade": "websocket"}), 101),
            lambda: responder.write(b"x", "a/b", 101),
            lambda: responder.send_response(Response(101)),
        ):
            with pytest.raises(ValueError, match="101") as caught:
                call()
            assert type(caught.value) is ValueError
        fine(responder)

    stage(handler)
    assert stage.kept() == OK


@pytest.mark.parametrize("name", ["content-length", "transfer-encoding"])
def test_no_framing(stage, name):
    def handler(_, responder):
        with pytest.raises(ValueError, match="102"):
            responder.write(Headers({name: "0"}), 102)
        fine(responder)

    stage(handler)
    assert stage.kept() == OK


@pytest.mark.parametrize("status", [100, 102, 103, 199])
def test_no_chunks_with_it(stage, status):
    def handler(_, responder):
        with pytest.raises(ValueError, match=str(status)):
            responder.write_begin_chunked("a/b", status)
        fine(responder)

    stage(handler)
    assert stage.kept() == OK


def test_after_the_final_one_it_is_too_late(stage):
    def handler(_, responder):
        fine(responder)
        with pytest.raises(RuntimeError, match="already been answered, with status 200"):
            responder.write(102)

    stage(handler)
    assert stage.kept() == OK
