"""PySide6's own objects where fastresp.qt takes values: in the server's thread, which has no Qt event loop."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

core = pytest.importorskip("PySide6.QtCore", reason="PySide6 is not installed")
network = pytest.importorskip("PySide6.QtNetwork", reason="PySide6 is not installed")

from fastresp import HeaderError  # noqa: E402
from fastresp.qt import QHttpHeaders, QHttpServerResponder, QHttpServerResponse  # noqa: E402

QByteArray, QJsonDocument, QBuffer, QFile = core.QByteArray, core.QJsonDocument, core.QBuffer, core.QFile
Known = network.QHttpHeaders.WellKnownHeader
READ = core.QIODevice.OpenModeFlag.ReadOnly


@pytest.fixture
def extra():
    headers = network.QHttpHeaders()
    headers.append("Server", "test")
    headers.append(Known.ContentType, "a/b")
    return headers


def array(text: bytes):
    return QJsonDocument.fromJson(QByteArray(text)).array()


def test_byte_arrays(get):
    answer = get(lambda responder: responder.write(QByteArray(b"da\0ta"), QByteArray(b"a/b")))
    assert (answer.body, answer.one(b"content-type")) == (b"da\0ta", b"a/b")

    def answer(responder):
        responder.writeBeginChunked(QByteArray(b"a/b"))
        responder.writeChunk(QByteArray(b"one"))
        responder.writeEndChunked(QByteArray(b"two"))

    assert get(answer).chunks == [b"one", b"two"]


def test_documents(get):
    document = QJsonDocument({"key": [1, "ä", None], "a": {}})
    answer = get(lambda responder: responder.write(document))
    assert answer.body == '{"a":{},"key":[1,"ä",null]}'.encode()
    assert answer.fields == [(b"content-type", b"application/json"), (b"content-length", b"28")]


def test_documents_with_more(get, extra):
    document = QJsonDocument({"key": 1})
    answer = get(lambda responder: responder.write(document, QHttpServerResponder.StatusCode.Created))
    assert (answer.status, answer.one(b"content-type"), answer.body) == (201, b"application/json", b'{"key":1}')
    answer = get(lambda responder: responder.write(document, extra, 202))
    assert (answer.status, answer.fields[:2]) == (202, [(b"server", b"test"), (b"content-type", b"a/b")])
    extra.removeAll("content-type")
    answer = get(lambda responder: responder.write(document, headers=extra, status=202))
    assert (answer.status, answer.fields[:2]) == (202, [(b"server", b"test"), (b"content-type", b"application/json")])
    answer = get(lambda responder: responder.write(document, "application/problem+json", 400))
    assert (answer.status, answer.one(b"content-type")) == (400, b"application/problem+json")
    assert get(lambda responder: responder.write(QJsonDocument())).body == b"null"
    assert get(lambda responder: responder.write(array(b"[1, 2]"))).body == b"[1,2]"
    with pytest.raises(TypeError, match="two statuses"):
        get(lambda responder: responder.write(document, 200, 200))
    with pytest.raises(TypeError, match="twice"):
        get(lambda responder: responder.write(document, extra, headers=extra))


def test_headers(get, extra):
    assert QHttpHeaders(extra).toListOfPairs() == [(b"server", b"test"), (b"content-type", b"a/b")]
    answer = get(lambda responder: responder.write(extra, 201))
    assert (answer.status, answer.fields[:2]) == (201, [(b"server", b"test"), (b"content-type", b"a/b")])
    assert get(lambda responder: responder.write(b"data", extra)).one(b"server") == b"test"

    def answer(responder):
        trailers = network.QHttpHeaders()
        trailers.append(Known.ETag, '"1"')
        responder.writeBeginChunked(extra, [Known.ETag])
        responder.writeEndChunked(b"data", trailers)

    found = get(answer)
    assert (found.one(b"server"), found.one(b"trailer"), found.trailers) == (b"test", b"etag", [(b"etag", b'"1"')])


def test_headers_take_them():
    headers = QHttpHeaders()
    headers.append(Known.ETag, QByteArray(b"1"))
    assert headers.value(Known.ETag) == headers.value(QByteArray(b"ETag")) == b"1"
    headers.setDateTimeValue(
        Known.Date, core.QDateTime.fromSecsSinceEpoch(int(datetime(2024, 2, 29, tzinfo=UTC).timestamp()))
    )
    assert headers.value("date") == b"Thu, 29 Feb 2024 00:00:00 GMT"
    with pytest.raises(HeaderError):
        headers.append("a", QByteArray(b"x\r\ny"))


def test_every_well_known_header_of_theirs():
    for known in Known:
        assert QHttpHeaders.wellKnownHeaderName(known) == bytes(network.QHttpHeaders.wellKnownHeaderName(known))


def test_statuses_of_theirs(get):
    server = pytest.importorskip("PySide6.QtHttpServer", reason="PySide6-Addons is not installed")
    theirs = server.QHttpServerResponder.StatusCode
    assert {m.name: m.value for m in theirs}.items() <= {
        m.name: m.value for m in QHttpServerResponder.StatusCode
    }.items()
    assert get(lambda responder: responder.write(theirs.NotFound)).status == 404
    assert get(lambda responder: responder.write(b"data", "a/b", theirs.Created)).status == 201
    assert QHttpServerResponse(theirs.Created).statusCode() == 201
    assert QHttpServerResponse("x", theirs.Created).statusCode() == 201
    response = server.QHttpServerResponse(b"a/b", b"data", theirs.Created)
    answer = get(lambda responder: responder.sendResponse(response))
    assert (answer.status, answer.one(b"content-type"), answer.body) == (201, b"a/b", b"data")


def test_responses_of_them(get):
    response = QHttpServerResponse(QByteArray(b"a/b"), QByteArray(b"data"), 201)
    assert (response.mimeType(), response.data(), response.statusCode()) == (b"a/b", b"data", 201)
    response = QHttpServerResponse(QJsonDocument({"a": 1}), 201)
    assert (response.mimeType(), response.data(), response.statusCode()) == (b"application/json", b'{"a":1}', 201)
    assert QHttpServerResponse(array(b"[1]")).data() == b"[1]"
    headers = network.QHttpHeaders()
    headers.append("a", "b")
    response.setHeaders(headers)
    assert get(lambda responder: responder.sendResponse(response)).fields[0] == (b"a", b"b")


# -- devices of the server's thread


class Watched:
    """Counts how often a device is destroyed."""

    def __init__(self) -> None:
        self.destroyed = 0

    def __call__(self, device):
        device.destroyed.connect(lambda *_: self.count())
        return device

    def count(self) -> None:
        self.destroyed += 1


@pytest.fixture
def watched():
    watched = Watched()
    yield watched
    assert watched.destroyed in (0, 2)  # `get` asks twice


def buffer_of(data, position=None):
    buffer = QBuffer()
    buffer.setData(data)
    if position is not None:
        buffer.open(READ)
        buffer.seek(position)
    return buffer


@pytest.mark.parametrize("size", [0, 5, 500_000])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_buffer(get, watched, size, method):
    data = bytes(index % 251 for index in range(size))
    answer = get(lambda responder: responder.write(watched(buffer_of(data)), "a/b", 201), method)
    assert (answer.status, answer.body) == (201, data if method == "GET" else b"")
    assert answer.fields == [(b"content-type", b"a/b"), (b"content-length", b"%d" % size)]
    assert watched.destroyed == 2


def test_buffer_from_its_position(get, watched):
    answer = get(lambda responder: responder.write(watched(buffer_of(b"0123456789", 4)), "a/b"))
    assert (answer.body, answer.one(b"content-length")) == (b"456789", b"6")


def test_buffer_with_headers(get, extra, watched):
    answer = get(lambda responder: responder.write(watched(buffer_of(b"data")), extra, 202))
    assert (answer.status, answer.body) == (202, b"data")
    assert answer.fields == [(b"server", b"test"), (b"content-type", b"a/b"), (b"content-length", b"4")]
    extra.append("content-length", "4")
    assert get(lambda responder: responder.write(buffer_of(b"data"), extra)).body == b"data"
    extra.replaceOrAppend("content-length", "5")
    with pytest.raises(ValueError, match="content-length among the headers is 5, but the device has 4 bytes"):
        get(lambda responder: responder.write(buffer_of(b"data"), extra))


@pytest.mark.parametrize("status", [204, 205, 304])
def test_buffer_where_there_is_no_content(get, watched, status):
    answer = get(lambda responder: responder.write(watched(buffer_of(b"data")), "a/b", status))
    assert (answer.status, answer.body) == (status, b"")
    assert watched.destroyed == 2


@pytest.mark.parametrize("opened", [True, False])
@pytest.mark.parametrize("size", [0, 5, 500_000])
def test_file(get, watched, tmp_path, size, opened):
    path = tmp_path / "file"
    path.write_bytes(b"x" * size)

    def answer(responder):
        file = watched(QFile(str(path)))
        if opened:
            file.open(core.QIODevice.OpenModeFlag.ReadWrite)
            file.read(2)
        responder.write(file, "a/b")

    found = get(answer)
    expected = b"x" * (max(0, size - 2) if opened else size)
    assert (found.body, found.one(b"content-length")) == (expected, b"%d" % len(expected))
    assert watched.destroyed == 2


def test_temporary_file(get, watched):
    def answer(responder):
        file = watched(core.QTemporaryFile())
        assert file.open()
        file.write(b"data")
        file.seek(0)
        responder.write(file, "a/b")

    assert get(answer).body == b"data"
    assert watched.destroyed == 2


def test_own_kind_of_file(get, watched):
    """Of a QFile that the program has changed the descriptor's bytes are not the content."""

    class Own(QFile):
        def readData(self, size):
            return b"own!"[:size]

        def size(self):
            return 4

    answer = get(lambda responder: responder.write(watched(Own(__file__)), "a/b"))
    assert answer.body == b"own!"


@pytest.mark.parametrize("kind", ["missing", "directory", "write only"])
def test_refused(get, log, tmp_path, watched, kind):
    def answer(responder):
        if kind == "write only":
            device = QBuffer()
            device.open(core.QIODevice.OpenModeFlag.WriteOnly)
        else:
            device = QFile(str(tmp_path / "nothing" if kind == "missing" else tmp_path))
        responder.write(watched(device), "a/b", 201)

    found = get(answer)
    assert (found.status, found.body) == (500, b"internal server error\n")
    assert found.fields == [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"22")]
    for _ in range(2):
        log.expect("GET /", "can't be answered", "QBuffer" if kind == "write only" else "QFile", "not open for reading")
    assert watched.destroyed == 2


def test_sequential_needs_an_event_loop(get, watched):
    class Sequential(QBuffer):
        def isSequential(self):
            return True

    with pytest.raises(ValueError, match="without a Qt event loop"):
        get(lambda responder: responder.write(watched(Sequential()), "a/b"))


@pytest.mark.parametrize(
    "call",
    [
        lambda r, d: r.write(d, "a/b\r\n"),
        lambda r, d: r.write(d, "a/b", 99),
        lambda r, d: r.write(d, None),
        lambda r, d: r.write(d, QHttpHeaders({"transfer-encoding": "chunked"})),
        lambda r, d: (r.writeBeginChunked("a/b"), r.write(d, "a/b")),
    ],
)
def test_destroyed_after_an_error(serve, connect, watched, call, log):
    def handle(request, responder):
        with pytest.raises((ValueError, TypeError, RuntimeError)):
            call(responder, watched(buffer_of(b"data")))
        seen.append(watched.destroyed)

    from fastresp.qt import in_server_thread

    seen = []
    server = serve(in_server_thread(handle))
    for _ in range(2):
        client = connect(server)
        client.get()
        client.more()
        log.expect("was dropped")
    assert seen == [1, 2]


def test_shorter_than_it_said(serve, connect, log):
    class Short(core.QBuffer):
        def size(self):
            return 1000

    def handle(request, responder):
        device = Short()
        device.setData(b"data")
        responder.write(device, "a/b")

    from fastresp.qt import in_server_thread

    client = connect(serve(in_server_thread(handle)))
    client.get()
    assert client.rest().endswith(b"\r\n\r\ndata")
    log.expect("broken off", "996 bytes before")
