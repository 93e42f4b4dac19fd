"""Headers."""

import copy
import pickle

import pytest

from fastresp.errors import HeaderError
from fastresp.headers import Headers


class Text(str):
    """A str of somebody else's."""


@pytest.fixture
def some():
    return Headers([("Host", "a"), ("x-one", "1"), ("Set-Cookie", "a=b"), ("X-One", "2"), (b"x-ONE", b"\xe9")])


# -- making Headers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        [("A", "1"), ("b", "2")],
        (("A", "1"), ("b", "2")),
        [["A", b"1"], [b"b", "2"]],
        {"A": "1", "b": "2"},
        {b"A": b"1", b"b": b"2"},
        {"A": "1", "b": "2"}.items(),
        Headers({"A": "1", "b": "2"}),
    ],
)
def test_made_of(source):
    assert list(Headers(source)) == [("A", "1"), ("b", "2")]


def test_made_of_a_generator():
    assert list(Headers((name, "1") for name in "ab")) == [("a", "1"), ("b", "1")]


def test_made_of_nothing():
    assert list(Headers()) == []
    assert len(Headers()) == 0


def test_made_of_headers_is_a_copy(some):
    other = Headers(some)
    other.clear()
    assert len(some) == 5


@pytest.mark.parametrize("source", [None, 5, "ab", b"ab", bytearray(b"ab"), object()])
def test_made_of_something_else(source):
    with pytest.raises(TypeError, match=r"^header fields are Headers, a mapping or an iterable of pairs"):
        Headers(source)


@pytest.mark.parametrize("pair", ["ab", b"ab", ("a",), ("a", "b", "c"), None, 5, {"a", "b"}, {"a": 1, "b": 2}, []])
def test_made_of_what_is_no_pair(pair):
    with pytest.raises(TypeError, match=r"^a header field is a pair \(name, value\), not "):
        Headers([pair])


def test_a_mapping_of_lists_is_refused():
    with pytest.raises(TypeError, match=r"^the value of the field 'a' must be str or bytes, not list"):
        Headers({"a": ["1", "2"]})


def test_made_of_bad_fields():
    with pytest.raises(HeaderError, match="'b c'"):
        Headers([("a", "1"), ("b c", "\n")])
    with pytest.raises(HeaderError, match="'b'"):
        Headers([("a", "1"), ("b", "x\r\nset-cookie: y")])


# -- changing them ---------------------------------------------------------------------------------------------------


def test_append(some):
    some.append("Z", " z ")
    assert list(some)[-1] == ("Z", "z")


@pytest.mark.parametrize("index", [0, 1, 2, 3, 100, -1, -2, -100])
def test_insert_is_like_a_lists(index):
    headers, pairs = Headers([("a", "1"), ("b", "2")]), [("a", "1"), ("b", "2")]
    headers.insert(index, "c", "3")
    pairs.insert(index, ("c", "3"))
    assert list(headers) == pairs


def test_replace_or_append(some):
    some.replace_or_append("X-ONE", "new")
    assert list(some) == [("Host", "a"), ("X-ONE", "new"), ("Set-Cookie", "a=b")]
    some.replace_or_append("last", "1")
    assert list(some)[-1] == ("last", "1")


def test_remove_all(some):
    assert some.remove_all("x-ONE") == 3
    assert list(some) == [("Host", "a"), ("Set-Cookie", "a=b")]
    assert some.remove_all("x-one") == 0


def test_clear(some):
    some.clear()
    assert list(some) == []


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [("a b", "c", HeaderError), ("a", "\r", HeaderError), (1, "", TypeError), ("a", 1, TypeError)],
)
def test_a_refused_change_changes_nothing(some, name, value, error):
    before = some.copy()
    for change in (some.append, lambda n, v: some.insert(0, n, v), some.replace_or_append):
        with pytest.raises(error):
            change(name, value)
    assert some == before


def test_each_change_forgets_what_was_formatted(some):
    changes = [
        lambda: some.append("a", "1"),
        lambda: some.insert(0, "b", "1"),
        lambda: some.replace_or_append("a", "2"),
        lambda: some.remove_all("a"),
        some.clear,
    ]
    for change in changes:
        some._formatted = (b"stale", 0, -1)
        change()
        assert some._formatted is None


# -- looking things up -----------------------------------------------------------------------------------------------


def test_look_ups_ignore_case(some):
    for name in ("x-one", "X-ONE", b"X-oNe", Text("x-One")):
        assert some.value(name) == "1"
        assert some.get(name) == "1"
        assert some[name] == "1"
        assert some.values(name) == ["1", "2", "\xe9"]
        assert some.combined_value(name) == "1, 2, \xe9"
        assert some.contains(name)
        assert name in some


@pytest.mark.parametrize("name", ["x-two", "", "?", "x one", "x-one\u20ac", "\ud800", b"\xff"])
def test_what_is_not_there(some, name):
    assert some.value(name) is None
    assert some.value(name, "none") == "none"
    assert some.get(name, 5) == 5
    assert some.values(name) == []
    assert some.combined_value(name) is None
    assert name not in some
    with pytest.raises(KeyError):
        some[name]


@pytest.mark.parametrize("name", [None, 0, bytearray(b"host")])
def test_look_ups_by_other_types(some, name):
    for look_up in (some.value, some.values, some.contains, some.remove_all, some.__getitem__):
        with pytest.raises(TypeError, match=r"^a field name must be str or bytes"):
            look_up(name)


def test_an_empty_value_is_a_value():
    headers = Headers({"a": ""})
    assert headers["a"] == ""
    assert headers.combined_value("a") == ""
    assert "a" in headers


# -- as a value ------------------------------------------------------------------------------------------------------


def test_equality():
    assert Headers([("A", "1"), ("b", "2")]) == Headers([("a", "1"), ("B", "2")])
    assert Headers([("a", "1"), ("b", "2")]) != Headers([("b", "2"), ("a", "1")])
    assert Headers({"a": "x"}) != Headers({"a": "X"})
    assert Headers({"a": "x"}) != [("a", "x")]


def test_unhashable():
    with pytest.raises(TypeError, match="unhashable"):
        hash(Headers())


def test_repr_makes_the_same(some):
    assert repr(Headers({"a": "b"})) == "Headers([('a', 'b')])"
    assert eval(repr(some)) == some


@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, Headers.copy, lambda h: pickle.loads(pickle.dumps(h))],
)
def test_copies_are_independent(some, duplicate):
    other = duplicate(some)
    assert type(other) is Headers
    assert list(other) == list(some)
    other.append("more", "1")
    assert len(some) == 5


def test_pickles_are_checked():
    bad = Headers._trusted([(b"a", b"\r\n")])
    with pytest.raises(HeaderError):
        pickle.loads(pickle.dumps(bad))


def test_trusted_takes_the_list_over():
    fields = [(b"A", b"1")]
    headers = Headers._trusted(fields)
    assert headers._fields is fields
    assert list(headers) == [("A", "1")]


def test_items_and_keys():
    headers = Headers([("A", "1"), ("b", "2"), ("a", "3")])
    assert headers.items() == [("A", "1"), ("b", "2"), ("a", "3")]
    assert headers.keys() == ["A", "b"]
    assert dict(headers) == {"A": "1", "b": "2"}
    assert Headers(headers.items()) == headers


@pytest.mark.parametrize("count", [5, 32, 33, 3000])
def test_many_fields_are_found_and_changed_as_few_are(count):
    headers = Headers([(f"X-{number}", str(number)) for number in range(count)])
    assert headers["x-4"] == "4"
    headers.append("x-4", "again")
    assert headers.values("X-4") == ["4", "again"]
    headers.insert(0, "x-4", "first")
    assert headers["X-4"] == "first"
    headers.replace_or_append("x-4", "only")
    assert headers.values("x-4") == ["only"]
    assert headers.items()[0] == ("x-4", "only")
    assert headers.remove_all("x-4") == 1
    assert headers.remove_all("x-4") == 0
    assert "x-4" not in headers
    assert headers.value("x-4", "none") == "none"
    assert len(headers) == count - 1
    other = headers.copy()
    other.append("x-4", "other")
    assert "x-4" in other
    assert "x-4" not in headers
    headers.clear()
    assert "x-1" not in headers


def test_a_walk_over_many_fields_compares_each_once():
    headers = Headers([(f"x-{number}", "a") for number in range(5000)] + [("y", "b")] * 5000)
    looked = []
    fields = headers._fields

    class Watched(list):
        def __iter__(self):
            looked.append(1)
            return list.__iter__(self)

    headers._fields = Watched(fields)
    names = headers.keys()
    for name in names:
        assert headers[name]
        assert headers.values(name)
    assert headers.remove_all("y") == 5000
    assert len(looked) < 10
