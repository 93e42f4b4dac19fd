"""Request targets in their four forms, and the methods that each is for (RFC 9112, section 3.2)."""

from __future__ import annotations

from corpus.entry import Entry, Seen, bad, good, request

ORIGIN = "RFC 9112, section 3.2.1"
ABSOLUTE = "RFC 9112, section 3.2.2"
AUTHORITY = "RFC 9112, section 3.2.3"
ASTERISK = "RFC 9112, section 3.2.4"
CHARACTERS = "RFC 9112, section 3.2; RFC 3986, section 2"
USERINFO = "RFC 9110, section 4.2.4"

_GOOD = [
    (ORIGIN, b"GET", b"/a/b?c=d&e=f"),
    (ORIGIN, b"GET", b"/?"),
    (ORIGIN, b"GET", b"/??"),
    (ORIGIN, b"GET", b"//a"),
    (ORIGIN, b"GET", b"//evil.example/%2e%2e"),
    (ORIGIN, b"GET", b"/../../etc/passwd"),
    (ORIGIN, b"GET", b"/a;b=c,d:e@f!$&'()*+"),
    (ORIGIN, b"GET", b"/%00%0d%0a"),
    (ORIGIN, b"GET", b"/%zz"),
    (ORIGIN, b"GET", b"/http://a/"),
    (ORIGIN, b"OPTIONS", b"/"),
    (ABSOLUTE, b"GET", b"http://example.org/a?b"),
    (ABSOLUTE, b"GET", b"http://example.org"),
    (ABSOLUTE, b"GET", b"http://example.org?q"),
    (ABSOLUTE, b"GET", b"http://other.example/"),
    (ABSOLUTE, b"GET", b"HTTP://EXAMPLE.ORG:80/"),
    (ABSOLUTE, b"GET", b"https://[::1]:8443/"),
    (ABSOLUTE, b"GET", b"http://example.org:/"),
    (ABSOLUTE, b"GET", b"urn+x-1.0://a/b"),
    (ABSOLUTE, b"OPTIONS", b"http://example.org"),
    (ASTERISK, b"OPTIONS", b"*"),
]

_BAD = [
    (CHARACTERS, b"GET", b"/a#b"),
    (CHARACTERS, b"GET", b"#"),
    (CHARACTERS, b"GET", b"http://a/#b"),
    (CHARACTERS, b"GET", b"/a\tb"),
    (CHARACTERS, b"GET", b"/a\x00b"),
    (CHARACTERS, b"GET", b"/a\x01b"),
    (CHARACTERS, b"GET", b"/a\x0bb"),
    (CHARACTERS, b"GET", b"/a\x1bb"),
    (CHARACTERS, b"GET", b"/a\x7fb"),
    (CHARACTERS, b"GET", b"/a\x80b"),
    (CHARACTERS, b"GET", b"/\xc3\xa9"),
    (CHARACTERS, b"GET", b"/\xff"),
    (CHARACTERS, b"GET", b"/a\rb"),
    (CHARACTERS, b"GET", b"/a\nb"),
    (CHARACTERS, b"GET", b""),
    (ORIGIN, b"GET", b"a/b"),
    (ORIGIN, b"GET", b"?a"),
    (ORIGIN, b"GET", b"index.html"),
    (ORIGIN, b"GET", b"\\a"),
    (ORIGIN, b"GET", b"%2f"),
    (ORIGIN, b"GET", b"."),
    (ASTERISK, b"GET", b"*"),
    (ASTERISK, b"HEAD", b"*"),
    (ASTERISK, b"options", b"*"),
    (ASTERISK, b"OPTIONS", b"*/"),
    (ASTERISK, b"OPTIONS", b"**"),
    (ABSOLUTE, b"GET", b"http:///a"),
    (ABSOLUTE, b"GET", b"http://"),
    (ABSOLUTE, b"GET", b"http:/a"),
    (ABSOLUTE, b"GET", b"http:a"),
    (ABSOLUTE, b"GET", b"http:"),
    (ABSOLUTE, b"GET", b"://a/"),
    (ABSOLUTE, b"GET", b"1http://a/"),
    (ABSOLUTE, b"GET", b"ht_tp://a/"),
    (ABSOLUTE, b"GET", b"http://:80/"),
    (ABSOLUTE, b"GET", b"http://?a"),
    (ABSOLUTE, b"GET", b"http://a:65536/"),
    (ABSOLUTE, b"GET", b"http://a:8x/"),
    (ABSOLUTE, b"GET", b"http://a:-1/"),
    (ABSOLUTE, b"GET", b"http://[::1/"),
    (ABSOLUTE, b"GET", b"http://[g::1]/"),
    (ABSOLUTE, b"GET", b"http://[]/"),
    (ABSOLUTE, b"GET", b"http://::1/"),
    (ABSOLUTE, b"GET", b"http://a%zz/"),
    (ABSOLUTE, b"GET", b"http://a\\b/"),
    (ABSOLUTE, b"GET", b"mailto:a@b"),
    (ABSOLUTE, b"GET", b"javascript:alert(1)"),
    (USERINFO, b"GET", b"http://u@a/"),
    (USERINFO, b"GET", b"http://u:p@a/"),
    (USERINFO, b"GET", b"http://@a/"),
    (AUTHORITY, b"GET", b"a:443"),
    (AUTHORITY, b"CONNECT", b"/"),
    (AUTHORITY, b"CONNECT", b"*"),
    (AUTHORITY, b"CONNECT", b"a"),
    (AUTHORITY, b"CONNECT", b"a:"),
    (AUTHORITY, b"CONNECT", b":443"),
    (AUTHORITY, b"CONNECT", b"a:443/"),
    (AUTHORITY, b"CONNECT", b"a:443?b"),
    (AUTHORITY, b"CONNECT", b"a:65536"),
    (AUTHORITY, b"CONNECT", b"a:x"),
    (AUTHORITY, b"CONNECT", b"a:1:2"),
    (AUTHORITY, b"CONNECT", b"u@a:443"),
    (AUTHORITY, b"CONNECT", b"http://a:443"),
    (AUTHORITY, b"CONNECT", b"[::1:443"),
]


def _show(method: bytes, target: bytes) -> str:
    return f"{method.decode()} {ascii(target)[2:-1]}"


ENTRIES: list[Entry] = [
    *(
        good(rule, _show(method, target), request(method + b" " + target + b" HTTP/1.1"), Seen(method.decode(), target))
        for rule, method, target in _GOOD
    ),
    *(
        bad(rule, _show(method, target), request(method + b" " + target + b" HTTP/1.1"))
        for rule, method, target in _BAD
    ),
    good(AUTHORITY, "CONNECT a:443", request(b"CONNECT a:443 HTTP/1.1"), Seen("CONNECT", b"a:443"), closes=True),
    good(
        AUTHORITY,
        "CONNECT [::1]:443",
        request(b"CONNECT [::1]:443 HTTP/1.1"),
        Seen("CONNECT", b"[::1]:443"),
        closes=True,
    ),
    good(
        "RFC 9110, section 9.3.6",
        "what follows an accepted CONNECT is no HTTP",
        request(b"CONNECT a:443 HTTP/1.1") + request(b"GET /smuggled HTTP/1.1"),
        Seen("CONNECT", b"a:443"),
        closes=True,
    ),
]
