"""QIODevices that live in the Qt thread: what they hold arrives, and they are destroyed once, there."""

from __future__ import annotations

import os
import socket
import sys
import threading
from contextvars import ContextVar

import pytest

pytest.importorskip("PySide6.QtNetwork", reason="PySide6 is not installed")

from PySide6.QtCore import (
    QBuffer,
    QFile,
    QObject,
    QProcess,
    QTemporaryFile,
    QTimer,
    QUrl,
)
from PySide6.QtNetwork import QHostAddress, QNetworkAccessManager, QNetworkRequest, QTcpServer, QTcpSocket
from qt_face.devices import CHUNKED, READ, Own

from fastresp.qt import QHttpHeaders, in_qt_thread

# -- random access


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("size", [0, 5, 1_000_000])
def test_buffer(answer_of, watch, size, method):
    data = bytes(index % 251 for index in range(size))

    def answer(responder):
        buffer = watch(QBuffer())
        buffer.setData(data)
        responder.write(buffer, "a/b", 201)

    found = answer_of(answer, method)
    assert (found.status, found.body) == (201, data if method == "GET" else b"")
    assert found.fields == [(b"content-type", b"a/b"), (b"content-length", b"%d" % size)]


def test_buffer_from_its_position_with_headers_and_a_parent(answer_of, watch):
    def answer(responder):
        parent = QObject()
        buffer = watch(QBuffer(parent))
        buffer.setData(b"0123456789" * 100_000)
        buffer.open(READ)
        buffer.seek(4)
        responder.write(buffer, QHttpHeaders({"a": "b"}))
        parent.deleteLater()

    found = answer_of(answer)
    assert (found.body, found.one(b"a"), found.one(b"content-length")) == (
        b"4567890123" * 99_999 + b"456789",
        b"b",
        b"999996",
    )


@pytest.mark.parametrize("size", [0, 5, 1_000_000])
def test_file(answer_of, watch, tmp_path, size):
    path = tmp_path / "file"
    path.write_bytes(b"x" * size)
    found = answer_of(lambda responder: responder.write(watch(QFile(str(path))), "a/b"))
    assert (found.body, found.one(b"content-length")) == (b"x" * size, b"%d" % size)


def test_temporary_file(answer_of, watch):
    def answer(responder):
        file = watch(QTemporaryFile())
        file.open()
        file.write(b"data")
        file.seek(0)
        responder.write(file, "a/b")

    assert answer_of(answer).body == b"data"


def test_missing_file(answer_of, watch, tmp_path, log):
    found = answer_of(lambda responder: responder.write(watch(QFile(str(tmp_path / "nothing"))), "a/b", 201))
    assert (found.status, found.fields[0]) == (500, (b"content-type", b"text/plain; charset=utf-8"))
    log.expect("can't be answered", "No such file")


def test_own_random_access(answer_of, watch, application):
    device = []

    def answer(responder):
        own = Own(b"x" * 300_000, sequential=False)
        device.append(own.threads)
        responder.write(watch(own), "a/b")

    found = answer_of(answer)
    assert (found.body, found.one(b"content-length")) == (b"x" * 300_000, b"300000")
    assert device == [{application.thread}]


def test_context(answer_of):
    """A device is read in the context of its own request."""
    seen = []

    class Noting(Own):
        def readData(self, size):
            seen.append(whose.get())
            whose.set("the device")
            return super().readData(size)

    def answer(responder):
        whose.set(f"request {len(seen)}")
        responder.write(Noting(b"x" * 100_000, sequential=False), "a/b")

    whose = ContextVar("whose", default="nobody")
    assert len(answer_of(answer).body) == 100_000
    second = len(seen)
    assert len(answer_of(answer).body) == 100_000
    assert seen[0] == "request 0"
    assert seen[second] == f"request {second}"
    assert set(seen) <= {seen[0], seen[second], "the device"}


# -- sequential


@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_process(answer_of, watch, version):
    def answer(responder):
        process = watch(QProcess())
        process.setProgram(sys.executable)
        process.setArguments(["-c", "import sys; sys.stdout.write('x' * 500_000); sys.stdout.flush(); print('end')"])
        responder.write(process, "a/b")  # which starts it, as Qt does

    found = answer_of(answer, version=version)
    assert found.body == b"x" * 500_000 + b"end\n"
    assert (b"transfer-encoding" in dict(found.fields)) == (version == "1.1")


def test_process_that_is_over(answer_of, watch):
    """Its readChannelFinished was emitted before the responder had it: Qt would wait for ever."""

    def answer(responder):
        process = watch(QProcess())
        process.start("/bin/echo", ["text"])
        process.waitForFinished()
        responder.write(process, "a/b")

    found = answer_of(answer)
    assert (found.fields, found.chunks) == (CHUNKED, [b"text\n"])


def test_process_without_output(answer_of, watch):
    def answer(responder):
        process = watch(QProcess())
        process.start("/bin/true")
        responder.write(process, "a/b")

    assert answer_of(answer).body == b""


def test_socket(answer_of, watch):
    servers = []

    def answer(responder):
        server = QTcpServer()
        servers.append(server)

        def accept():
            peer = server.nextPendingConnection()
            peer.write(b"x" * 1_000_000)
            QTimer.singleShot(5, lambda: (peer.write(b"end"), peer.disconnectFromHost()))

        server.newConnection.connect(accept)
        assert server.listen(QHostAddress.SpecialAddress.LocalHost)
        device = watch(QTcpSocket())
        device.connectToHost(QHostAddress(QHostAddress.SpecialAddress.LocalHost), server.serverPort())
        responder.write(device, "a/b")

    assert answer_of(answer).body == b"x" * 1_000_000 + b"end"
    servers.pop().deleteLater()


def test_socket_that_its_peer_has_closed(answer_of, watch):
    def answer(responder):
        with socket.create_server(("127.0.0.1", 0)) as server:
            device = watch(QTcpSocket())
            device.connectToHost("127.0.0.1", server.getsockname()[1])
            peer, _ = server.accept()
            peer.sendall(b"text")
            peer.close()
        assert device.waitForDisconnected(10_000)
        assert device.state() == QTcpSocket.SocketState.UnconnectedState
        responder.write(device, "a/b")

    assert answer_of(answer).body == b"text"


@pytest.mark.parametrize(("late", "whole"), [(True, True), (False, True), (False, False)])
def test_reply(application, serve, connect, watch, log, whole, late):
    """What another server answers, passed on; at once, or when it has come whole."""

    def origin():
        peer, _ = server.accept()
        server.close()  # Qt may ask again when it is cut off
        with peer:
            peer.recv(65536)
            body = b"x" * 300_000 + (b"end" if whole else b"")
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 300003\r\n\r\n" + body)

    def answer(request, responder):
        reply = watch(manager.get(QNetworkRequest(QUrl(f"http://127.0.0.1:{server.getsockname()[1]}/"))))
        if late:
            reply.finished.connect(lambda: responder.write(reply, "c/d"))
        else:
            responder.write(reply, "c/d")

    manager = QNetworkAccessManager()
    client = connect(serve(in_qt_thread(answer)))

    def talk():
        client.get()
        origin()
        found = client.answer().body if whole else client.rest()
        watch.wait()
        return found

    with socket.create_server(("127.0.0.1", 0)) as server:
        found = application.run(talk)
    if whole:
        assert found == b"x" * 300_000 + b"end"
    else:
        assert b"\r\n0\r\n" not in found
        log.expect("broken off")
    manager.deleteLater()


def test_pipe(answer_of, watch, tmp_path):
    """A QFile that Qt would read with a call that blocks."""
    path = tmp_path / "pipe"
    os.mkfifo(path)

    def feed():
        with path.open("wb", buffering=0) as pipe:
            pipe.write(b"one")
            begun.wait(10)
            pipe.write(b"two")

    def answer(responder):
        responder.write(watch(QFile(str(path))), "a/b")
        begun.set()

    begun = threading.Event()
    feeder = threading.Thread(target=feed)
    feeder.start()
    assert answer_of(answer).body == b"onetwo"
    feeder.join()


def test_own_piece_by_piece(answer_of, watch, application):
    seen = []

    def answer(responder):
        device = watch(Own())
        seen.append(device.threads)
        responder.write(device, "a/b")
        QTimer.singleShot(1, lambda: device.give(b"one"))
        QTimer.singleShot(20, lambda: device.give(b"two", b"three"))
        QTimer.singleShot(40, device.readChannelFinished.emit)

    found = answer_of(answer)
    assert (found.fields, found.body) == (CHUNKED, b"onetwothree")
    assert seen == [{application.thread}]


def test_own_finished_with_data_left(answer_of, watch):
    def answer(responder):
        device = watch(Own(b"one", b"two"))
        responder.write(device, "a/b")
        device.readChannelFinished.emit()

    assert answer_of(answer).body == b"onetwo"


def test_own_at_end(answer_of, watch):
    """One that says by atEnd that nothing more comes, without a signal."""

    class Ending(Own):
        def atEnd(self):
            return not self.pieces

    assert answer_of(lambda responder: responder.write(watch(Ending(b"one", b"two")), "a/b")).body == b"onetwo"


def test_own_that_tells_of_data_while_it_is_read(answer_of, watch):
    class Eager(Own):
        hidden = (b"a", b"b", b"c")

        def readData(self, size):
            if self.pieces:
                return super().readData(size)
            self.pieces += self.hidden
            self.hidden = ()
            (self.readyRead if self.pieces else self.readChannelFinished).emit()
            return b""

    assert answer_of(lambda responder: responder.write(watch(Eager()), "a/b")).body == b"abc"


def test_closed_at_its_end(answer_of, watch):
    def answer(responder):
        device = watch(Own(b"data"))
        responder.write(device, "a/b")
        QTimer.singleShot(20, lambda: (device.readChannelFinished.emit(), device.close()))

    assert answer_of(answer).body == b"data"
