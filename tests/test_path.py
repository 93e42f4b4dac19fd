"""The text of a path: the same for the same bytes, whichever were asked for before."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture(scope="session")
def path_text(twin):
    return twin("core.path").path_text


PATHS = {
    b"": "/",
    b"/": "/",
    b"/a/b": "/a/b",
    b"/a%20b": "/a b",
    b"/caf%C3%A9": "/caf\u00e9",
    b"/%ff": "/\ufffd",
    b"/%2": "/%2",
    b"/%00": "/\0",
    b"/" + b"long" * 40: "/" + "long" * 40,
}


@pytest.mark.parametrize("path", PATHS)
def test_is_decoded_once_and_again(path_text, path):
    target = b"GET " + path + b" HTTP/1.1"
    for _ in range(3):
        assert path_text(target, 4, 4 + len(path)) == PATHS[path]


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (2, 1), (0, 4), (4, 4)])
def test_beyond_the_data(path_text, start, end):
    with pytest.raises(IndexError, match="is not within 3 bytes"):
        path_text(b"/ab", start, end)
    with pytest.raises(TypeError):
        path_text(None, 0, 0)


@given(paths=st.lists(st.text("/ab%26Cc3A9", max_size=80), max_size=20))
def test_reads_as_the_standard_library_does(path_text, paths):
    for path in paths * 2:
        assert path_text(path.encode(), 0, len(path)) == (unquote(path, errors="replace") or "/")


def test_never_gives_the_text_of_another(path_text):
    """More paths than any memory of them has room for, that differ in one octet or in their length."""
    paths = [b"x" * size + b"%d" % number for size in range(70) for number in range(60)]
    for path in paths + paths[::-1] + paths[::7]:
        assert path_text(path, 0, len(path)) == path.decode()
        assert path_text(path, 0, len(path) - 1) == (path[:-1].decode() or "/")
