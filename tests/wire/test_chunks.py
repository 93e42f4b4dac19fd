"""Chunks, on both twins."""

import array
import ctypes
import mmap

import pytest

from fastresp.errors import HeaderError
from fastresp.headers import FORBIDDEN_TRAILERS, Headers


@pytest.fixture
def chunks(twin):
    return twin("wire.chunks")


def sources(octets):
    """These octets in whatever may hold them."""
    mapped = mmap.mmap(-1, len(octets))
    mapped[:] = octets
    return [
        octets,
        type("Octets", (bytes,), {})(octets),
        bytearray(octets),
        memoryview(octets),
        memoryview(bytearray(octets)),
        memoryview(b"x" + octets + b"x")[1:-1],
        memoryview(octets).cast("H"),
        memoryview(octets).cast("B", (2, len(octets) // 2)),
        array.array("B", octets),
        (ctypes.c_char * len(octets)).from_buffer_copy(octets),
        mapped,
    ]


def test_chunk(chunks):
    for data in sources(b"hello, world"):
        assert chunks.format_chunk(data) == b"c\r\nhello, world\r\n"


@pytest.mark.parametrize("size", [1, 9, 10, 15, 16, 17, 255, 256, 4095, 4096, 65535, 65536, 2**20])
def test_chunk_sizes(chunks, size):
    assert chunks.format_chunk(b"x" * size) == f"{size:x}\r\n".encode() + b"x" * size + b"\r\n"


def test_chunk_of_text(chunks):
    assert chunks.format_chunk("abc") == b"3\r\nabc\r\n"
    assert chunks.format_chunk("caf\xe9") == b"5\r\ncaf\xc3\xa9\r\n"
    assert chunks.format_chunk("\u20ac\U0001f600") == b"7\r\n\xe2\x82\xac\xf0\x9f\x98\x80\r\n"
    assert chunks.format_chunk(type("Text", (str,), {})("\xe9")) == b"2\r\n\xc3\xa9\r\n"


@pytest.mark.parametrize(
    "data", [b"", "", bytearray(), memoryview(b""), memoryview(b"")[::2], array.array("I"), type("Text", (str,), {})()]
)
def test_empty_data_are_no_chunk(chunks, data):
    assert chunks.format_chunk(data) == b""
    assert chunks.as_bytes(data) == b""


def test_as_bytes(chunks):
    for data in sources(b"hello, world"):
        octets = chunks.as_bytes(data)
        assert octets == b"hello, world"
        assert type(octets) is bytes
    assert chunks.as_bytes("\u20ac") == b"\xe2\x82\xac"


def test_exact_bytes_are_not_copied(chunks):
    data = b"x" * 100
    assert chunks.as_bytes(data) is data


def test_mutable_data_are_the_callers_again(chunks):
    data = bytearray(b"abc")
    octets, chunk = chunks.as_bytes(data), chunks.format_chunk(data)
    data[:] = b"xyz and more"  # BufferError if a view on it were left
    assert (octets, chunk) == (b"abc", b"3\r\nabc\r\n")


def test_a_refused_buffer_is_released(chunks):
    data = bytearray(b"abcd")
    for function in (chunks.as_bytes, chunks.format_chunk):
        with pytest.raises(BufferError):
            function(memoryview(data)[::2])
    data.append(1)


@pytest.mark.parametrize("data", [None, 5, 1.5, True, ["a"], (), {}, object(), iter(b"")])
def test_other_types(chunks, data):
    for function in (chunks.as_bytes, chunks.format_chunk):
        with pytest.raises(TypeError, match=r"^data must be bytes, str or a C-contiguous buffer, not "):
            function(data)


def test_gaps(chunks):
    turned = memoryview(bytes(12)).cast("B", (3, 4))
    for data in (memoryview(b"abcd")[::2], memoryview(b"abcd")[::-1], turned[::2]):
        for function in (chunks.as_bytes, chunks.format_chunk):
            with pytest.raises(
                BufferError, match=r"^data must lie in one piece \(C-contiguous\), which this memoryview"
            ):
                function(data)


def test_a_released_view(chunks):
    view = memoryview(b"abc")
    view.release()
    for function in (chunks.as_bytes, chunks.format_chunk):
        with pytest.raises(ValueError, match="released"):
            function(view)


def test_lone_surrogates(chunks):
    for function in (chunks.as_bytes, chunks.format_chunk):
        with pytest.raises(UnicodeEncodeError):
            function("a\ud800")


# -- the last chunk --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trailers", [(), [], {}, Headers(), iter(())])
def test_last_chunk(chunks, trailers):
    assert chunks.format_last_chunk() == b"0\r\n\r\n"
    assert chunks.format_last_chunk(trailers) == b"0\r\n\r\n"
    assert chunks.format_last_chunk(trailers=trailers) == b"0\r\n\r\n"


@pytest.mark.parametrize("trailers", [[("X-Sum", "1"), (b"b", b" 2 ")], {"X-Sum": "1", "b": "2"}])
def test_trailers(chunks, trailers):
    assert chunks.format_last_chunk(trailers) == b"0\r\nX-Sum: 1\r\nb: 2\r\n\r\n"
    assert chunks.format_last_chunk(Headers(trailers)) == b"0\r\nX-Sum: 1\r\nb: 2\r\n\r\n"
    assert chunks.format_last_chunk(iter(Headers(trailers))) == b"0\r\nX-Sum: 1\r\nb: 2\r\n\r\n"


@pytest.mark.parametrize("name", sorted(FORBIDDEN_TRAILERS))
def test_forbidden_trailers(chunks, name):
    for spelling in (name, name.decode(), name.upper(), name.title().decode()):
        for trailers in ([("x-a", "1"), (spelling, "1")], {spelling: "1"}, Headers({spelling: "1"})):
            with pytest.raises(HeaderError, match=r"^the field '.+' must not be sent in a trailer"):
                chunks.format_last_chunk(trailers)


def test_bad_trailers(chunks):
    with pytest.raises(HeaderError, match="the value of the field 'a'"):
        chunks.format_last_chunk({"a": "1\r\n\r\nHTTP/1.1 200 OK"})
    with pytest.raises(HeaderError, match="the field name 'a b'"):
        chunks.format_last_chunk({"a b": "1"})
    with pytest.raises(TypeError, match="header fields are"):
        chunks.format_last_chunk(None)
