"""Subclasses of str and bytes that answer wrongly: what is sent is checked, and what is checked is sent."""

from __future__ import annotations

import pytest

from fastresp import Config, HeaderError, Headers, Response

ATTACK = "a/b\r\nx-injected: yes"


def odd(base, text):
    """The text, by a class whose every method says that it is harmless."""
    good = base("good") if base is str else b"good"

    def lie(self, *arguments, **more):
        return good

    named = (
        "strip",
        "translate",
        "lower",
        "replace",
        "split",
        "__getitem__",
        "__format__",
        "__mod__",
        "__str__",
        "__add__",
    )
    methods = dict.fromkeys((*named, "encode", "decode", "__bytes__"), lie)
    methods |= {"__len__": lambda self: 4, "__bool__": lambda self: True, "__iter__": lambda self: iter(good)}
    methods["isascii"] = methods["isalnum"] = methods["isdigit"] = lambda self: True
    return type("Odd", (base,), methods)(text if base is str else text.encode())


ODD = [pytest.param(lambda text, base=base: odd(base, text), id=base.__name__) for base in (str, bytes)]

CALLS = {
    "a mime type": lambda responder, bad: responder.write(b"x", bad),
    "a mime type of a begin": lambda responder, bad: responder.write_begin_chunked(bad),
    "a mime type of a file": lambda responder, bad: responder.write(__import__("io").BytesIO(b"x"), bad),
    "a value": lambda responder, bad: responder.write(b"x", {"x-a": bad}),
    "a name": lambda responder, bad: responder.write(b"x", {bad: "a"}),
    "a value of a list": lambda responder, bad: responder.write(b"x", [["x-a", bad]]),
    "a value of Headers": lambda responder, bad: responder.write(b"x", Headers({"x-a": bad})),
    "an appended value": lambda responder, bad: Headers().append("x-a", bad),
    "a replaced value": lambda responder, bad: Headers({"x-a": "b"}).replace_or_append("x-a", bad),
    "a response's mime type": lambda responder, bad: Response(b"x", mime_type=bad),
    "a response's value": lambda responder, bad: Response(b"x", headers={"x-a": bad}),
    "a value of a 103": lambda responder, bad: responder.write({"link": bad} and Headers({"link": bad}), 103),
    "an announced trailer": lambda responder, bad: responder.write_begin_chunked("a/b", [bad]),
    "a server field": lambda responder, bad: Config(server_header=bad),
}


@pytest.mark.parametrize("make", ODD)
@pytest.mark.parametrize("call", CALLS)
def test_nothing_is_injected(serve, connect, make, call):
    raised = []

    def handler(request, responder):
        try:
            CALLS[call](responder, make(ATTACK))
        except HeaderError as error:
            raised.append(error)
        responder.write(b"still there", "a/b")

    client = connect(serve(handler))
    client.get()
    answer = client.answer()
    assert answer.body == b"still there"
    assert answer.all(b"x-injected") == []
    assert len(raised) == 1


@pytest.mark.parametrize("make", ODD)
def test_trailers(serve, connect, make):
    raised = []

    def handler(request, responder):
        responder.write_begin_chunked("a/b", ["x-a"])
        try:
            responder.write_end_chunked(b"x", {"x-a": make(ATTACK)})
        except HeaderError as error:
            raised.append(error)
        responder.write_end_chunked(b"x", {make("x-a"): make("fine")})

    client = connect(serve(handler))
    client.get()
    answer = client.answer()
    assert (answer.body, answer.trailers) == (b"x", [(b"x-a", b"fine")])
    assert len(raised) == 1


@pytest.mark.parametrize("make", ODD)
def test_what_is_right_is_sent_as_it_is(serve, connect, make):
    def handler(request, responder):
        responder.write(b"x", {make("x-a"): make("\t the value "), make("content-type"): make("a/c")})

    client = connect(serve(handler, server_header=make("me")))
    client.get()
    answer = client.answer()
    assert (answer.one(b"x-a"), answer.one(b"content-type"), answer.one(b"server")) == (b"the value", b"a/c", b"me")
    assert type(Config(server_header=make("me")).server_header) is str
    headers = Headers({"x-a": "b"})
    assert make("X-A") in headers
    assert headers[make("x-a")] == "b"


@pytest.mark.parametrize("make", ODD)
def test_the_content_of_a_response(serve, connect, make):
    client = connect(serve(lambda request, responder: responder.send_response(Response(make("longer than four")))))
    client.get()
    assert client.answer().body == b"longer than four"
