"""Every limit at its lowest and its highest: a request is served, on both twins; beyond them one clear error."""

from __future__ import annotations

import math
import sys
from dataclasses import fields

import pytest

from fastresp import Config

HIGHEST = {"float": 10**9, "int": sys.maxsize // 2 + 1}
NUMBERS = [(field.name, str(field.type)) for field in fields(Config) if str(field.type) in HIGHEST]
MAY_BE_ZERO = {
    "keep_alive_timeout",
    "max_body_size",
    "max_connections",
    "max_connections_per_host",
    "min_body_rate",
    "min_write_rate",
    "rate_limit_per_second",
}


class Odd(int):
    """A number of somebody else's, which compares wrongly."""

    def __le__(self, other):
        return True

    __lt__ = __ge__ = __gt__ = __eq__ = __le__
    __hash__ = None


class OddFloat(float):
    __le__ = __lt__ = __ge__ = __gt__ = __eq__ = Odd.__le__
    __hash__ = None


@pytest.mark.parametrize("which", ["highest", "lowest"])
def test_all_at_once(serve, connect, which):
    limits = {name: HIGHEST[kind] if which == "highest" else 0 for name, kind in NUMBERS}
    if which == "lowest":
        limits = dict.fromkeys(MAY_BE_ZERO, 0)
    server = serve(lambda request, responder: responder.write(request.body + b"!"), **limits)
    client = connect(server)
    body = b"" if which == "lowest" else b"hello"
    client.send(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
    assert client.answer().body == body + b"!"


@pytest.mark.parametrize(("name", "kind"), NUMBERS)
def test_each_alone(serve, connect, name, kind):
    for value in (HIGHEST[kind], *([0] if name in MAY_BE_ZERO else [])):
        client = connect(serve(lambda request, responder: responder.write(b"ok"), **{name: value}))
        client.get()
        assert client.answer().body == b"ok"


@pytest.mark.parametrize(("name", "kind"), NUMBERS)
def test_beyond(name, kind):
    highest = HIGHEST[kind]
    too_much = [highest + 1, 10**20, 10**400, 10**5000, Odd(10**20)]
    if kind == "float":
        too_much += [math.inf, 1e300, OddFloat(1e300)]
    for value in too_much:
        with pytest.raises(ValueError, match=rf"^Config\.{name} must be at most {highest}, not ."):
            Config(**{name: value})
    too_little = [-1, -(10**400), Odd(-1)] + ([math.nan, -math.inf, OddFloat(-1)] if kind == "float" else [])
    for value in [*too_little, *([] if name in MAY_BE_ZERO else [0])]:
        with pytest.raises(ValueError, match=rf"^Config\.{name} must be above zero, not ."):
            Config(**{name: value})
    for value in (True, "1", None, [], *([1.0, math.nan] if kind == "int" else [])):
        with pytest.raises(TypeError, match=rf"^Config\.{name} takes an? \w+, not ."):
            Config(**{name: value})


def test_what_it_keeps_are_plain_numbers():
    config = Config(max_connections=type("Mine", (int,), {})(5), head_timeout=type("Mine", (float,), {})(5.5))
    assert type(config.max_connections) is int
    assert type(config.head_timeout) is float


def test_new_fields_change_nothing():
    names = ["connect", "early_hints", "min_write_rate", "disconnect_at_drain"]
    assert [field.name for field in fields(Config)][-4:] == names
    assert [getattr(Config(), name) for name in names] == [False, True, 240, False]
    for name in ("connect", "early_hints", "disconnect_at_drain"):
        with pytest.raises(TypeError, match=f"Config.{name} takes True or False, not 1"):
            Config(**{name: 1})
