"""WSGI: header fields that are wrong, the server's, or contradict the content."""

from __future__ import annotations

import threading

import pytest
from adapters.wsgi_applications import answering


@pytest.mark.parametrize(
    "fields",
    [
        [("x", "a\r\ny: b")],
        [("bad name", "x")],
        [("x", "\u20ac")],
        [(b"x", 1)],
        [(b"Connection", b"close")],
        [("x", b"a")],
        [("content-length", "a")],
        [("content-length", "-1")],
        [("Content-Length", "\u0662")],
        [("content-length", "6"), ("Content-Length", "5")],
    ],
)
def test_a_bad_field_can_be_caught(wsgi, fields):
    def app(environ, start_response):
        try:
            start_response("200 OK", fields)
        except (ValueError, TypeError):
            start_response("400 Bad Request", [])
        return [b"caught"]

    client = wsgi(app)
    client.get()
    answer = client.answer()
    assert (answer.status, answer.body) == (400, b"caught")


def test_fields_of_the_connection_are_left_out(wsgi, twin, caplog, monkeypatch):
    """As every tutorial on event streams sends them."""
    monkeypatch.setattr(twin("wsgi.head"), "_told", set())  # one line a process
    fields = ("Connection", "keep-alive"), ("X-A", "1"), ("Transfer-Encoding", "chunked"), ("Keep-Alive", "max=5")
    client = wsgi(answering(b"event", fields=fields))
    for _ in range(3):
        client.get()
        answer = client.answer()
        assert (answer.fields, answer.body) == ([(b"X-A", b"1"), (b"content-length", b"5")], b"event")
    assert caplog.text.count("'Connection' of a WSGI application is left out") == 1


def test_a_phrase_of_a_str_with_a_mind_of_its_own(wsgi):
    """What is checked is what is sent."""

    class Status(str):
        def __getitem__(self, place):
            return Status(str.__getitem__(self, place))

        def encode(self, *_):
            return b"fine\r\nx-evil: 1"

    client = wsgi(answering(b"ok", status=Status("200 Fine")))
    client.get()
    answer = client.answer()
    assert (answer.status_line, answer.all(b"x-evil")) == (b"HTTP/1.1 200 Fine", [])


def test_lengths_that_say_the_same(wsgi):
    field = ("Content-Length", "2")
    for other in [("content-length", "2"), ("content-length", "02"), field]:
        client = wsgi(answering(b"ok", fields=(field, other)))
        client.get()
        answer = client.answer()
        assert (answer.fields, answer.body) == ([(b"Content-Length", b"2")], b"ok")


def in_pieces(*pieces):
    """An application that yields these."""

    def application(environ, start_response):
        start_response("200 OK", [("Content-Length", "4")])
        yield from pieces

    return application


def written(environ, start_response):
    write = start_response("200 OK", [("Content-Length", "4")])
    write(b"lo")
    write(b"nger")
    return []


@pytest.mark.parametrize(
    "application",
    [
        answering(b"longer", fields=(("Content-Length", "4"),)),
        in_pieces(b"longer"),
        in_pieces(b"long", b"", b"er"),
        in_pieces(b"lo", b"", b"nger", b"and longer"),
        in_pieces(b"lo", b"ng", b"", b"er"),
        written,
    ],
)
def test_more_than_was_stated(wsgi, log, application):
    client = wsgi(application)
    for path in ("/a", "/b"):  # the connection goes on
        client.get(path)
        assert client.answer().body == b"long"
        line = log.wait_for(f"the answer to GET {path} ")
        assert line.endswith("is longer than the 4 bytes of its content-length: what is beyond them is cut")


def test_content_that_never_ends_beyond_its_length(wsgi):
    """Its thread, or the loop, is not held: the application is told."""
    ended = threading.Event()

    def application(environ, start_response):
        start_response("200 OK", [("Content-Length", "4")])
        try:
            while True:
                yield b"long"
        finally:
            ended.set()

    client = wsgi(application)
    client.get()
    assert client.answer().body == b"long"
    assert ended.wait(10)
