"""Transfer-Encoding: chunked alone, in HTTP/1.1, and never with a length (RFC 9112, sections 6.1 and 6.3)."""

from __future__ import annotations

from corpus.entry import Entry, Seen, bad, good, request

SYNTAX = "RFC 9112, section 6.1"
FRAMING = "RFC 9112, section 6.3"
VERSION = "RFC 9112, section 6.1: none in HTTP/1.0"

POST = b"POST / HTTP/1.1"
BODY = b"5\r\nhello\r\n0\r\n\r\n"
HELLO = Seen("POST", body=b"hello")
NEXT = request(b"GET /next HTTP/1.1")
SEEN_NEXT = Seen(target=b"/next")

_GOOD = [b" chunked", b"chunked", b" Chunked", b" CHUNKED", b"\t chunked \t"]
_BAD = [
    (400, b""),
    (400, b" \t"),
    (501, b" gzip"),
    (501, b" gzip, chunked"),
    (501, b" gzip,chunked"),
    (501, b" identity"),
    (501, b" identity, chunked"),
    (501, b" deflate"),
    (501, b" compress, gzip"),
    (501, b" xchunked"),
    (501, b" chunkedx"),
    (501, b" x-chunked"),
    (501, b" chunke"),
    (501, b" cow"),
    (501, b" trailers"),
    (501, b" gzip;q=1, chunked"),
    (501, b" chun_ked"),
    (400, b" chunked, chunked"),
    (400, b" chunked,chunked"),
    (400, b" chunked, gzip"),
    (400, b" chunked, identity"),
    (400, b" gzip, chunked, chunked"),
    (400, b" chunked,"),
    (400, b" chunked, "),
    (400, b" ,chunked"),
    (400, b" , chunked"),
    (400, b" ,"),
    (400, b" gzip,, chunked"),
    (400, b' "chunked"'),
    (400, b" 'chunked' x"),
    (400, b" chunked;q=1"),
    (400, b" chunked; a=b"),
    (400, b" chunked;"),
    (400, b" chunked chunked"),
    (400, b" chun ked"),
    (400, b" chunked gzip"),
    (400, b" chunked/1"),
    (400, b" (chunked)"),
    (400, b" chunked\x00"),
    (400, b" \x00chunked"),
    (400, b" \x0bchunked"),
    (400, b" chunked\x0b"),
    (400, b" chunked\x0c"),
    (400, b" \x1fchunked"),
    (400, b" chunked\x7f"),
    (400, b" chunked\xa0"),
    (400, b" \xa0chunked"),
    (400, b" \x85chunked"),
    (400, b" chun\xe2\x84\xaaed"),  # KELVIN SIGN, which str.lower() turns into a k
    (400, b" chunked\r"),
    (400, b"\r chunked"),
    (400, b"\r\n chunked"),
    (400, b" chunked\r\n , identity"),
    (400, b"\n chunked"),
]


def _both(*fields: bytes, line: bytes = POST) -> bytes:
    return request(line, *fields, body=BODY)


CL, TE = b"Content-Length: 5", b"Transfer-Encoding: chunked"

ENTRIES: list[Entry] = [
    *(
        good(
            SYNTAX,
            f"Transfer-Encoding:{ascii(value)[2:-1]}",
            _both(b"Transfer-Encoding:" + value) + NEXT,
            HELLO,
            SEEN_NEXT,
        )
        for value in _GOOD
    ),
    *(
        bad(SYNTAX, f"Transfer-Encoding:{ascii(value)[2:-1]}", _both(b"Transfer-Encoding:" + value), status)
        for status, value in _BAD
    ),
    good(SYNTAX, "the name in other letters", _both(b"tRANSFER-eNCODING: chunked") + NEXT, HELLO, SEEN_NEXT),
    good(
        SYNTAX,
        "chunked content of GET",
        request(b"GET / HTTP/1.1", TE, body=BODY) + NEXT,
        Seen(body=b"hello"),
        SEEN_NEXT,
    ),
    good(
        SYNTAX,
        "chunked content of HEAD",
        request(b"HEAD / HTTP/1.1", TE, body=BODY),
        Seen("HEAD", body=b"hello"),
    ),
    good(SYNTAX, "chunked in HTTP/1.2", _both(TE, line=b"POST / HTTP/1.2") + NEXT, HELLO, SEEN_NEXT),
    good(
        SYNTAX,
        "a field that is called alike",
        request(POST, b"Transfer_Encoding: chunked") + NEXT,
        Seen("POST"),
        SEEN_NEXT,
    ),
    good(SYNTAX, "another that is", request(POST, b"X-Transfer-Encoding: chunked") + NEXT, Seen("POST"), SEEN_NEXT),
    good(
        "RFC 9110, section 8.4",
        "a coding of the content is the handler's",
        request(POST, b"Content-Encoding: gzip", CL, body=b"hello") + NEXT,
        HELLO,
        SEEN_NEXT,
    ),
    bad(SYNTAX, "chunked in two lines", _both(TE, TE)),
    bad(SYNTAX, "chunked and then identity in two lines", _both(TE, b"Transfer-Encoding: identity")),
    bad(SYNTAX, "identity and then chunked in two lines", _both(b"Transfer-Encoding: identity", TE), 501),
    bad(SYNTAX, "gzip and then chunked in two lines", _both(b"Transfer-Encoding: gzip", TE), 501),
    bad(SYNTAX, "chunked and then nothing in two lines", _both(TE, b"Transfer-Encoding:")),
    bad(SYNTAX, "nothing and then chunked in two lines", _both(b"Transfer-Encoding:", TE)),
    bad(SYNTAX, "two lines, far apart", _both(TE, b"A: b", b"transfer-encoding: cow")),
    bad(SYNTAX, "a space before the colon", _both(b"Transfer-Encoding : chunked")),
    bad(SYNTAX, "a tab before the colon", _both(b"Transfer-Encoding\t: chunked")),
    bad(SYNTAX, "a VT before the colon", _both(b"Transfer-Encoding\x0b: chunked")),
    bad(SYNTAX, "a space before the name", _both(b" Transfer-Encoding: chunked")),
    bad(SYNTAX, "behind a bare CR", _both(b"A: b\rTransfer-Encoding: chunked")),
    bad(SYNTAX, "behind a bare LF", _both(b"A: b\nTransfer-Encoding: chunked")),
    bad(VERSION, "chunked in HTTP/1.0", _both(TE, line=b"POST / HTTP/1.0")),
    bad(VERSION, "gzip in HTTP/1.0", _both(b"Transfer-Encoding: gzip", line=b"POST / HTTP/1.0")),
    bad(VERSION, "identity in HTTP/1.0", _both(b"Transfer-Encoding: identity", line=b"POST / HTTP/1.0")),
    bad(VERSION, "chunked in HTTP/1.0, kept alive", _both(TE, b"Connection: keep-alive", line=b"POST / HTTP/1.0")),
    bad(FRAMING, "a length, and chunked", _both(CL, TE)),
    bad(FRAMING, "chunked, and a length", _both(TE, CL)),
    bad(FRAMING, "a length of 0, and chunked", _both(b"Content-Length: 0", TE)),
    bad(FRAMING, "chunked, and the length of all chunks", _both(TE, b"Content-Length: %d" % len(BODY))),
    bad(FRAMING, "a length, and chunked, of GET", _both(CL, TE, line=b"GET / HTTP/1.1")),
    bad(FRAMING, "a length, and chunked, in HTTP/1.0", _both(CL, TE, line=b"POST / HTTP/1.0")),
    bad(FRAMING, "a length, and identity", _both(CL, b"Transfer-Encoding: identity")),
    bad(FRAMING, "a length, and gzip", _both(CL, b"Transfer-Encoding: gzip")),
    bad(FRAMING, "a bad length, and chunked", _both(b"Content-Length: x", TE)),
    bad(FRAMING, "a length, and a bad coding", _both(CL, b"Transfer-Encoding: chunked;")),
]
