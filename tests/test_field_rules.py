"""What a field name and a field value may hold, and which fields may be trailers."""

import pytest

from fastresp import headers as values
from fastresp.errors import HeaderError
from fastresp.headers import FORBIDDEN_TRAILERS, field_name, field_value


class Text(str):
    """A str of somebody else's."""


class Octets(bytes):
    """Bytes of somebody else's."""


# -- field_name ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Content-Type", b"Content-Type", Text("Content-Type"), Octets(b"Content-Type")])
def test_name_keeps_its_spelling(name):
    assert field_name(name) == b"Content-Type"
    assert type(field_name(name)) is bytes


def test_name_takes_each_tchar_and_nothing_else():
    tchars = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    assert field_name(tchars) == tchars
    for octet in range(256):
        for name in (bytes([octet]), chr(octet)):
            if octet in tchars:
                assert field_name(name) == bytes([octet])
            else:
                with pytest.raises(HeaderError):
                    field_name(name)


@pytest.mark.parametrize("name", ["", b"", Text()])
def test_empty_name(name):
    with pytest.raises(HeaderError, match=r"^a field name must not be empty$"):
        field_name(name)


@pytest.mark.parametrize("name", ["a b", b"a b", "a b\u20ac", "a b\ud800"])
def test_bad_name_is_named(name):
    with pytest.raises(HeaderError, match=r"^the field name 'a b.* must be a token: "):
        field_name(name)


@pytest.mark.parametrize("name", [None, 5, bytearray(b"a"), memoryview(b"a"), ["a"]])
def test_name_of_another_type(name):
    with pytest.raises(TypeError, match=r"^a field name must be str or bytes, not " + type(name).__name__):
        field_name(name)


# -- field_value -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "octets"),
    [
        ("", b""),
        (" \t ", b""),
        ("\t a\tb \t", b"a\tb"),
        (b" a b ", b"a b"),
        ("caf\xe9", b"caf\xe9"),
        ("\xa0a\x85", b"\xa0a\x85"),  # white space to Python, not to HTTP
        (b"\x80\xff", b"\x80\xff"),
        (Text(" a "), b"a"),
        (Octets(b" a "), b"a"),
        (Octets(b"a"), b"a"),
    ],
)
def test_value(value, octets):
    assert field_value("a", value) == octets
    assert type(field_value("a", value)) is bytes


@pytest.mark.parametrize("bad", [*(chr(octet) for octet in range(32) if octet != 9), "\x7f"])
@pytest.mark.parametrize("kind", [str, str.encode], ids=["str", "bytes"])
def test_value_holds_no_control(bad, kind):
    for value in (bad, bad + "a", "a" + bad, "a" + bad + "b"):
        with pytest.raises(HeaderError, match=rf"^the value of the field 'X-a' .* has U\+{ord(bad):04X} in "):
            field_value("X-a", kind(value))


@pytest.mark.parametrize(
    ("bad", "code"), [("\u0100", "0100"), ("\u20ac", "20AC"), ("\U0001f600", "1F600"), ("\ud800", "D800")]
)
def test_value_holds_nothing_beyond_latin_1(bad, code):
    with pytest.raises(HeaderError, match=rf"^the value of the field 'a' .* has U\+{code} in "):
        field_value(b"a", "x" + bad)


@pytest.mark.parametrize("value", [None, 5, 1.5, True, bytearray(b"a"), memoryview(b"a"), ["a"]])
def test_value_of_another_type(value):
    kind = type(value).__name__
    with pytest.raises(TypeError, match=rf"^the value of the field 'Age' must be str or bytes, not {kind} \("):
        field_value("Age", value)


def test_messages_stay_short():
    with pytest.raises(HeaderError) as caught:
        field_value("a" * 500, "b" * 100_000 + "\n")
    assert len(str(caught.value)) < 320


def test_a_value_without_a_repr_still_gets_its_message():
    class Silent:
        def __repr__(self):
            raise RuntimeError

    with pytest.raises(TypeError, match=r"not Silent \(whose repr fails\)"):
        field_value("a", Silent())


# -- trailers --------------------------------------------------------------------------------------------------------


def test_forbidden_trailers_are_lower_case():
    assert {name.lower() for name in FORBIDDEN_TRAILERS} == FORBIDDEN_TRAILERS
    assert {b"content-length", b"transfer-encoding", b"host", b"trailer", b"content-encoding", b"authorization",
            b"cookie"} <= FORBIDDEN_TRAILERS  # fmt: skip


def test_both_ways_of_checking_agree():
    """Plain fields are checked all at once, others one by one: each octet in each place must fare alike."""
    for octet in range(256):
        for pair in [
            (bytes([octet]), b"v"),
            (b"n", bytes([octet])),
            (b"n" + bytes([octet]), b"v"),
            (b"n", b"v%c" % octet),
        ]:
            fields = [(b"a", b"1"), pair, (b"z", b"2")]
            plain = values._plain_fields(fields)
            try:
                single = [(field_name(name), field_value(name, value)) for name, value in fields]
            except HeaderError:
                single = None
            assert plain == single


CONTROL = "date location age expires vary retry-after cache-control warning content-location content-language"


@pytest.mark.parametrize("name", CONTROL.split())
def test_control_data_is_no_trailer(serve, connect, name):
    """RFC 9110, section 6.5.1: neither announced, nor sent, nor taken from a request."""
    raised = []

    def handler(request, responder):
        for begin in (lambda: responder.write_begin_chunked("a/b", [name.upper()]),
                      lambda: responder.write_begin_chunked({"trailer": f"x-a, {name}"})):  # fmt: skip
            try:
                begin()
            except HeaderError as error:
                raised.append(str(error))
        responder.write(repr(request.trailers.items()))

    client = connect(serve(handler))
    client.send(
        b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
        + f"{name}: 1\r\netag: 2\r\n\r\n".encode()
    )
    assert client.answer().body == b"[('etag', '2')]"
    assert len(raised) == 2
    assert all(name in text for text in raised)
