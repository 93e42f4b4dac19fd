"""What is not made for Python's hands, in Python's hands: exceptions, never the end of the interpreter."""

from __future__ import annotations

import copy
import os
import pickle
import pkgutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import fastresp.core
import fastresp.http1
import fastresp.net
import fastresp.wire
from fastresp import Config, Server

COMPILED = sorted(
    module.name
    for package in (fastresp.core, fastresp.http1, fastresp.net, fastresp.wire)
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
    if module.name.endswith("_c")
)
COPIES = [copy.copy, copy.deepcopy, pickle.dumps]


@pytest.mark.skipif(
    os.environ.get("FASTRESP_NO_EXTENSIONS", "") not in ("", "0"), reason="the pure twins alone are under test"
)
@pytest.mark.parametrize("module", COMPILED)
def test_no_argument_ends_the_interpreter(module, tmp_path):
    trace = tmp_path / "trace"
    ended = subprocess.run(
        [sys.executable, Path(__file__).with_name("misuse.py"), module],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, "MISUSE_TRACE": str(trace)},
    )
    assert ended.returncode == 0, f"{trace.read_text()}{ended.stderr[-3000:]}"


@pytest.mark.parametrize("by", COPIES, ids=lambda by: by.__qualname__)
def test_what_belongs_to_one_request_is_not_copied(serve, connect, by):
    refused = []

    def handler(request, responder):
        for thing in (request, responder):
            try:
                by(thing)
            except TypeError as error:
                refused.append(str(error))
        responder.write(b"once")

    server: Server = serve(handler)
    client = connect(server)
    client.get()
    assert client.answer().body == b"once"
    assert [text.split()[1] for text in refused] == ["Request", "Responder"]
    assert all("copied or pickled" in text for text in refused)


@pytest.mark.parametrize("by", COPIES, ids=lambda by: by.__qualname__)
def test_what_belongs_to_one_connection_is_not_copied(twin, by):
    things = [
        twin("http1.parser").new_parser(Config()),
        twin("core.request").new_peer(None, False),
        twin("wire.buffer").new_buffer(10),
    ]
    for thing in things:
        with pytest.raises(TypeError):
            by(thing)


def test_what_the_server_makes_is_not_made_by_hand(twin):
    request, responder = twin("core.request").Request, twin("core.responder").Responder
    for kind in (request, responder):
        with pytest.raises(TypeError, match="made by the server"):
            kind()
    empty = request.__new__(request)
    for name in ("method", "target", "path", "query", "headers", "host", "remote_address", "scheme"):
        with pytest.raises((TypeError, AttributeError)):
            getattr(empty, name)


def test_an_empty_request_has_nothing(twin):
    parser = twin("http1.parser").new_parser(Config())
    parser.feed(b"GET http://a/b?c HTTP/1.1\r\nhost: a\r\n\r\n")
    parser.next()
    request = twin("http1.requests").new_request(parser, twin("core.request").new_peer(None, False), None)
    twin("core.request").empty(request)
    assert (request.target, request.raw_headers, len(request.headers), len(request.query)) == (b"", [], 0, 0)
    assert request.path == "/"


def test_a_status_line_is_asked_for_by_a_status(twin):
    line_of = twin("wire.status").line_of
    assert line_of(404) == b"HTTP/1.1 404 Not Found\r\n"
    for number in (-1, 0, 99, 1000, 10**5):
        with pytest.raises(ValueError, match=f"from 100 to 999, not {number}"):
            line_of(number)


def test_room_for_less_than_nothing(twin):
    with pytest.raises(ValueError, match="not for -1"):
        twin("wire.buffer").new_buffer(-1)


def test_more_has_come_than_there_was_room_for(twin):
    came = []

    class Protocol:
        service = SimpleNamespace(room=None)

        def content_left(self):
            return 0

        def data_received(self, data):
            came.append(data)

    receiver = twin("net.receiver").new_receiver(Protocol())
    for _ in range(2):
        for count in (10**9, -1):
            with pytest.raises(ValueError, match=f"{count} bytes can't have come"):
                receiver.buffer_updated(count)
        receiver.get_buffer(1)[:3] = b"abc"
        receiver.buffer_updated(3)
    assert came == [b"abc", b"abc"]
