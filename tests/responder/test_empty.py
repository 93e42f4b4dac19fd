"""Rule 4: no content where there is none (HEAD, 1xx, 204, 205, 304; RFC 9110, section 6.4.1)."""

from __future__ import annotations

import io
import tempfile

import pytest
from responder.messages import GET, HEAD, OK, fine, message, request

from fastresp import Headers, Response

TYPE = b"content-type: text/plain"
SENT = {
    "data": lambda r, status: r.write(b"abc", "text/plain", status),
    "text": lambda r, status: r.write("abc", "text/plain", status),
    "large data": lambda r, status: r.write(b"x" * 70_000, "text/plain", status),
    "response": lambda r, status: r.send_response(Response(b"abc", status, mime_type="text/plain")),
    "large response": lambda r, status: r.send_response(Response(b"x" * 70_000, status, mime_type="text/plain")),
    "document": lambda r, status: r.write([1], {"content-type": "text/plain"}, status),
    "device": lambda r, status: r.write(io.BytesIO(b"abc"), "text/plain", status),
    "large device": lambda r, status: r.write(io.BytesIO(b"x" * 70_000), "text/plain", status),
}


@pytest.mark.parametrize("call", SENT.values(), ids=SENT)
@pytest.mark.parametrize(("status", "line"), [(200, b"200 OK"), (404, b"404 Not Found")])
def test_head(stage, call, status, line):
    stage(lambda _, responder: call(responder, status))
    whole = stage.kept(GET)
    assert whole.startswith(b"HTTP/1.1 " + line)
    assert stage.kept(HEAD) == whole[: whole.index(b"\r\n\r\n") + 4]


@pytest.mark.parametrize(
    "call",
    [
        lambda r: r.write(),
        lambda r: r.write(404),
        lambda r: r.write(Headers({"a": "1"})),
        lambda r: r.write(Headers({"a": "1"}), 302),
        lambda r: r.write(b"", "a/b"),
        lambda r: r.write({"a": 1}),
        lambda r: r.send_response(Response(404)),
    ],
)
def test_head_is_what_get_would_have_had(stage, call):
    stage(lambda _, responder: call(responder))
    whole = stage.kept(GET)
    assert stage.kept(HEAD) == whole[: whole.index(b"\r\n\r\n") + 4]


def test_head_of_chunks(stage):
    def handler(_, responder):
        responder.write_begin_chunked({"content-type": "a/b"}, ["x-t"])
        responder.write_chunk(b"abc")
        responder.write_end_chunked(b"def", {"x-t": "1"})

    stage(handler)
    fields = (b"content-type: a/b", b"trailer: x-t", b"transfer-encoding: chunked")
    assert stage.kept(HEAD) == message(b"200 OK", *fields)


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_a_stream_of_nothing_holds_up_no_other_request(stage, method, status):
    """Its head is all that is sent; a stream without an end hears at once that nothing more is wanted."""
    canceled = []

    async def handler(_, responder):
        responder.write_begin_chunked("text/plain", status)
        while not responder.is_response_canceled:
            responder.write_chunk(b"more")
            await responder.drain()
        canceled.append(status)
        responder.write_end_chunked()
        assert not responder.is_response_canceled

    stage(handler)
    assert stage.kept(request(method, "/")).startswith(b"HTTP/1.1 %d " % status)
    assert canceled == [status]


def test_head_of_a_device_of_unknown_length(stage):
    async def pieces():
        yield b"abc"

    stage(lambda _, responder: responder.write(pieces(), "a/b"))
    assert stage.kept(HEAD) == message(b"200 OK", b"content-type: a/b", b"transfer-encoding: chunked")


def test_head_knows_the_length_best(stage):
    stage(lambda _, responder: responder.write(Headers({"Content-Length": "1000000"})))
    assert stage.kept(HEAD) == message(b"200 OK", b"Content-Length: 1000000")


def test_head_with_a_length_and_content_that_disagree(stage):
    def handler(_, responder):
        with pytest.raises(ValueError, match="content-length"):
            responder.write(b"abc", {"content-length": "4"})
        responder.write(b"abc", {"content-length": "3"})

    stage(handler)
    assert stage.kept(HEAD) == message(b"200 OK", b"content-length: 3")


def test_head_of_a_file(stage, tmp_path):
    path = tmp_path / "file.txt"
    path.write_bytes(b"abc" * 100_000)
    stage(lambda _, responder: responder.write(path, "a/b"))
    assert stage.kept(HEAD) == message(b"200 OK", b"content-type: a/b", b"content-length: 300000")


LINES = {204: b"204 No Content", 205: b"205 Reset Content", 304: b"304 Not Modified"}
NO_CONTENT = {
    204: lambda length: (TYPE,),
    205: lambda length: (TYPE, b"content-length: 0"),
    304: lambda length: (TYPE, b"content-length: %d" % length),
}


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("status", LINES)
@pytest.mark.parametrize("call", SENT.values(), ids=SENT)
def test_content_is_dropped(stage, call, status, method):
    stage(lambda _, responder: call(responder, status))
    length = 3 if call not in (SENT["large data"], SENT["large response"], SENT["large device"]) else 70_000
    assert stage.kept(request(method)) == message(LINES[status], *NO_CONTENT[status](length))


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (204, message(b"204 No Content", b"content-type: application/x-empty")),
        (205, message(b"205 Reset Content", b"content-type: application/x-empty", b"content-length: 0")),
        (304, message(b"304 Not Modified")),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("form", ["write", "response"])
def test_a_status_alone(stage, status, answer, method, form):
    def handler(_, responder):
        if form == "write":
            responder.write(status)
        else:
            responder.send_response(Response(status))

    stage(handler)
    assert stage.kept(request(method)) == answer


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (204, message(b"204 No Content", b"ETag: x")),
        (205, message(b"205 Reset Content", b"ETag: x", b"content-length: 0")),
        (304, message(b"304 Not Modified", b"ETag: x")),
    ],
)
def test_headers_alone(stage, status, answer):
    stage(lambda _, responder: responder.write(Headers({"ETag": "x"}), status))
    assert stage.kept() == answer


def test_304_may_state_a_length(stage):
    stage(lambda _, responder: responder.write(Headers({"ETag": "x", "Content-Length": "5"}), 304))
    assert stage.kept() == message(b"304 Not Modified", b"ETag: x", b"Content-Length: 5")


def test_204_states_no_length(stage):
    stage(lambda _, responder: responder.write(b"abc", {"a": "1", "Content-Length": "3"}, 204))
    assert stage.kept() == message(b"204 No Content", b"a: 1")


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (204, message(b"204 No Content", b"content-type: a/b")),
        (205, message(b"205 Reset Content", b"content-type: a/b", b"content-length: 0")),
        (304, message(b"304 Not Modified", b"content-type: a/b")),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_chunks_are_dropped(stage, status, answer, method):
    def handler(_, responder):
        responder.write_begin_chunked("a/b", status)
        responder.write_chunk(b"abc")
        responder.write_end_chunked(b"def")

    stage(handler)
    assert stage.kept(request(method)) == answer


def test_a_device_of_unknown_length_and_304(stage):
    async def pieces():
        yield b"abc"

    stage(lambda _, responder: responder.write(pieces(), "a/b", 304))
    assert stage.kept() == message(b"304 Not Modified", b"content-type: a/b")


@pytest.mark.parametrize("status", [*LINES, 102, 103])
@pytest.mark.parametrize("size", [3, 400_000])
def test_devices_are_closed(stage, status, size):
    def handler(_, responder):
        files = [tempfile.TemporaryFile(), io.BytesIO()]  # noqa: SIM115
        for file in files[: 1 if status >= 200 else 2]:
            file.write(b"x" * size)
            file.seek(0)
            responder.write(file, "a/b", status)
            assert file.closed
        if status < 200:
            fine(responder)
        files[1].close()

    stage(handler)
    answer = stage.kept()
    if status == 102:
        assert answer == message(b"102 Processing") * 2 + OK
    elif status == 103:
        assert answer == message(b"103 Early Hints") * 2 + OK
    else:
        fields = NO_CONTENT[status](size)[1:]
        assert answer == message(LINES[status], b"content-type: a/b", *fields)


@pytest.mark.parametrize("status", [205, 304, 200])
def test_head_closes_its_device(stage, status):
    devices = []

    def handler(_, responder):
        devices.append(io.BytesIO(b"x" * 300_000))
        responder.write(devices[0], "a/b", status)

    stage(handler)
    stage.kept(HEAD)
    assert devices[0].closed
