"""curl, which shows interim answers and trailers, sends chunked uploads, and waits for 100 Continue."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from clients.application import ANSWERS, LARGE, plain

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")


def curl(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Runs curl; an error of its own fails the test."""
    command = ["curl", "--silent", "--show-error", "--max-time", "20", "--noproxy", "*", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, timeout=30, check=True)


def test_every_answer(base, log):
    """All in one run of curl, on one connection."""
    arguments: list[str] = []
    for path in ANSWERS:
        arguments += [f"{base}{path}", "--output", "-", "--write-out", "|%{http_code} %{content_type} %{num_connects}|"]
        arguments.append("--next")
    found = curl(*arguments[:-1]).stdout
    expected = b""
    for number, answer in enumerate(ANSWERS.values()):
        expected += answer.body
        expected += f"|{answer.status} {answer.mime_type or ''} {int(number == 0)}|".encode()
    assert found == expected
    log.expect("ZeroDivisionError")


def test_verbose_shows_hints(base):
    found = curl("--verbose", f"{base}/hints")
    assert found.stdout == b"after hints"
    assert b"< HTTP/1.1 103 Early Hints\r\n< link: </style.css>; rel=preload\r\n" in found.stderr
    assert b"< HTTP/1.1 200 OK\r\n" in found.stderr


def test_verbose_shows_processing(base):
    found = curl("--verbose", f"{base}/processing")
    assert found.stdout == b"after work"
    assert found.stderr.count(b"< HTTP/1.1 102 Processing\r\n") == 3


def test_trailers(base, tmp_path):
    """curl writes trailers where it writes the header fields."""
    headers = tmp_path / "headers"
    found = curl("--dump-header", str(headers), f"{base}/chunks")
    assert found.stdout == ANSWERS["/chunks"].body
    lines = headers.read_bytes().split(b"\r\n")
    assert b"trailer: X-Sum, X-Count" in lines
    blank = lines.index(b"")
    assert lines[blank + 1 : blank + 3] == [b"X-Sum: abc", b"X-Count: 3"]


def test_raw_chunks(base):
    found = curl("--raw", f"{base}/chunks")
    assert found.stdout == (
        b"8\r\nchunk 0;\r\n8\r\nchunk 1;\r\n8\r\nchunk 2;\r\n3\r\nend\r\n0\r\nX-Sum: abc\r\nX-Count: 3\r\n\r\n"
    )


@pytest.mark.parametrize("path", ["/bytes", "/large", "/chunks", "/device", "/none"])
def test_http_1_0(base, path):
    found = curl("--http1.0", "--include", f"{base}{path}")
    head, _, body = found.stdout.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % ANSWERS[path].status)
    assert b"\r\nconnection: close" in head
    assert b"transfer-encoding" not in head
    assert body == ANSWERS[path].body


@pytest.mark.parametrize("path", ["/bytes", "/large", "/chunks", "/memory"])
def test_head(base, path):
    found = curl("--head", f"{base}{path}")
    assert found.stdout.startswith(b"HTTP/1.1 200 OK\r\n")
    assert found.stdout.endswith(b"\r\n\r\n")
    if ANSWERS[path].sized:
        assert re.search(rb"\r\ncontent-length: (\d+)\r\n", found.stdout)[1] == b"%d" % len(ANSWERS[path].body)


class TestUploads:
    def test_file(self, base, tmp_path):
        path = tmp_path / "upload"
        path.write_bytes(LARGE)
        found = curl("--verbose", "--upload-file", str(path), f"{base}/echo")
        assert found.stdout == LARGE

    def test_chunked_from_a_pipe(self, base):
        found = curl("--verbose", "--upload-file", "-", f"{base}/echo", stdin=LARGE)
        assert found.stdout == LARGE
        assert b"> Transfer-Encoding: chunked\r\n" in found.stderr

    def test_form(self, base):
        found = curl("--verbose", "--data", "a=1&b=2", f"{base}/echo")
        assert found.stdout == b"a=1&b=2"
        assert b"< content-type: application/x-www-form-urlencoded\r\n" in found.stderr

    def test_expect(self, base):
        found = curl(
            "--verbose",
            "--header",
            "Expect: 100-continue",
            "--expect100-timeout",
            "15",
            "--data",
            "body",
            f"{base}/echo",
        )
        assert found.stdout == b"body"
        assert found.stderr.count(b"< HTTP/1.1 100 Continue\r\n") == 1

    def test_several_on_one_connection(self, base):
        again = ["--next", "--write-out", "%{num_connects}", "--data", "two", f"{base}/echo"]
        found = curl("--data", "one", f"{base}/echo", *again, *again)
        assert found.stdout == b"onetwo0two0"


def test_too_large(serve, tmp_path):
    """curl reads while it sends: it gets the refusal."""
    path = tmp_path / "upload"
    path.write_bytes(LARGE)
    server = serve(plain, max_body_size=1000)
    found = curl(
        "--write-out", "%{http_code}", "--upload-file", str(path), f"http://127.0.0.1:{server.port}/echo"
    )  # fmt: skip
    assert found.stdout.endswith(b"\n413")
