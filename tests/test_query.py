"""A query as a mapping: every pair kept, the first one found, all of it decoded."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Mapping
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture(scope="session")
def query(twin):
    return twin("core.query").Query


PAIRS = {
    b"": [],
    b"&&": [],
    b"a": [("a", "")],
    b"a=": [("a", "")],
    b"=": [("", "")],
    b"=b": [("", "b")],
    b"a=1&b=2&a=3": [("a", "1"), ("b", "2"), ("a", "3")],
    b"a=b=c": [("a", "b=c")],
    b"a+b=c+d": [("a b", "c d")],
    b"%61=%2B%26+%3d": [("a", "+& =")],
    b"&a=1&&b=2&": [("a", "1"), ("b", "2")],
    b"name=%C3%A9": [("name", "\u00e9")],
    b"bad=%ff%": [("bad", "\ufffd%")],
    b"raw=\xff": [("raw", "\ufffd")],
}


@pytest.mark.parametrize("data", PAIRS)
def test_pairs(query, data):
    assert query(data).items() == PAIRS[data]


@given(data=st.binary(max_size=40) | st.text("ab=&+%4", max_size=20).map(str.encode))
def test_reads_as_the_standard_library_does(query, data):
    expected = parse_qsl(data.decode("latin-1"), keep_blank_values=True, encoding="latin-1", max_num_fields=None)
    given = [(a.encode("latin-1"), b.encode("latin-1")) for a, b in expected]
    assert query(data).items() == [(a.decode("utf-8", "replace"), b.decode("utf-8", "replace")) for a, b in given]


def test_is_a_mapping(query):
    found = query(b"a=1&b=2&a=3")
    assert isinstance(found, Mapping)
    assert found["a"] == "1"
    assert found.get("a") == "1"
    assert found.get("c") is None
    assert found.get("c", "none") == "none"
    assert found.getall("a") == ["1", "3"]
    assert found.getall("c") == []
    assert list(found) == ["a", "b"]
    assert found.keys() == ["a", "b"]
    assert found.values() == ["1", "2"]
    assert len(found) == 2
    assert "b" in found
    assert "c" not in found
    assert 1 not in found
    assert dict(found) == {"a": "1", "b": "2"}
    assert found == {"a": "1", "b": "2"}
    assert found == query(b"a=1&b=2&a=%33")
    assert found != query(b"a=1&b=2")
    assert found != 1
    assert repr(found) == "Query([('a', '1'), ('b', '2'), ('a', '3')])"
    with pytest.raises(KeyError, match="c"):
        found["c"]
    with pytest.raises(TypeError, match="unhashable"):
        hash(found)


class Counted(str):
    """A name that counts how often it is compared."""

    compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other):
        Counted.compared += 1
        return str.__eq__(self, other)


def test_a_look_up_does_not_go_through_all_names(query):
    found = query(b"&".join(b"%d=%d" % (number, number) for number in range(16384)))
    Counted.compared = 0
    name = Counted("16383")
    assert found[name] == found.get(name) == "16383"
    assert found.getall(name) == ["16383"]
    assert name in found
    assert Counted.compared < 100
    assert dict(found) == found
    assert found.values() == found.keys()
    assert len(found) == 16384


def test_what_getall_gives_is_the_callers(query):
    found = query(b"a=1&a=2")
    found.getall("a").clear()
    assert found.getall("a") == ["1", "2"]


@pytest.mark.parametrize("by", [copy.copy, copy.deepcopy, lambda found: pickle.loads(pickle.dumps(found))])
def test_copies(query, by):
    found = query(b"a=1&b=2&a=3")
    assert by(found) == found
    assert by(found) is not found


def test_is_made_of_bytes_within_their_bounds(twin, query):
    for wrong in ("a=1", None, bytearray(b"a=1"), type("Octets", (bytes,), {})(b"a=1")):
        with pytest.raises(TypeError, match="made of bytes"):
            query(wrong)
    new_query = twin("core.query").new_query
    assert new_query(b"?a=1", 1, 4).items() == [("a", "1")]
    assert new_query(b"/", 2, 1).items() == []
    for start, end in ((-1, 2), (0, 5), (0, 2**62)):
        with pytest.raises(IndexError, match="not within 4 bytes"):
            new_query(b"?a=1", start, end)


def test_is_empty(query):
    assert not query(b"")
    assert query(b"a")
