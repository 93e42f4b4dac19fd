"""Qt's tests/auto/qhttpserverresponder, case by case: one GET, one call of the responder, what the client sees."""

from __future__ import annotations

import io
import json
import tempfile

import pytest
from connection.tools import Inbox, settle

from fastresp import Headers, StatusCode

INDEX = b"<html>\n  <head><title>index</title></head>\n  <body>Hello</body>\n</html>\n"


@pytest.fixture
def get(serve, connect):
    """The answer to one GET that `answer(responder)` makes; the connection can be used again after it."""

    def get(answer):
        server = serve(lambda request, responder: answer(responder))
        client = connect(server)
        client.get()
        first = client.answer()
        settle(server)
        return first

    return get


class Device(io.BytesIO):
    """A device that counts how often it was closed."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.destroyed = Inbox()

    def close(self) -> None:
        if not self.closed:
            self.destroyed.put()
        super().close()


class TestDefaultStatusCode:
    def test_no_parameters(self, get):
        """defaultStatusCodeNoParameters: write() is a success."""
        answer = get(lambda responder: responder.write())
        assert answer.status_line == b"HTTP/1.1 200 OK"
        assert answer.one(b"content-type") == b"application/x-empty"
        assert answer.one(b"content-length") == b"0"

    def test_byte_array(self, get):
        """defaultStatusCodeByteArray: empty bytes of type application/x-empty are a success."""
        answer = get(lambda responder: responder.write(b"", "application/x-empty"))
        assert answer.status_line == b"HTTP/1.1 200 OK"
        assert answer.one(b"content-type") == b"application/x-empty"
        assert answer.one(b"content-length") == b"0"

    def test_json(self, get):
        """defaultStatusCodeJson: an empty document is a success."""
        answer = get(lambda responder: responder.write({}))
        assert answer.status_line == b"HTTP/1.1 200 OK"
        assert answer.body == b"{}"


@pytest.mark.parametrize(
    ("code", "status_line"),
    [
        (StatusCode.Ok, b"HTTP/1.1 200 OK"),
        (StatusCode.Forbidden, b"HTTP/1.1 403 Forbidden"),
        (StatusCode.NotFound, b"HTTP/1.1 404 Not Found"),
    ],
)
class TestStatusCode:
    def test_write_status_code(self, get, code, status_line):
        """writeStatusCode: the client sees that class of error, no body, type application/x-empty."""
        answer = get(lambda responder: responder.write(code))
        assert answer.status_line == status_line
        assert answer.body == b""
        assert answer.one(b"content-type") == b"application/x-empty"

    def test_with_headers(self, get, code, status_line):
        """writeStatusCodeExtraHeader: the header comes back, the body is empty."""
        answer = get(lambda responder: responder.write(Headers({"Server": "test server"}), code))
        assert answer.status_line == status_line
        assert answer.without_date() == [(b"Server", b"test server"), (b"content-length", b"0")]
        assert answer.body == b""


class TestJson:
    def test_write_json(self, get):
        """writeJson: type application/json, and the body parses back to the same document."""
        answer = get(lambda responder: responder.write({"key": "value"}))
        assert answer.one(b"content-type") == b"application/json"
        assert json.loads(answer.body) == {"key": "value"}

    def test_write_json_extra_header(self, get):
        """writeJsonExtraHeader: the same, and the Server header comes back."""
        answer = get(lambda responder: responder.write({"key": "value"}, {"Server": "test server"}))
        assert answer.one(b"content-type") == b"application/json"
        assert answer.one(b"server") == b"test server"
        assert json.loads(answer.body) == {"key": "value"}


class TestFile:
    def test_index_html(self, get, tmp_path):
        """writeFile [index.html]: a file that is not open yet: 200, its type, its content."""
        path = tmp_path / "index.html"
        path.write_bytes(INDEX)
        answer = get(lambda responder: responder.write(path, "text/html"))
        assert answer.status_line == b"HTTP/1.1 200 OK"
        assert answer.one(b"content-type") == b"text/html"
        assert answer.one(b"content-length") == b"%d" % len(INDEX)
        assert answer.body == INDEX

    def test_not_found(self, get, tmp_path, log):
        """writeFile [index1.html - not found]: 500; a text for people where Qt has application/x-empty and no body."""
        answer = get(lambda responder: responder.write(tmp_path / "index1.html", "text/html"))
        assert answer.status_line == b"HTTP/1.1 500 Internal Server Error"
        assert answer.one(b"content-type") == b"text/plain; charset=utf-8"
        assert answer.body == b"internal server error\n"
        log.expect("index1.html")

    def test_temporary_file(self, get):
        """writeFile [temporary file]: 200, its type, an empty body; the device is destroyed."""
        with tempfile.TemporaryFile() as file:
            answer = get(lambda responder: responder.write(file, "text/html"))
            assert file.closed
        assert answer.status_line == b"HTTP/1.1 200 OK"
        assert answer.one(b"content-type") == b"text/html"
        assert answer.one(b"content-length") == b"0"

    @pytest.mark.parametrize("data", [b"", INDEX, INDEX * 10000], ids=["empty", "small", "large"])
    def test_destroyed_once(self, get, data):
        """writeFile, all rows: the device is destroyed exactly once."""
        device = Device(data)
        answer = get(lambda responder: responder.write(device, "text/html"))
        assert answer.body == data
        device.destroyed.get()
        assert device.destroyed.count == 1

    def test_extra_header(self, get):
        """writeFileExtraHeader: both headers and the content arrive, the device is destroyed once."""
        device = Device(INDEX)
        fields = {"Content-Type": "text/html", "Server": "test server"}
        answer = get(lambda responder: responder.write(device, fields))
        assert answer.one(b"content-type") == b"text/html"
        assert answer.one(b"server") == b"test server"
        assert answer.body == INDEX
        device.destroyed.get()
        assert device.destroyed.count == 1


def test_write_byte_array_extra_header(get):
    """writeByteArrayExtraHeader: both headers and the bytes arrive."""
    fields = {"Content-Type": "text/html", "Server": "test server"}
    answer = get(lambda responder: responder.write(INDEX, fields))
    assert answer.one(b"content-type") == b"text/html"
    assert answer.one(b"server") == b"test server"
    assert answer.body == INDEX
