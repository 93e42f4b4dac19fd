"""Status lines, on both twins."""

from enum import IntEnum
from http import HTTPStatus

import pytest

from fastresp.status import REASONS, StatusCode


class Number(int):
    """An int that lies wherever it can."""

    def __int__(self):
        return 500

    __index__ = __trunc__ = __int__

    def __eq__(self, other):
        return False

    def __lt__(self, other):
        return True

    __le__ = __gt__ = __ge__ = __lt__

    def __hash__(self):
        return 0


@pytest.fixture
def status_line(twin):
    return twin("wire.status").status_line


@pytest.mark.parametrize("status", [200, StatusCode.Ok, HTTPStatus.OK, Number(200), IntEnum("Own", {"A": 200}).A])
def test_whatever_is_an_int(status_line, status):
    assert status_line(status) == b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (100, b"HTTP/1.1 100 Continue\r\n"),
        (StatusCode.PayloadTooLarge, b"HTTP/1.1 413 Content Too Large\r\n"),
        (418, b"HTTP/1.1 418 I'm a teapot\r\n"),
        (299, b"HTTP/1.1 299 \r\n"),
        (306, b"HTTP/1.1 306 \r\n"),
        (999, b"HTTP/1.1 999 \r\n"),
    ],
)
def test_line(status_line, status, line):
    assert status_line(status) == line


def test_all_lines(status_line):
    for status in range(100, 1000):
        assert status_line(status).decode() == f"HTTP/1.1 {status} {REASONS.get(status, '')}\r\n"


def test_line_is_ready(status_line):
    assert status_line(204) is status_line(StatusCode.NoContent)


@pytest.mark.parametrize("status", [True, False, None, 200.0, "200", b"200", [200], 200j])
def test_other_types(status_line, status):
    kind = type(status).__name__
    message = rf"^a status is a StatusCode, an http\.HTTPStatus or an int from 100 to 999, not {kind}$"
    with pytest.raises(TypeError, match=message):
        status_line(status)


@pytest.mark.parametrize(
    "status", [-1, 0, 99, 1000, -200, 2**31, 2**31 + 200, 2**32 + 200, 2**63, 2**64 + 200, Number(99)]
)
def test_out_of_range(status_line, status):
    with pytest.raises(ValueError, match=rf"^a status is from 100 to 999, not {int.__repr__(status)}$"):
        status_line(status)


@pytest.mark.parametrize("status", [10**10_000, -(10**10_000)], ids=["above", "below"])
def test_too_long_to_be_shown(status_line, status):
    with pytest.raises(ValueError, match=r"^a status is from 100 to 999, not a number of more than 60 digits$"):
        status_line(status)


def test_line_of_a_known_number():
    from fastresp.wire.status import line_of  # the compiled one is for C callers only

    assert line_of(404) == b"HTTP/1.1 404 Not Found\r\n"
