"""The twins side by side: whatever goes in, equal bytes come out, or the same exception with the same message.

Each input is a recipe that makes it anew for each twin, since iterators are used up and buffers are held.
"""

from __future__ import annotations

import array
import collections
import importlib
import os
from http import HTTPStatus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastresp.headers import FORBIDDEN_TRAILERS, Headers
from fastresp.status import StatusCode

pytestmark = pytest.mark.skipif(
    os.environ.get("FASTRESP_NO_EXTENSIONS", "") not in ("", "0"), reason="the pure twins alone are under test"
)

# An example takes less than a millisecond; the twins differ in corners, if anywhere.
MANY = settings(max_examples=int(os.environ.get("FASTRESP_PARITY_EXAMPLES", "600")), deadline=None)
SIZES = [0, 1, 7, 8, 9, 15, 16, 17, 255, 256, 65536]


class Text(str):
    """A str of somebody else's, which answers wrongly."""

    def encode(self, *arguments):
        return b"wrong"

    def __len__(self):
        return 3


class Octets(bytes):
    """Bytes of somebody else's, which answer wrongly."""

    def strip(self, *arguments):
        return b"wrong"

    def __len__(self):
        return 3


class Number(int):
    def __index__(self):
        return 200


class Row(list):
    """A list of somebody else's."""


Field = collections.namedtuple("Field", "name value")


class MultiMapping:
    """What has items(), and the same key twice perhaps."""

    def __init__(self, pairs):
        self.pairs = pairs

    def items(self):
        return self.pairs


class Broken:
    """An iterable that breaks off."""

    def __init__(self, pairs):
        self.pairs = pairs

    def __iter__(self):
        yield from self.pairs
        raise LookupError("no more")


def outcome(module, function, *recipes):
    """What the function of this module makes of these arguments, in a form to compare."""
    arguments = [recipe() for recipe in recipes]
    try:
        result = getattr(importlib.import_module(f"fastresp.wire.{module}"), function)(*arguments)
    except Exception as error:
        return type(error), str(error)
    assert type(result) is (tuple if function == "format_fields" else bytes)
    return result


def assert_parity(module, function, *recipes):
    assert outcome(module, function, *recipes) == outcome(module + "_c", function, *recipes)


def constant(value):
    return lambda: value


# -- fields ----------------------------------------------------------------------------------------------------------

any_text = st.text(st.characters(exclude_categories=()), max_size=40)
latin_text = st.text(st.characters(max_codepoint=255), max_size=40)
token = st.text(st.sampled_from("ab-Z09!#$%&'*+.^_`|~"), min_size=1, max_size=40)
known = st.sampled_from(
    ["Content-Type", "content-length", "Transfer-Encoding", "CONNECTION", "date", "Server", "trailer", "Content-Lengt"]
)
telling = st.sampled_from(
    [
        "close",
        "Close, x",
        "a,close",
        "close d",
        "5",
        "005",
        str(2**62),
        str(2**62 + 1),
        str(2**64),
        "9" * 30,
        " 7\t",
        "",
    ]
)
sized = st.builds(
    lambda size, filler: filler * size, st.sampled_from(SIZES), st.sampled_from(["x", "\xe9", " ", "\t", "\n"])
)
others = st.one_of(
    st.none(),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.binary(max_size=9).map(bytearray),
    st.binary(max_size=9).map(memoryview),
    st.lists(st.text(max_size=3), max_size=2),
)


def kinds_of(texts):
    """These texts as str, as bytes, and as subclasses of both."""
    octets = texts.map(lambda text: text.encode("latin-1", "replace"))
    return st.one_of(texts, texts, octets, octets, texts.map(Text), octets.map(Octets))


names = st.one_of(*map(kinds_of, (token, token, known, known, latin_text, any_text, sized)), st.binary(), others)
values = st.one_of(*map(kinds_of, (telling, token, latin_text, any_text, sized)), st.binary(), others)
good_pairs = st.tuples(kinds_of(token | known), kinds_of(token | telling))
pairs = st.one_of(
    good_pairs,
    good_pairs,
    good_pairs.map(list),
    st.tuples(names, values),
    st.tuples(names, values),
    good_pairs.map(lambda pair: Field(*pair)),
    good_pairs.map(Row),
    good_pairs.map(collections.deque),
)
shapes = st.one_of(
    pairs,
    pairs,
    pairs,
    st.lists(names, max_size=4),
    st.lists(names, max_size=4).map(tuple),
    st.text(min_size=2, max_size=2),
    st.binary(min_size=2, max_size=2),
    st.dictionaries(st.text(), st.text(), min_size=2, max_size=2),
    st.sets(st.text(), min_size=2, max_size=2),
    others,
)
containers = st.sampled_from(
    [list, tuple, iter, collections.deque, Row, MultiMapping, Broken, lambda rows: (row for row in rows)]
)


def recipe_of(container, rows):
    return lambda: container(list(rows))


fields = st.one_of(
    st.builds(recipe_of, containers, st.lists(shapes, max_size=8)),
    st.builds(recipe_of, containers, st.lists(good_pairs, max_size=8)),
    st.dictionaries(st.one_of(token, known, st.binary(max_size=9)), values, max_size=8).map(constant),
    st.lists(good_pairs, max_size=8).map(lambda rows: lambda: Headers(rows)),
    st.one_of(others, st.text(), st.binary()).map(constant),
)


@MANY
@given(fields)
def test_fields(recipe):
    assert_parity("headers", "format_fields", recipe)
    assert_parity("headers", "format_headers", recipe)


@MANY
@given(st.lists(good_pairs, max_size=8))
def test_good_fields_are_good(rows):
    """Guards the strategy: what it calls good must not end in an error unseen."""
    assert type(outcome("headers_c", "format_fields", lambda: rows)[0]) is bytes


@MANY
@given(names, values)
def test_one_field(name, value):
    assert_parity("headers", "format_fields", lambda: [(name, value)])
    assert_parity("headers", "format_fields", lambda: (("a", "b"), [name, value], ("c", "d")))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("octet", ["x", "\xe9", " ", "\t", "\n", "\u20ac", "\ud800"])
@pytest.mark.parametrize("kind", [str, Text, lambda text: text.encode("latin-1", "replace"), bytearray])
def test_sizes_of_fields(size, octet, kind):
    text = octet * size
    if kind is bytearray:
        text = text.encode("latin-1", "replace")
    for row in [(kind(text), "a"), ("a", kind(text)), ("a", kind("x" + text if kind is not bytearray else text))]:
        assert_parity("headers", "format_fields", lambda row=row: [row])


@pytest.mark.parametrize("size", SIZES)
def test_numbers_of_fields(size):
    for row in (("a", "1"), ["connection", b"close"], (b"content-length", "5")):
        assert_parity("headers", "format_fields", lambda row=row: [row] * size)
        assert_parity("headers", "format_fields", lambda row=row: (row for _ in range(size)))
        assert_parity("headers", "format_fields", lambda row=row: Headers([row] * size))
        assert_parity("headers", "format_fields", lambda row=row: [*[row] * size, ("a", "\n")])


@MANY
@given(
    st.binary(max_size=40),
    st.binary(max_size=40),
    st.one_of(st.none(), values),
    st.one_of(st.integers(-1, 2**63 - 1), st.sampled_from([0, 9, 10, 99, 2**31, 2**32, 2**62, 2**63 - 1])),
    st.binary(max_size=40),
    st.binary(max_size=40),
)
def test_head(line, block, content_type, length, tail, body):
    recipes = [constant(argument) for argument in (line, block, content_type, length, tail, body)]
    assert_parity("headers", "format_head", *recipes)


# -- chunks ----------------------------------------------------------------------------------------------------------


def sliced(octets, step):
    return memoryview(octets)[::step]


def cast(octets, code):
    view = memoryview(octets)
    return view[: len(view) // 8 * 8].cast(code)


def released(octets):
    view = memoryview(octets)
    view.release()
    return view


blocks = st.one_of(
    st.binary(max_size=300),
    st.builds(lambda size, filler: filler * size, st.sampled_from(SIZES), st.binary(min_size=1, max_size=1)),
)
data = st.one_of(
    blocks.map(constant),
    st.one_of(any_text, latin_text, sized).map(constant),
    any_text.map(lambda text: lambda: Text(text)),
    blocks.map(lambda octets: lambda: Octets(octets)),
    blocks.map(lambda octets: lambda: bytearray(octets)),
    blocks.map(lambda octets: lambda: memoryview(octets)),
    blocks.map(lambda octets: lambda: released(octets)),
    blocks.map(lambda octets: lambda: array.array("b", octets)),
    st.builds(lambda octets, step: lambda: sliced(octets, step), blocks, st.sampled_from([-3, -2, -1, 1, 2, 3])),
    st.builds(lambda octets, code: lambda: cast(octets, code), blocks, st.sampled_from("BbcHIQfd")),
    st.builds(lambda octets, step: lambda: cast(octets, "H")[::step], blocks, st.sampled_from([-1, 2])),
    st.builds(
        lambda rows, step: lambda: memoryview(bytes(rows * 4)).cast("B", (rows, 4))[::step],
        st.integers(1, 5),
        st.sampled_from([1, 2]),
    ),
    st.one_of(st.none(), st.integers(), st.floats(), st.booleans(), st.lists(st.integers(0, 255))).map(constant),
)


@MANY
@given(data)
def test_chunk(recipe):
    assert_parity("chunks", "format_chunk", recipe)
    assert_parity("chunks", "as_bytes", recipe)


trailer_names = st.one_of(names, st.sampled_from(sorted(FORBIDDEN_TRAILERS)))


@MANY
@given(st.one_of(fields, st.lists(st.tuples(trailer_names, values), max_size=4).map(constant)))
def test_last_chunk(recipe):
    assert_parity("chunks", "format_last_chunk", recipe)


# -- status lines ----------------------------------------------------------------------------------------------------


@MANY
@given(
    st.one_of(
        st.integers(),
        st.integers(-1100, 1100),
        st.integers(-1100, 1100).map(Number),
        st.integers(100, 999).map(float),
        st.sampled_from(list(StatusCode)),
        st.sampled_from(list(HTTPStatus)),
        st.sampled_from([2**31, 2**32 + 200, 2**63, 2**64 + 200, -(2**63), 10**59, 10**60, -(10**60), 10**5000]),
        names,
    )
)
def test_status_line(status):
    assert_parity("status", "status_line", constant(status))


def test_every_status_line():
    for status in range(-10, 1010):
        assert_parity("status", "status_line", constant(status))
