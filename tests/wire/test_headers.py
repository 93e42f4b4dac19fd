"""Field lines and heads, on both twins."""

from collections import OrderedDict
from random import Random

import pytest

from fastresp.errors import HeaderError
from fastresp.headers import (
    CONNECTION_CLOSE,
    HAS_CONNECTION,
    HAS_CONTENT_LENGTH,
    HAS_CONTENT_TYPE,
    HAS_DATE,
    HAS_SERVER,
    HAS_TRAILER,
    HAS_TRANSFER_ENCODING,
    Headers,
)

LINE = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def headers(twin):
    return twin("wire.headers")


# -- format_headers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pairs",
    [
        [("Content-Type", "text/plain"), ("x-a", "caf\xe9")],
        [(b"Content-Type", b"text/plain"), (b"x-a", b"caf\xe9")],
        [["Content-Type", b"text/plain"], [b"x-a", "caf\xe9"]],
        (("Content-Type", " text/plain\t"), ("x-a", "caf\xe9")),
        {"Content-Type": "text/plain", "x-a": "caf\xe9"},
        OrderedDict({"Content-Type": "text/plain", "x-a": "caf\xe9"}),
        {"Content-Type": "text/plain", "x-a": "caf\xe9"}.items(),
        Headers({"Content-Type": "text/plain", "x-a": "caf\xe9"}),
    ],
)
def test_whatever_holds_fields(headers, pairs):
    assert headers.format_headers(pairs) == b"Content-Type: text/plain\r\nx-a: caf\xe9\r\n"


def test_an_iterator_is_read_once(headers):
    assert headers.format_headers((name, "1") for name in "ab") == b"a: 1\r\nb: 1\r\n"
    # The second name is no plain str, so that the fields are gone through once more.
    kind = type("Text", (str,), {})
    assert headers.format_headers((kind(name), "1") for name in "ab") == b"a: 1\r\nb: 1\r\n"


@pytest.mark.parametrize("pairs", [[], (), {}, Headers(), iter(())])
def test_no_fields(headers, pairs):
    assert headers.format_fields(pairs) == (b"", 0, -1)


def test_empty_value(headers):
    assert headers.format_headers([("a", ""), ("b", " \t")]) == b"a: \r\nb: \r\n"


def test_repeated_fields_stay(headers):
    assert headers.format_headers([("A", "1"), ("b", "2"), ("a", "3")]) == b"A: 1\r\nb: 2\r\na: 3\r\n"


def test_each_octet_of_a_name(headers):
    tchars = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    for octet in range(256):
        name = b"x%cy" % octet
        if octet in tchars:
            assert headers.format_headers([(name, b"")]) == name + b": \r\n"
        else:
            for bad in (name, name.decode("latin-1")):
                with pytest.raises(HeaderError, match=r"^the field name 'x.+y' must be a token"):
                    headers.format_headers([(bad, "")])


@pytest.mark.parametrize("place", range(20))
def test_each_octet_of_a_value(headers, place):
    """In each place of a value of 20, since the compiled twin reads eight at a time."""
    for octet in range(256):
        value = b"%b%c%b" % (b"v" * place, octet, b"w" * (19 - place))
        if octet == 9 or (octet >= 32 and octet != 127):
            assert headers.format_headers([("a", value)]) == b"a: %b\r\n" % value.strip(b" \t")
        else:
            with pytest.raises(HeaderError, match=rf"^the value of the field 'a' .* has U\+{octet:04X} in "):
                headers.format_headers([("a", value)])


@pytest.mark.parametrize("attack", ["x\r\nset-cookie: a=b", "x\nset-cookie: a=b", "x\r", "\r\n\r\n<html>", "x\x00y"])
def test_nothing_injected(headers, attack):
    for pairs in ([("a", attack)], {"a": attack}, [("ok", "1"), (b"a", attack.encode())]):
        with pytest.raises(HeaderError, match="the value of the field 'a'"):
            headers.format_headers(pairs)
    for name in (attack, "a: " + attack, "a:", " a", "a ", ":", ""):
        with pytest.raises(HeaderError, match="field name"):
            headers.format_headers([(name, "1")])


@pytest.mark.parametrize("text", ["\u0100", "\u20ac", "\ud800", "\U0001f600"])
def test_beyond_latin_1(headers, text):
    with pytest.raises(HeaderError, match="the value of the field 'a'"):
        headers.format_headers([("a", text)])
    with pytest.raises(HeaderError, match="the field name"):
        headers.format_headers([(text, "a")])


@pytest.mark.parametrize("bad", [None, 5, 1.5, bytearray(b"a"), memoryview(b"a"), ["a"], ("a",)])
def test_other_types(headers, bad):
    kind = type(bad).__name__
    with pytest.raises(TypeError, match=rf"^a field name must be str or bytes, not {kind} "):
        headers.format_headers([("a", "b"), (bad, "b")])
    with pytest.raises(TypeError, match=rf"^the value of the field 'a' must be str or bytes, not {kind} "):
        headers.format_headers([("a", bad)])


@pytest.mark.parametrize("pair", ["ab", b"ab", ("a",), ("a", "b", "c"), ["a"], None, 5, {"a", "b"}, {"a": 1, "b": 2}])
def test_no_pair(headers, pair):
    with pytest.raises(TypeError, match=r"^a header field is a pair \(name, value\), not "):
        headers.format_headers([("a", "b"), pair])


@pytest.mark.parametrize("pairs", [None, 5, "ab", b"ab", bytearray(b"ab"), memoryview(b"ab"), object()])
def test_no_fields_at_all(headers, pairs):
    with pytest.raises(TypeError, match=r"^header fields are Headers, a mapping or an iterable of pairs"):
        headers.format_headers(pairs)


def test_the_first_fault_is_told(headers):
    with pytest.raises(HeaderError, match="'first'"):
        headers.format_headers([("ok", "1"), ("first", "\n"), ("sec ond", "1"), ("third", 5)])


@pytest.mark.parametrize("size", [0, 15, 16, 255, 256, 65536, 1_000_000])
def test_sizes(headers, size):
    name, value = b"n" * max(size, 1), b"v" * size
    assert headers.format_headers([(name, value)]) == name + b": " + value + b"\r\n"
    assert headers.format_headers([("a", "1")] * size) == b"a: 1\r\n" * size


def test_a_list_that_is_emptied_meanwhile(headers):
    class Pair(tuple):
        def __iter__(self):
            pairs.clear()
            return super().__iter__()

    pairs = [("a", "1" * 100), Pair(("b", "2")), ("c", "3" * 100)]
    assert headers.format_headers(pairs) == b"a: %b\r\nb: 2\r\nc: %b\r\n" % (b"1" * 100, b"3" * 100)
    assert pairs == []


def test_an_iterable_that_fails(headers):
    def broken():
        yield "a b", "1"
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        headers.format_headers(broken())


# -- format_fields ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("Content-Type", HAS_CONTENT_TYPE),
        ("Transfer-Encoding", HAS_TRANSFER_ENCODING),
        ("Connection", HAS_CONNECTION),
        ("Date", HAS_DATE),
        ("Server", HAS_SERVER),
        ("Trailer", HAS_TRAILER),
    ],
)
def test_facts(headers, name, fact):
    for spelling in (name, name.upper(), name.lower(), name.encode()):
        assert headers.format_fields([("x-a", "1"), (spelling, "x")])[1:] == (fact, -1)
    for other in (name + "x", name[:-1], "x" + name[1:], name[:-1] + "x", name.replace("-", "_") + "_"):
        assert headers.format_fields([(other, "x")])[1:] == (0, -1)


def test_facts_add_up(headers):
    pairs = [("date", "x"), ("server", "y"), ("content-length", "5"), ("connection", "close")]
    facts = HAS_DATE | HAS_SERVER | HAS_CONTENT_LENGTH | HAS_CONNECTION | CONNECTION_CLOSE
    assert headers.format_fields(pairs)[1:] == (facts, 5)


@pytest.mark.parametrize(
    ("value", "length"),
    [
        ("0", 0),
        ("007", 7),
        (" 42\t", 42),
        (str(2**31), 2**31),
        (str(2**32), 2**32),
        (str(2**62), 2**62),
        (str(2**62 + 1), -2),
        (str(2**63), -2),
        (str(2**64 + 5), -2),
        ("9" * 19, -2),
        ("0" * 5000 + "5", 5),
        ("1" * 5000, -2),
        ("", -2),
        ("-1", -2),
        ("+1", -2),
        ("1.0", -2),
        ("1 2", -2),
        ("1,1", -2),
        ("0x1", -2),
        ("1_0", -2),
        ("\xb2", -2),
    ],
)
def test_content_length(headers, value, length):
    assert headers.format_fields([("Content-Length", value)])[1:] == (HAS_CONTENT_LENGTH, length)


def test_content_length_stated_twice(headers):
    for count in (2, 3):
        assert headers.format_fields([("content-length", "5")] * count)[1:] == (HAS_CONTENT_LENGTH, -2)


@pytest.mark.parametrize(
    ("value", "close"),
    [
        ("close", True),
        ("Close", True),
        ("CLOSE , x", True),
        ("keep-alive,\tclose", True),
        (",,close,", True),
        ("", False),
        ("keep-alive", False),
        ("closed", False),
        ("xclose", False),
        ("close x", False),
        ("clos\xe5", False),
        ("close;q=1", False),
        ("clo,se", False),
    ],
)
def test_connection_close(headers, value, close):
    facts = HAS_CONNECTION | (CONNECTION_CLOSE if close else 0)
    assert headers.format_fields([("Connection", value)])[1] == facts
    assert headers.format_fields([("connection", value), ("connection", "x")])[1] == facts


def test_headers_keep_what_was_formatted(headers):
    fields = Headers({"Date": "x"})
    first = headers.format_fields(fields)
    assert first == (b"Date: x\r\n", HAS_DATE, -1)
    assert headers.format_fields(fields) is first
    assert headers.format_headers(fields) is first[0]
    assert headers.format_fields(fields.copy()) is first
    fields.append("a", "1")
    assert headers.format_fields(fields) == (b"Date: x\r\na: 1\r\n", HAS_DATE, -1)


# -- format_head -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content_type", "length", "middle"),
    [
        (None, -1, b""),
        ("text/plain", -1, b"content-type: text/plain\r\n"),
        (b" text/plain\t", 0, b"content-type: text/plain\r\ncontent-length: 0\r\n"),
        ("", 9, b"content-type: \r\ncontent-length: 9\r\n"),
        ("caf\xe9", 10, b"content-type: caf\xe9\r\ncontent-length: 10\r\n"),
        (type("Text", (str,), {})("a/b"), 65536, b"content-type: a/b\r\ncontent-length: 65536\r\n"),
        (type("Octets", (bytes,), {})(b" a/b"), 2**31, b"content-type: a/b\r\ncontent-length: 2147483648\r\n"),
        (None, 2**32, b"content-length: 4294967296\r\n"),
        (None, 2**63 - 1, b"content-length: 9223372036854775807\r\n"),
    ],
)
def test_head(headers, content_type, length, middle):
    head = headers.format_head(LINE, b"x-a: 1\r\n", content_type, length, b"date: x\r\n\r\n", b"body")
    assert head == LINE + b"x-a: 1\r\n" + middle + b"date: x\r\n\r\n" + b"body"


def test_head_of_nothing(headers):
    assert headers.format_head(b"", b"", None, -1, b"", b"") == b""


@pytest.mark.parametrize("size", [0, 15, 16, 255, 256, 65536])
def test_head_sizes(headers, size):
    filler = b"x" * size
    head = headers.format_head(filler, filler, filler, size, filler, filler)
    assert head == b"%b%bcontent-type: %b\r\ncontent-length: %d\r\n%b%b" % (
        filler,
        filler,
        filler,
        size,
        filler,
        filler,
    )


@pytest.mark.parametrize("content_type", ["a\r\nb: c", b"a\x00", "\u20ac", "a\x7f"])
def test_head_with_a_bad_content_type(headers, content_type):
    with pytest.raises(HeaderError, match=r"^the value of the field 'content-type'"):
        headers.format_head(LINE, b"", content_type, 0, b"\r\n", b"")


@pytest.mark.parametrize("content_type", [5, bytearray(b"a"), memoryview(b"a"), ["a"]])
def test_head_with_a_content_type_of_another_type(headers, content_type):
    with pytest.raises(TypeError, match=r"^the value of the field 'content-type' must be str or bytes"):
        headers.format_head(LINE, b"", content_type, 0, b"\r\n", b"")


@pytest.mark.parametrize("place", [0, 1, 4, 5])
@pytest.mark.parametrize("bad", [None, 5, "x"])
def test_head_takes_bytes_only(headers, place, bad):
    arguments = [LINE, b"", None, 0, b"\r\n", b""]
    arguments[place] = bad
    with pytest.raises(TypeError):
        headers.format_head(*arguments)


def test_heads_that_begin_alike(twin):
    """Again and again the same objects, in every order: each head is what its arguments say."""
    format_head = twin("wire.headers").format_head
    lines = [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 404 Not Found\r\n"]
    types = ["text/plain", " text/html ", b"text/plain", None, "x" * 300, "t\u00e9xt"]
    blocks = [b"", b"a: b\r\n"]
    random = Random(1)
    line, block, kind = lines[0], b"", types[0]
    for _ in range(3000):
        change = random.randrange(6)  # most often nothing
        if change == 0:
            line = random.choice(lines)
        elif change == 1:
            kind = random.choice(types)
        elif change == 2:
            block = random.choice(blocks)
        length = random.choice([-1, 0, 9, 10, 2**31, 2**62])
        body = bytes(random.randrange(3))
        octets = kind.encode("latin-1") if isinstance(kind, str) else kind
        expected = line + block
        expected += b"content-type: %b\r\n" % octets.strip() if octets is not None else b""
        expected += b"content-length: %d\r\n" % length if length >= 0 else b""
        assert format_head(line, block, kind, length, b"tail\r\n\r\n", body) == expected + b"tail\r\n\r\n" + body


def test_a_bad_type_stays_bad(twin):
    for _ in range(4):
        with pytest.raises(HeaderError):
            twin("wire.headers").format_head(b"line\r\n", b"", "bad\r\ntype", 0, b"\r\n", b"")
