"""The output buffer: what is added comes out once, whole and in order, and nothing is added by halves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

LINE = b"HTTP/1.1 200 OK\r\n"
TAIL = b"date: today\r\n\r\n"


@pytest.fixture
def new_buffer(twin):
    return twin("wire.buffer").new_buffer


def test_what_is_added_is_taken_once(new_buffer):
    buffer = new_buffer(10)
    assert buffer.add(b"abc")
    assert buffer.add(b"")
    assert buffer.add(b"defghij")
    assert (buffer.size, buffer.capacity) == (10, 10)
    assert not buffer.add(b"k")
    assert buffer.take(0) == b"abcdefghij"
    assert buffer.size == 0
    assert buffer.take(0) == b""


def test_what_was_sent_is_left_out(new_buffer):
    buffer = new_buffer(10)
    buffer.add(b"abcdef")
    assert buffer.take(4) == b"ef"
    buffer.add(b"gh")
    assert buffer.take(2) == b""
    assert buffer.take(0) == b""
    for start in (-1, 1):
        with pytest.raises(ValueError, match="is not within the 0 bytes"):
            buffer.take(start)


@given(
    bodies=st.lists(st.binary(max_size=60), max_size=12), content_type=st.sampled_from(["text/plain", "a/b", b"c/d"])
)
def test_heads_are_those_of_format_head(twin, bodies, content_type):
    """Whether they are added as they are formatted, or formatted first."""
    format_head = twin("wire.headers").format_head
    buffer = twin("wire.buffer").new_buffer(600)
    expected = b""
    for body in bodies:
        whole = format_head(LINE, b"", content_type, len(body), TAIL, body)
        room = buffer.capacity - buffer.size
        size = buffer.add_head(LINE, content_type, len(body), TAIL, body)
        assert size in ((len(whole), 0) if len(whole) <= room else (0,))
        if size or buffer.add(whole):
            expected += whole
    assert buffer.take(0) == expected


def test_a_head_without_a_length_or_a_type(twin):
    format_head = twin("wire.headers").format_head
    buffer = twin("wire.buffer").new_buffer(600)
    for content_type, length in ((None, 3), ("text/plain", -1), (None, -1)) * 3:
        whole = format_head(LINE, b"", content_type, length, TAIL, b"abc")
        if not buffer.add_head(LINE, content_type, length, TAIL, b"abc"):
            buffer.add(whole)
        assert buffer.take(0) == whole
