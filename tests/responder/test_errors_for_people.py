"""Rule 13: an error that nobody has written says what it is, to people and to browsers."""

from __future__ import annotations

import pytest
from responder.messages import FAULT, message, request

from fastresp import Headers
from fastresp.core.pages import names_html

PAGE = b"<!DOCTYPE html>\n<title>404 Not Found</title>\n<h1>404 Not Found</h1>\n"
SHOWN = message(
    b"404 Not Found",
    b"vary: accept",
    b"content-type: text/html; charset=utf-8",
    b"content-length: %d" % len(PAGE),
    body=PAGE,
)
BARE = message(b"404 Not Found", b"content-type: application/x-empty", b"content-length: 0")
BROWSER = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ([BROWSER], SHOWN),
        (["accept: application/json", "ACCEPT: TEXT/HTML ; q=0.1"], SHOWN),
        (["Accept: text/html;level=1"], SHOWN),
        ([], BARE),
        (["Accept: */*"], BARE),
        (["Accept: text/*"], BARE),
        (["Accept: application/json, text/html;q=0"], BARE),
        (["Accept: text/html ; q=0.000"], BARE),
        (["Accept: ,;,"], BARE),
    ],
)
def test_a_bare_status(stage, fields, answer):
    stage(lambda _, responder: responder.write(404))
    assert stage.kept(request("GET", "/", *fields)) == answer


def test_a_head(stage):
    stage(lambda _, responder: responder.write(404))
    assert stage.kept(request("HEAD", "/", BROWSER)) == SHOWN.removesuffix(PAGE)


def test_a_status_without_a_name(stage):
    stage(lambda _, responder: responder.write(499))
    assert stage.kept(request("GET", "/", BROWSER)).endswith(
        b"\r\n\r\n<!DOCTYPE html>\n<title>499</title>\n<h1>499</h1>\n"
    )


WRITTEN = {
    "below 400": (lambda responder: responder.write(399), b"application/x-empty"),
    "fields": (lambda responder: responder.write(Headers({"x-a": "b"}), 404), None),
    "empty content": (lambda responder: responder.write(b"", "a/b", 404), b"a/b"),
}


@pytest.mark.parametrize(("write", "kind"), WRITTEN.values(), ids=WRITTEN)
def test_what_the_handler_says_is_what_is_sent(stage, write, kind):
    stage(lambda _, responder: write(responder))
    answer = stage.kept(request("GET", "/", BROWSER))
    assert b"content-length: 0\r\n" in answer
    assert b"html" not in answer
    assert (kind is None) == (b"content-type" not in answer)
    assert kind is None or kind in answer


@pytest.mark.parametrize("fields", [[], [BROWSER]])
def test_a_fault_is_a_text(stage, faults, fields):
    def handle(_, responder):
        raise LookupError("for the log")

    stage(handle, may_fail=True)
    assert stage.kept(request("GET", "/", *fields)) == FAULT
    assert any("for the log" in line for line in faults(1))


def test_names_html():
    assert names_html(["text/html"])
    assert names_html(["a/b;q=0.5,\ttext/html\t;\tq=0.05"])
    assert not names_html([])
    assert not names_html(["text/htmlx, xtext/html"])
    assert not names_html(["text/html;q=0."])
