"""Field lines: names, values, white space and line ends (RFC 9112, section 5; RFC 9110, section 5)."""

from __future__ import annotations

from corpus.entry import Entry, bad, good, request

NAME = "RFC 9110, section 5.1"
VALUE = "RFC 9110, section 5.5"
COLON = "RFC 9112, section 5.1"
FOLD = "RFC 9112, section 5.2"
FIRST = "RFC 9112, section 2.2: white space before the first field"
ENDS = "RFC 9112, section 2.2: a line ends with CRLF"

HEAD = b"GET / HTTP/1.1\r\nHost: a\r\n"

_GOOD = [
    (VALUE, "an empty value", b"A:"),
    (VALUE, "a value of white space", b"A: \t "),
    (VALUE, "white space around", b"A:\t b \t"),
    (VALUE, "no white space", b"A:b"),
    (VALUE, "white space inside", b"A: b \t c"),
    (VALUE, "obs-text", b"A: \x80\xff"),
    (VALUE, "UTF-8", b"A: \xe2\x82\xac"),
    (VALUE, "colons", b"A: b:c::"),
    (VALUE, "quotes that do not close", b'A: "b'),
    (VALUE, "what looks like a field", b"A: Content-Length: 5"),
    (NAME, "every tchar", b"!#$%&'*+-.^_`|~09azAZ: b"),
    (NAME, "one octet", b"a: b"),
    (NAME, "digits", b"1: 2"),
    (NAME, "an underscore", b"X_Forwarded_For: 1.2.3.4"),
    (NAME, "a name that is also of objects", b"__proto__: x"),
    ("RFC 9110, section 5.3", "a repeated field", b"A: b\r\nA: c\r\na: b"),
    ("RFC 9110, section 5.3", "cookies in two lines", b"Cookie: a=b\r\nCookie: c=d"),
    ("RFC 9112, section 9.6", "fields about a proxy", b"Proxy-Connection: close\r\nVia: 1.0 x"),
    ("RFC 9110, section 10.1.4", "TE", b"TE: trailers, deflate;q=0.5\r\nConnection: TE"),
]
_BAD = [
    (COLON, "a space before the colon", b"A : b"),
    (COLON, "a tab before the colon", b"A\t: b"),
    (COLON, "spaces before the colon", b"A  : b"),
    (COLON, "a space before the colon of an empty value", b"A :"),
    (FOLD, "a folded line", b"A: b\r\n c"),
    (FOLD, "a line folded with a tab", b"A: b\r\n\tc"),
    (FOLD, "a folded line with a colon", b"A: b\r\n C: d"),
    (FOLD, "a folded line of white space", b"A: b\r\n "),
    (FOLD, "a folded line whose first is empty", b"A:\r\n b"),
    (FOLD, "a folded framing field", b"Content-Length:\r\n 5"),
    (NAME, "no name", b": b"),
    (NAME, "only a colon", b":"),
    (NAME, "no colon", b"A"),
    (NAME, "no colon, but words", b"hello world"),
    (NAME, "a space in the name", b"A B: c"),
    (NAME, "a parenthesis", b"A(: b"),
    (NAME, "a slash", b"A/B: c"),
    (NAME, "a quote", b'"A": b'),
    (NAME, "a comma", b"A,B: c"),
    (NAME, "a semicolon", b"A;B: c"),
    (NAME, "an equals sign", b"A=B: c"),
    (NAME, "an at sign", b"A@B: c"),
    (NAME, "brackets", b"A[]: c"),
    (NAME, "braces", b"{A}: c"),
    (NAME, "a backslash", b"A\\: c"),
    (NAME, "a question mark", b"A?: c"),
    (NAME, "angles", b"<A>: c"),
    (NAME, "NUL in the name", b"A\x00: b"),
    (NAME, "BEL in the name", b"A\x07: b"),
    (NAME, "DEL in the name", b"A\x7f: b"),
    (NAME, "CR in the name", b"A\rB: c"),
    (NAME, "above ASCII in the name", b"\xc3\x84: b"),
    (NAME, "a no-break space behind the name", b"A\xa0: b"),
    (NAME, "a vertical tab behind the name", b"A\x0b: b"),
    (NAME, "another request line", b"GET /b HTTP/1.1"),
    (VALUE, "NUL", b"A: b\x00c"),
    (VALUE, "NUL at the end", b"A: b\x00"),
    (VALUE, "SOH", b"A: b\x01c"),
    (VALUE, "BS", b"A: b\x08c"),
    (VALUE, "VT", b"A: b\x0bc"),
    (VALUE, "FF", b"A: b\x0cc"),
    (VALUE, "SO", b"A: b\x0ec"),
    (VALUE, "ESC", b"A: \x1b[31mc"),
    (VALUE, "US", b"A: b\x1fc"),
    (VALUE, "DEL", b"A: b\x7fc"),
    (VALUE, "bare CR", b"A: b\rc"),
    (VALUE, "bare CR at the start", b"A:\rb"),
    (VALUE, "bare CR and a field", b"A: b\rContent-Length: 5"),
    (VALUE, "bare LF and a field", b"A: b\nContent-Length: 5"),
    (VALUE, "CR CR LF at the end", b"A: b\r"),
    (VALUE, "LF CR LF at the end", b"A: b\n"),
]

ENTRIES: list[Entry] = [
    *(good(rule, name, HEAD + lines + b"\r\n\r\n") for rule, name, lines in _GOOD),
    *(bad(rule, name, HEAD + lines + b"\r\n\r\n") for rule, name, lines in _BAD),
    good(NAME, "names of many spellings", request(b"GET / HTTP/1.1", b"ACCEPT: a", b"accept: b", b"AcCePt: c")),
    bad(FIRST, "a space before the first field", b"GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
    bad(FIRST, "a tab before the first field", b"GET / HTTP/1.1\r\n\tHost: a\r\n\r\n"),
    bad(FIRST, "a line of white space first", b"GET / HTTP/1.1\r\n \r\nHost: a\r\n\r\n"),
    bad(FIRST, "a folded field that hides Host", b"GET / HTTP/1.1\r\nA: b\r\n Host: a\r\n\r\n"),
    bad(ENDS, "a field that ends with LF", b"GET / HTTP/1.1\r\nHost: a\nA: b\r\n\r\n"),
    bad(ENDS, "the last field ends with LF", b"GET / HTTP/1.1\r\nHost: a\n\r\n"),
    bad(ENDS, "the head ends with LF", HEAD + b"\n"),
    bad(ENDS, "the head ends with LF LF", b"GET / HTTP/1.1\r\nHost: a\n\n"),
    bad(ENDS, "the head ends with CR", HEAD + b"\r"),
    bad(ENDS, "the head ends with CR CR LF", HEAD + b"\r\r\n"),
    bad(ENDS, "the head ends with CR and a letter", HEAD + b"\rA: b\r\n\r\n"),
    bad(ENDS, "a line of white space at the end", HEAD + b" \r\n\r\n"),
    bad(ENDS, "NUL at the end", HEAD + b"\x00\r\n\r\n"),
]
