"""Where a server may listen is said once: what `start`, `background` and `run` take is what Listening has."""

from __future__ import annotations

import dataclasses

import pytest

from fastresp import Server
from fastresp.listening import Keywords, Listening
from fastresp.runner import run


def test_the_keywords_are_the_fields() -> None:
    fields = {field.name: field.type for field in dataclasses.fields(Listening)}
    assert {"host": fields.pop("host"), "port": fields.pop("port")} == {"host": "str | None", "port": "int"}
    keywords = {name: annotation.__forward_arg__ for name, annotation in Keywords.__annotations__.items()}
    assert keywords == fields


@pytest.mark.parametrize(
    "begin", [lambda given: run(print, **given), lambda given: Server(print).background(**given).__enter__()]
)
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"prot": 1}, r"(run|background)\(\) takes no 'prot'; where a server listens is said by host, port, uds, "),
        ({"uds": "a", "fd": 3}, "a server listens in one way: give uds or fd, not both"),
        ({"uds": "a", "port": 1}, "a server listens in one way: give host and port or uds, not both"),
        ({"ssl": "a"}, "ssl takes a ready ssl.SSLContext, not 'a'"),
    ],
)
def test_what_can_not_be_is_told_before_anything_starts(begin, given, message) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        begin(given)
