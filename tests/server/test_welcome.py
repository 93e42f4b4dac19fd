"""The welcome page, over the wire: each of its answers is another call of the responder."""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import json
import socket
from html.parser import HTMLParser
from pathlib import Path

import pytest
from client import needs_unix

from fastresp import welcome as welcome_module
from fastresp import wire
from fastresp.welcome import welcome


@pytest.fixture
def port(server_class, loop_factory):
    with server_class(welcome).background(port=0, loop_factory=loop_factory) as server:
        yield server.port


def fetch(port: int, path: str, method: str = "GET", headers: dict[str, str] | None = None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


class Page(HTMLParser):
    """Collects a page's tags, links and text, and fails where tags do not nest."""

    VOID = frozenset({"meta", "br", "link"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.rows: list[list[str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "a":
            self.links.append(dict(attrs)["href"])
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("th", "td"):
            self.rows[-1][-1] += data


def test_the_page(port):
    status, headers, body = fetch(port, "/?a=1", headers={"x-note": "<b>&amp;"})
    assert status == 200
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["cache-control"] == "no-store"
    assert headers["content-length"] == str(len(body))
    page = Page(body.decode())
    facts = {name.lower(): value for name, value in page.rows}
    assert facts["method"] == "GET"
    assert facts["target"] == "/?a=1"
    assert facts["scheme"] == "http"
    assert facts["to"] == f"127.0.0.1:{port}"
    assert facts["from"].startswith("127.0.0.1:")
    assert facts["compiled twins"] == ("yes" if wire.compiled else "no")
    assert facts["host"] == f"127.0.0.1:{port}"
    assert facts["x-note"] == "<b>&amp;"
    assert "b" not in page.tags
    assert "script" not in page.tags
    assert {"/json", "/chunked", "/file"} <= set(page.links)


def test_every_link_answers(port):
    for link in Page(fetch(port, "/")[2].decode()).links:
        assert fetch(port, link)[0] == 200


def test_json(port):
    status, headers, body = fetch(port, "/json?x=%20", headers={"x-note": "é"})
    assert status == 200
    assert headers["content-type"] == "application/json"
    facts = json.loads(body)
    fields = [[name.lower(), value] for name, value in facts.pop("headers")]
    assert ["x-note", "é"] in fields
    assert ["host", f"127.0.0.1:{port}"] in fields
    assert facts.pop("from").startswith("127.0.0.1:")
    assert facts.pop("version").endswith("1.1")
    assert facts == {
        "method": "GET",
        "target": "/json?x=%20",
        "scheme": "http",
        "to": f"127.0.0.1:{port}",
        "compiled": wire.compiled,
    }


def test_chunked(port):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(b"GET /chunked HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        with client.makefile("rb") as answer:
            head, _, rest = answer.read().partition(b"\r\n\r\n")
    fields = head.lower().split(b"\r\n")[1:]
    assert b"transfer-encoding: chunked" in fields
    assert b"trailer: x-sha256" in fields
    body, sizes = b"", []
    while size := int(rest[: rest.index(b"\r\n")], 16):
        rest = rest[rest.index(b"\r\n") + 2 :]
        body += rest[:size]
        sizes.append(size)
        assert rest[size : size + 2] == b"\r\n"
        rest = rest[size + 2 :]
    assert len(sizes) == 5
    assert rest == b"0\r\nx-sha256: " + hashlib.sha256(body).hexdigest().encode() + b"\r\n\r\n"


def test_file(port):
    status, headers, body = fetch(port, "/file")
    assert status == 200
    assert headers["content-type"] == "text/x-python; charset=utf-8"
    assert body == Path(welcome_module.__file__).read_bytes()


@pytest.mark.parametrize("path", ["/", "/json", "/chunked", "/file"])
def test_head(port, path):
    status, _, body = fetch(port, path, "HEAD")
    assert (status, body) == (200, b"")


def test_another_path(port):
    status, headers, body = fetch(port, "/nothing")
    assert (status, body) == (404, b"Nothing is here. Start at /\n")
    assert headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("method", ["POST", "DELETE", "OPTIONS"])
def test_another_method(port, method):
    status, headers, body = fetch(port, "/json", method)
    assert (status, headers["allow"]) == (405, "GET, HEAD")
    assert headers["content-type"] == "text/plain; charset=utf-8"
    assert body == b"This page can be read only: GET or HEAD.\n"


@needs_unix
def test_over_a_unix_socket(server_class, drive, tmp_path):
    async def main():
        server = server_class(welcome)
        await server.start(uds=tmp_path / "s")
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            client.connect(str(tmp_path / "s"))
            client.sendall(b"GET /json HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            with client.makefile("rb") as answer:
                body = (await asyncio.to_thread(answer.read)).partition(b"\r\n\r\n")[2]
        facts = json.loads(body)
        assert facts["from"] is None
        assert facts["to"] == str(tmp_path / "s")
        await server.close()

    drive(main())
