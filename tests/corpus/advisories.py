"""What published vulnerabilities of Python's servers, and of the parsers below them, were about; here it is refused."""

from __future__ import annotations

from corpus.entry import SMUGGLED, Entry, Seen, bad, chunked_request, good, request

POST = b"POST / HTTP/1.1"
CL, TE = b"Content-Length: 5", b"Transfer-Encoding: chunked"
BODY = b"5\r\nhello\r\n0\r\n\r\n"
LAST = b"0\r\n\r\n"
HELLO = Seen("POST", body=b"hello")
NEXT = request(b"GET /next HTTP/1.1")
SEEN_NEXT = Seen(target=b"/next")


def _te(value: bytes) -> bytes:
    return request(POST, b"Transfer-Encoding:" + value, body=BODY)


def _cl(value: bytes) -> bytes:
    return request(POST, b"Content-Length:" + value, body=b"hello")


H11 = "CVE-2025-43859 (h11: what follows a chunk's data was not looked at)"
AIOHTTP_CR = "CVE-2023-37276 (aiohttp with llhttp: a bare CR ended a field)"
AIOHTTP_INT = "CVE-2023-47627 (aiohttp, pure parser: int() took lengths)"
AIOHTTP_BOTH = "CVE-2023-47641 (aiohttp: a length and a coding)"
AIOHTTP_LENIENT = "CVE-2024-23829 (aiohttp, pure parser: lenient separators and field names)"
AIOHTTP_EXTENSION = "CVE-2024-52304 (aiohttp, pure parser: LF in chunk extensions)"
AIOHTTP_TRAILERS = "CVE-2025-53643 (aiohttp, pure parser: trailers were not parsed)"
GUNICORN = "CVE-2024-1135 (gunicorn: codings were not validated)"
GUNICORN_TE = "CVE-2024-6827 (gunicorn: bad codings fell back to the length)"
WAITRESS_LF = "CVE-2019-16785 (waitress: a bare LF ended a line)"
WAITRESS_TE = "CVE-2019-16786 (waitress: only the whole value chunked was seen)"
WAITRESS_SPACE = "CVE-2019-16789 (waitress: odd white space in codings)"
WAITRESS_TWICE = "CVE-2019-16792 (waitress: two lengths were none)"
WAITRESS_REGEX = "CVE-2020-5236 (waitress: a field's pattern took exponential time)"
WAITRESS_INT = "CVE-2022-24761 (waitress: int() took lengths and chunk sizes)"
WAITRESS_AHEAD = "CVE-2024-49768 (waitress: a request behind a refused one was served)"
TWISTED_TWICE = "CVE-2020-10108 (twisted: two lengths, and a length with a coding)"
TWISTED_BOTH = "CVE-2020-10109 (twisted: a length before a coding)"
TWISTED_LENIENT = "CVE-2022-24801 (twisted: signs, 0x, odd white space and line ends)"
TWISTED_ORDER = "CVE-2024-41671 (twisted: pipelined requests were answered out of order)"
TORNADO_INT = "GHSA-qppv-j76h-2rpx (tornado: int() took lengths)"
TORNADO_TE = "GHSA-753j-mpmx-qq6g (tornado: a repeated coding was ignored)"
WERKZEUG = "CVE-2022-29361 (werkzeug's development server: content that nobody read was the next request)"
UVICORN = "CVE-2020-7695 (uvicorn: CRLF in the value of a field of an answer)"
UVICORN_LOG = "CVE-2020-7694 (uvicorn: escape sequences in the access log)"
LLHTTP_COLON = "CVE-2021-22959 (llhttp: white space before the colon)"
LLHTTP_CHUNK = "CVE-2021-22960 (llhttp: chunk extensions were not looked at)"
LLHTTP_TE = "CVE-2022-32213 (llhttp: chunked was found anywhere in the value)"
LLHTTP_END = "CVE-2022-32214 (llhttp: fields that do not end with CRLF)"
LLHTTP_FOLD = "CVE-2022-32215 (llhttp: a coding in two lines)"
LLHTTP_CR = "CVE-2023-30589 (llhttp: a bare CR ended a field)"
LLHTTP_SPACE = "CVE-2024-27982 (llhttp: white space before Content-Length)"
LLHTTP_LAST = "CVE-2025-23167 (llhttp: a head that ends with CR LF CR and any octet)"
EVENTLET = "CVE-2025-58068 (eventlet: trailers were left for the next request)"
HYPERCORN = "RFC 9112, section 6.1 (hypercorn, issue 279: a length and a coding on a connection that stays open)"
HTTPTOOLS = "RFC 9110, section 7.8 (httptools, issue 124: the content of a request to upgrade was lost)"

ENTRIES: list[Entry] = [
    bad(H11, "two letters for CRLF", chunked_request(b"5\r\nhelloXX0\r\n\r\n")),
    bad(H11, "a size for CRLF", chunked_request(b"3\r\nabc50\r\n\r\n" + LAST)),
    bad(H11, "a size line for CRLF", chunked_request(b"5\r\nAAAAAXX2\r\n45\r\n" + LAST)),
    bad(AIOHTTP_CR, "a coding behind a CR", request(POST, b"XX: A\rTransfer-Encoding: chunked", CL, body=b"hello")),
    bad(AIOHTTP_CR, "a length behind a CR", request(POST, b"Abc: \rxContent-Length: 23")),
    bad(AIOHTTP_INT, "a plus sign", _cl(b" +5")),
    bad(AIOHTTP_INT, "an underscore", _cl(b" 0_5")),
    bad(AIOHTTP_INT, "minus zero", request(POST, b"Content-Length: -0")),
    bad(AIOHTTP_INT, "a chunk size with an underscore", chunked_request(b"0_5\r\nhello\r\n" + LAST)),
    bad(AIOHTTP_INT, "a chunk size with a plus sign", chunked_request(b"+5\r\nhello\r\n" + LAST)),
    bad(AIOHTTP_BOTH, "a length and chunked", request(POST, CL, TE, body=BODY)),
    bad(AIOHTTP_BOTH, "a length of 0 and chunked", request(POST, b"Content-Length: 0", TE, body=BODY)),
    bad(AIOHTTP_LENIENT, "a space behind a name", request(POST, b"Content-Length : 5", body=b"hello")),
    bad(AIOHTTP_LENIENT, "an FF in the request line", request(b"GET\x0c/\x0cHTTP/1.1")),
    bad(AIOHTTP_LENIENT, "a no-break space in the request line", request(b"GET\xc2\xa0/ HTTP/1.1")),
    bad(AIOHTTP_LENIENT, "a version of other digits", request(b"GET / HTTP/\xdb\xb1.\xdb\xb1")),
    bad(AIOHTTP_LENIENT, "a name that is no token", request(POST, b"Content\xc2\xadLength: 5")),
    bad(AIOHTTP_LENIENT, "a name with a parenthesis", request(POST, b"(Content-Length: 5")),
    bad(AIOHTTP_LENIENT, "an empty name", request(POST, b": 5")),
    bad(AIOHTTP_EXTENSION, "a chunk behind the LF", chunked_request(b"2;\nxx\r\n4c\r\n" + LAST + SMUGGLED + LAST)),
    bad(AIOHTTP_EXTENSION, "an LF in a value", chunked_request(b"5;a=b\nc\r\nhello\r\n" + LAST)),
    good(
        AIOHTTP_TRAILERS,
        "a trailer that frames",
        chunked_request(b"0\r\nContent-Length: 99\r\n\r\n") + NEXT,
        Seen("POST"),
        SEEN_NEXT,
    ),
    bad(AIOHTTP_TRAILERS, "a request in the trailers", chunked_request(b"0\r\n" + SMUGGLED)),
    bad(AIOHTTP_TRAILERS, "a bare CR in a trailer", chunked_request(b"0\r\nA: b\r\rGET /smuggled HTTP/1.1\r\n\r\n")),
    bad(GUNICORN, "an unknown coding", _te(b" xchunked"), 501),
    bad(GUNICORN, "chunked twice", _te(b" chunked, chunked")),
    bad(GUNICORN, "chunked before identity", _te(b" chunked, identity")),
    bad(GUNICORN, "chunked behind gzip", _te(b" gzip, chunked"), 501),
    bad(GUNICORN, "chunked twice, in two lines", request(POST, TE, TE, body=BODY)),
    bad(
        GUNICORN_TE, "TE.CL", request(POST, b"Transfer-Encoding: chunked,gzip", b"Content-Length: 6", body=LAST + b"G")
    ),
    bad(
        GUNICORN_TE, "a bad coding and a length", request(POST, b"Transfer-Encoding: tchunked", CL, body=b"hello"), 400
    ),
    bad(WAITRESS_LF, "LF at every line", b"POST / HTTP/1.1\nHost: a\nContent-Length: 5\n\nhello"),
    bad(WAITRESS_LF, "a field behind an LF", request(POST, b"A: b\nTransfer-Encoding: chunked", body=BODY)),
    bad(
        WAITRESS_TE, "gzip, chunked and a length", request(POST, b"Transfer-Encoding: gzip, chunked", CL, body=b"hello")
    ),
    bad(WAITRESS_TE, "chunked at the end of a list", _te(b" cow, chunked"), 501),
    bad(WAITRESS_SPACE, "VT before chunked", request(POST, CL, b"Transfer-Encoding:\x0bchunked", body=BODY)),
    bad(WAITRESS_SPACE, "VT before chunked, no length", _te(b" \x0bchunked ")),
    bad(WAITRESS_SPACE, "FF behind chunked", _te(b" chunked\x0c ")),
    bad(WAITRESS_SPACE, "a no-break space", _te(b"\xa0chunked")),
    bad(WAITRESS_TWICE, "two lengths in two lines", request(POST, b"Content-Length: 7", CL, body=b"hello!!")),
    bad(WAITRESS_TWICE, "two lengths in one line", _cl(b" 5, 5")),
    bad(
        WAITRESS_REGEX, "much white space and a control", request(b"GET / HTTP/1.1", b"Bad-header: a" + b" \x0b" * 100)
    ),
    bad(WAITRESS_REGEX, "a long name and a control", request(b"GET / HTTP/1.1", b"x" * 200 + b"\x00: y")),
    bad(WAITRESS_INT, "a length with 0x", _cl(b" 0x5")),
    bad(WAITRESS_INT, "a length with a sign", _cl(b"\t+05")),
    bad(WAITRESS_INT, "a chunk size with 0x", chunked_request(b"0x5\r\nhello\r\n" + LAST)),
    bad(WAITRESS_INT, "a chunk size with a sign", chunked_request(b"+05\r\nhello\r\n" + LAST)),
    bad(WAITRESS_INT, "a chunk extension that is none", chunked_request(b"5;\x00\r\nhello\r\n" + LAST)),
    bad(
        WAITRESS_AHEAD, "behind a field too large", request(b"GET / HTTP/1.1", b"A: " + b"b" * 400) + SMUGGLED * 3, 431
    ),
    bad(WAITRESS_AHEAD, "behind a refused line", b"GET / HTTP/1.1 x\r\n\r\n" + SMUGGLED * 20, 400),
    bad(WAITRESS_AHEAD, "behind a good and a refused one", NEXT + request(host=None) + SMUGGLED * 3, 400, SEEN_NEXT),
    bad(TWISTED_TWICE, "two lengths", request(POST, b"Content-Length: 0", b"Content-Length: 5", body=b"hello")),
    bad(TWISTED_TWICE, "chunked, then a length", request(POST, TE, CL, body=BODY)),
    bad(TWISTED_BOTH, "a length, then chunked", request(POST, b"Content-Length: 30", TE, body=BODY)),
    bad(
        TWISTED_BOTH,
        "a length, then identity and chunked",
        request(POST, CL, b"Transfer-Encoding: identity", TE, body=BODY),
    ),
    bad(TWISTED_LENIENT, "a length with a minus sign", _cl(b" -5")),
    bad(TWISTED_LENIENT, "a length with a plus sign", _cl(b" +00005")),
    bad(TWISTED_LENIENT, "a chunk size with a minus sign", chunked_request(b"-5\r\nhello\r\n" + LAST)),
    bad(TWISTED_LENIENT, "a chunk size with 0X", chunked_request(b"0X05\r\nhello\r\n" + LAST)),
    bad(TWISTED_LENIENT, "a space around a chunk size", chunked_request(b" 5 \r\nhello\r\n" + LAST)),
    bad(TWISTED_LENIENT, "NUL in a chunk extension", chunked_request(b"5;a\x00b\r\nhello\r\n" + LAST)),
    bad(TWISTED_LENIENT, "an LF in a chunk extension", chunked_request(b"5;a\nb\r\nhello\r\n" + LAST)),
    bad(TWISTED_LENIENT, "VT around a coding", _te(b" \x0bchunked\x0b")),
    bad(TWISTED_LENIENT, "NUL behind a coding", _te(b" chunked\x00 ")),
    bad(TWISTED_LENIENT, "a last chunk without an end", chunked_request(b"5\r\nhello\r\n0\r\nxx")),
    good(
        TWISTED_ORDER,
        "content, then two without",
        chunked_request(BODY) + NEXT + request(),
        HELLO,
        SEEN_NEXT,
        Seen(),
    ),
    good(
        TWISTED_ORDER,
        "a chunked one, then one with a length",
        chunked_request(BODY) + request(b"POST /b HTTP/1.1", CL, body=b"world") + NEXT,
        HELLO,
        Seen("POST", b"/b", b"world"),
        SEEN_NEXT,
    ),
    bad(TORNADO_INT, "an underscore", _cl(b" 5_0")),
    bad(TORNADO_INT, "digits of another script", _cl(b" \xd9\xa5")),
    bad(TORNADO_INT, "a plus sign", _cl(b"+5")),
    bad(TORNADO_INT, "a length with white space inside", _cl(b" 5 0")),
    bad(TORNADO_TE, "chunked twice", request(POST, TE, b"transfer-encoding: chunked", body=BODY)),
    bad(TORNADO_TE, "chunked twice and a length", request(POST, CL, TE, TE, body=BODY)),
    good(
        WERKZEUG,
        "a request as content",
        request(POST, b"Content-Length: %d" % len(NEXT), body=NEXT) + request(),
        Seen("POST", body=NEXT),
        Seen(),
    ),
    good(
        WERKZEUG,
        "requests as content of GET",
        request(b"GET / HTTP/1.1", b"Content-Length: %d" % len(NEXT * 3), body=NEXT * 3) + request(),
        Seen(body=NEXT * 3),
        Seen(),
    ),
    good(
        UVICORN,
        "CRLF in what is reflected",
        request(b"GET /reflect?to=a%0d%0aevil:b HTTP/1.1"),
        Seen(target=b"/reflect?to=a%0d%0aevil:b"),
        statuses=(500,),
    ),
    good(
        UVICORN,
        "LF in what is reflected",
        request(b"GET /reflect?to=a%0aevil:b HTTP/1.1"),
        Seen(target=b"/reflect?to=a%0aevil:b"),
        statuses=(500,),
    ),
    good(
        UVICORN,
        "a whole answer in what is reflected",
        request(b"GET /reflect?to=a%0d%0a%0d%0aHTTP/1.1%20200%20OK HTTP/1.1"),
        Seen(target=b"/reflect?to=a%0d%0a%0d%0aHTTP/1.1%20200%20OK"),
        statuses=(500,),
    ),
    good(
        UVICORN,
        "letters whose low byte is CR or LF",
        request(b"GET /reflect?to=%E5%98%8D%E5%98%8Aevil:b HTTP/1.1"),
        Seen(target=b"/reflect?to=%E5%98%8D%E5%98%8Aevil:b"),
        statuses=(500,),
    ),
    bad(UVICORN_LOG, "ESC in the target", request(b"GET /\x1b[31m HTTP/1.1")),
    bad(LLHTTP_COLON, "a space before the colon of a length", request(POST, b"Content-Length : 5", body=b"hello!")),
    bad(LLHTTP_COLON, "a space before the colon of a coding", request(POST, b"Transfer-Encoding : chunked", body=BODY)),
    bad(LLHTTP_CHUNK, "a CR in an extension", chunked_request(b"2 \r  \r\n  \r\n" + LAST)),
    bad(LLHTTP_CHUNK, "an extension that is none", chunked_request(b"2    erfrferferf\r\naa\r\n0  rrrr\r\n\r\n")),
    bad(LLHTTP_TE, "chunkedchunked", _te(b" chunkedchunked"), 501),
    bad(LLHTTP_TE, "an unknown coding behind chunked", _te(b" chunked, deflated")),
    bad(LLHTTP_END, "LF", b"GET / HTTP/1.1\r\nHost: a\r\nDummy: x\nContent-Length: 23\r\n\r\n"),
    bad(
        LLHTTP_FOLD, "identity on the next line", request(POST, b"Transfer-Encoding: chunked\r\n , identity", body=BODY)
    ),
    bad(LLHTTP_FOLD, "chunked on the next line", request(POST, b"Transfer-Encoding:\r\n chunked", body=BODY)),
    bad(LLHTTP_CR, "CR for CRLF before a length", request(POST, b"X-Abc:\rxTransfer-Encoding: chunked", body=BODY)),
    bad(LLHTTP_SPACE, "a space before a length", request(POST, b" Content-Length: 5", body=b"hello")),
    bad(
        LLHTTP_SPACE,
        "a space before a length that is first",
        b"POST / HTTP/1.1\r\n Content-Length: 5\r\nHost: a\r\n\r\nhello",
    ),
    bad(LLHTTP_LAST, "an X", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\rXhello"),
    bad(LLHTTP_LAST, "a CR", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\rhello"),
    good(
        EVENTLET,
        "a trailer",
        chunked_request(b"2\r\nhi\r\n0\r\nA: b\r\n\r\n") + NEXT,
        Seen("POST", body=b"hi", trailers=(("A", "b"),)),
        SEEN_NEXT,
    ),
    bad(
        EVENTLET,
        "a request for a trailer",
        chunked_request(b"2\r\nhi\r\n0\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
    ),
    bad(HYPERCORN, "a length and a coding", request(b"GET / HTTP/1.1", CL, TE, body=BODY)),
    good(
        HTTPTOOLS,
        "an upgrade with content",
        request(
            POST, b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAA", CL, body=b"hello"
        )
        + NEXT,
        HELLO,
        SEEN_NEXT,
    ),
]
