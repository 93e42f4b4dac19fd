"""QHttpHeaders, method by method, and in an answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from fastresp import HeaderError, Headers
from fastresp.qt import QHttpHeaders, in_server_thread

Known = QHttpHeaders.WellKnownHeader


@pytest.fixture
def some() -> QHttpHeaders:
    return QHttpHeaders([("Host", "a"), ("X-One", "1"), (Known.SetCookie, b"c=d"), ("x-one", " 2\t")])


def test_made_of(some):
    pairs = [(b"host", b"a"), (b"x-one", b"1"), (b"set-cookie", b"c=d"), (b"x-one", b"2")]
    assert some.toListOfPairs() == pairs
    assert QHttpHeaders(some).toListOfPairs() == pairs
    assert QHttpHeaders(Headers({"A": "b"})).toListOfPairs() == [(b"a", b"b")]
    assert QHttpHeaders({"A": "b"}).toListOfPairs() == [(b"a", b"b")]
    assert QHttpHeaders().toListOfPairs() == []
    assert QHttpHeaders.fromListOfPairs(pairs) == some


def test_a_copy_changes_on_its_own(some):
    copy = QHttpHeaders(some)
    copy.append("new", "1")
    assert some.size() == 4
    assert copy.size() == 5
    assert copy != some


def test_append():
    headers = QHttpHeaders()
    assert headers.append("A", "1") is True
    assert headers.append(Known.ContentType, b"\xe9") is True
    assert headers.append(b"a", "\xe9") is True
    assert headers.toListOfPairs() == [(b"a", b"1"), (b"content-type", b"\xe9"), (b"a", b"\xe9")]


def test_insert(some):
    assert some.insert(0, "First", "1") is True
    assert some.insert(5, "Last", "2") is True
    assert [some.nameAt(i) for i in range(some.size())] == ["first", "host", "x-one", "set-cookie", "x-one", "last"]


def test_replace(some):
    assert some.replace(1, Known.ETag, '"1"') is True
    assert (some.nameAt(1), some.valueAt(1), some.size()) == ("etag", b'"1"', 4)


def test_replace_or_append(some):
    assert some.replaceOrAppend("X-ONE", "3") is True
    assert some.toListOfPairs() == [(b"host", b"a"), (b"x-one", b"3"), (b"set-cookie", b"c=d")]
    assert some.replaceOrAppend(Known.ETag, "4") is True
    assert some.valueAt(3) == b"4"


def test_removal(some):
    some.removeAt(0)
    some.removeAll("X-One")
    assert some.toListOfPairs() == [(b"set-cookie", b"c=d")]
    some.removeAll("nothing")
    some.clear()
    assert some.isEmpty() is True


def test_look_up(some):
    assert some.contains("X-ONE") is True
    assert some.contains(Known.Host) is True
    assert some.contains("x-two") is False
    assert some.value("x-one") == b"1"
    assert some.value("x-two") == b""
    assert some.value("x-two", b"d") == b"d"
    assert some.value("x-two", "d") == b"d"
    assert some.values("X-one") == [b"1", b"2"]
    assert some.values("x-two") == []
    assert some.combinedValue("x-one") == b"1, 2"
    assert some.combinedValue("x-two") == b""
    assert some.valueAt(3) == b"2"
    assert some.nameAt(3) == "x-one"
    assert some.size() == len(some) == 4
    assert some.isEmpty() is False
    assert next(iter(some)) == ("host", "a")
    some.reserve(10)
    assert some.size() == 4


@pytest.mark.parametrize("index", [-1, 4, 5])
def test_no_such_index(some, index):
    for call in (some.nameAt, some.valueAt, some.removeAt, lambda i: some.replace(i, "a", "b")):
        with pytest.raises(IndexError, match=str(index)):
            call(index)
    if index != 4:
        with pytest.raises(IndexError, match=str(index)):
            some.insert(index, "a", "b")
    assert some.size() == 4


@pytest.mark.parametrize(
    ("name", "value"), [("a b", "x"), ("", "x"), ("a", "x\r\ny: z"), ("a", "x\0"), ("a", "\u0100")]
)
def test_what_must_not_be_sent_goes_not_in(some, name, value):
    before = some.toListOfPairs()
    for call in (
        some.append,
        some.replaceOrAppend,
        lambda n, v: some.insert(0, n, v),
        lambda n, v: some.replace(0, n, v),
    ):
        with pytest.raises(HeaderError):
            call(name, value)
    assert some.toListOfPairs() == before


def test_maps(some):
    expected = {b"host": [b"a"], b"x-one": [b"1", b"2"], b"set-cookie": [b"c=d"]}
    assert some.toMultiMap() == some.toMultiHash() == expected
    again = QHttpHeaders.fromMultiMap(expected)
    assert again.toMultiMap() == expected
    assert QHttpHeaders.fromMultiHash({"a": "1"}).toListOfPairs() == [(b"a", b"1")]


def test_swap(some):
    other = QHttpHeaders({"a": "b"})
    some.swap(other)
    assert (some.size(), other.size()) == (1, 4)
    with pytest.raises(TypeError, match="dict"):
        some.swap({})


def test_dates():
    headers = QHttpHeaders()
    when = datetime(2024, 2, 29, 12, 0, tzinfo=UTC)
    headers.setDateTimeValue(Known.LastModified, when.astimezone(timezone(timedelta(hours=3))))
    assert headers.value("last-modified") == b"Thu, 29 Feb 2024 12:00:00 GMT"
    with pytest.raises(ValueError, match="time zone"):
        headers.setDateTimeValue("date", when.replace(tzinfo=None))


def test_well_known_names():
    assert len(Known) == 177
    assert QHttpHeaders.wellKnownHeaderName(Known.WWWAuthenticate) == b"www-authenticate"
    for known in Known:
        assert QHttpHeaders({known: "x"}).value(known) == b"x"


def test_in_an_answer(get):
    headers = QHttpHeaders()
    headers.append(Known.SetCookie, "a=b")
    headers.append("Set-Cookie", "c=d")
    answer = get(lambda responder: responder.write(headers, 201))
    assert answer.status == 201
    assert answer.fields == [(b"set-cookie", b"a=b"), (b"set-cookie", b"c=d"), (b"content-length", b"0")]


def test_changes_count_from_the_next_answer(serve, connect):
    headers = QHttpHeaders({"a": "1", "b": "2"})

    def handle(request, responder):
        responder.write(headers, 102)
        headers.replace(0, "c", "3")
        headers.removeAt(1)
        responder.write(b"x", headers)

    client = connect(serve(in_server_thread(handle), date_header=False))
    client.get()
    assert client.answer().fields == [(b"a", b"1"), (b"b", b"2")]
    assert client.answer().fields == [(b"c", b"3"), (b"content-length", b"1")]
