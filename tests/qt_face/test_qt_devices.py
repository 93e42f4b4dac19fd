"""QIODevices that live in the Qt thread: read there, no faster than the client reads, and destroyed once."""

from __future__ import annotations

import os
import socket
import sys
import threading

import pytest
from connection.tools import Inbox, message, settle, wait_for_no_connection
from responder.slowness import IN_HAND, KERNEL, MIB, slow_client

pytest.importorskip("PySide6.QtNetwork", reason="PySide6 is not installed")

from PySide6.QtCore import (
    QBuffer,
    QFile,
    QIODevice,
    QObject,
    QProcess,
    QTemporaryFile,
    QThread,
    QTimer,
    QUrl,
)
from PySide6.QtNetwork import QHostAddress, QNetworkAccessManager, QNetworkRequest, QTcpServer, QTcpSocket

from fastresp.qt import QHttpHeaders, in_qt_thread

READ = QIODevice.OpenModeFlag.ReadOnly
CHUNKED = [(b"content-type", b"a/b"), (b"transfer-encoding", b"chunked")]


class Watch:
    """Each device is destroyed once, in the Qt thread, in which it is read as well."""

    def __init__(self, application):
        self.thread = application.thread
        self.given = 0
        self.kept = []  # by the program, so that it is not the last reference that destroys them
        self.destroyed = Inbox()

    def __call__(self, device):
        self.given += 1
        self.kept.append(device)
        device.destroyed.connect(lambda *_: self.destroyed.put(threading.get_ident()))
        return device

    def wait(self):
        """Blocks until all are destroyed: not for the Qt thread."""
        assert self.destroyed.take(self.given) == [self.thread] * self.given


@pytest.fixture
def watch(application):
    watch = Watch(application)
    yield watch
    application.core.processEvents()
    assert watch.destroyed.count == watch.given


@pytest.fixture
def answer_of(application, serve, connect, watch):
    """What answers a request when `answer(responder, request)` runs in the Qt thread; the connection is kept."""

    def answer_of(answer, method="GET", version="1.1"):
        errors = []

        def handle(request, responder):
            try:
                answer(responder)
            except BaseException as error:
                errors.append(error)
                raise

        server = serve(in_qt_thread(handle), date_header=False)
        client = connect(server)

        def talk():
            client.send(message(method, "/", version=version))
            found = client.answer(method)
            watch.wait()
            return found

        found = application.run(talk)
        settle(server)
        assert errors == []
        return found

    return answer_of


class Own(QIODevice):
    """A device of the program's own, whose pieces come when the test says so."""

    def __init__(self, *pieces, sequential=True):
        super().__init__()
        self.pieces = list(pieces)
        self.sequential = sequential
        self.threads = set()
        self.open(READ)

    def isSequential(self):
        return self.sequential

    def size(self):
        return sum(map(len, self.pieces))

    def bytesAvailable(self):
        return self.size() + super().bytesAvailable()

    def readData(self, size):
        self.threads.add(threading.get_ident())
        if not self.pieces:
            return b""
        piece = self.pieces.pop(0)
        if len(piece) > size:
            self.pieces.insert(0, piece[size:])
        return piece[:size]

    def writeData(self, data):
        return -1

    def give(self, *pieces):
        self.pieces += pieces
        self.readyRead.emit()


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
    assert (found.status, found.fields[0]) == (500, (b"content-type", b"application/x-empty"))
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


# -- what goes wrong


def cut(application, serve, connect, answer, watch=None):
    """All that answers a request up to the end of the connection."""
    client = connect(serve(in_qt_thread(lambda request, responder: answer(responder)), date_header=False))

    def talk():
        client.get()
        rest = client.rest()
        if watch is not None:
            watch.wait()
        return rest

    return application.run(talk)


@pytest.mark.parametrize("how", ["closed", "deleted", "closed after data"])
def test_ended_early(application, serve, connect, watch, log, how):
    def answer(responder):
        device = watch(Own(b"data"))
        responder.write(device, "a/b")

        def end():
            if how == "closed after data":
                device.pieces.append(b"lost")
                device.close()
            elif how == "closed":
                device.close()
            else:
                device.deleteLater()

        QTimer.singleShot(20, end)

    rest = cut(application, serve, connect, answer, watch)
    assert rest.endswith(b"4\r\ndata\r\n")
    log.expect("broken off", "before its end")


def test_process_that_is_deleted(application, serve, connect, watch, log, capfd):
    """It is killed by that, and says so while it is no more."""

    def answer(responder):
        process = watch(QProcess())
        process.start("/bin/sh", ["-c", "echo text; exec sleep 10"])
        process.readyRead.connect(process.deleteLater)
        responder.write(process, "a/b")

    assert b"\r\n0\r\n" not in cut(application, serve, connect, answer, watch)
    log.expect("broken off")
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("sequential", [True, False])
def test_raises(application, serve, connect, watch, log, sequential):
    class Failing(Own):
        def readData(self, size):
            if len(self.pieces) == 1:
                raise OSError("the disk is gone")
            return super().readData(size)

    rest = cut(
        application,
        serve,
        connect,
        lambda responder: responder.write(watch(Failing(b"x" * 131072, b"y" * 1000, sequential=sequential)), "a/b"),
        watch,
    )
    assert rest.rstrip(b"\r\n").endswith(b"x")
    log.expect("broken off", "the disk is gone")


def test_shorter_than_it_said(application, serve, connect, watch, log):
    class Short(Own):
        def size(self):
            return 1000

    rest = cut(
        application,
        serve,
        connect,
        lambda responder: responder.write(watch(Short(b"x", sequential=False)), "a/b"),
        watch,
    )
    assert rest.endswith(b"\r\n\r\nx")
    log.expect("broken off", "999 bytes before")


def test_process_that_does_not_start(application, serve, connect, watch, log):
    def answer(responder):
        process = watch(QProcess())
        process.setProgram("/nothing/here")
        responder.write(process, "a/b")

    assert b"\r\n0\r\n" not in cut(application, serve, connect, answer, watch)
    log.expect("QProcess")


@pytest.mark.parametrize("when", ["before", "after"])
def test_process_that_crashes(application, serve, connect, watch, log, when):
    def answer(responder):
        process = watch(QProcess())
        process.start("/bin/sh", ["-c", "echo text; sleep 0.05; exec 1>&-; sleep 0.2; kill -9 $$"])
        if when == "before":
            process.waitForFinished()
        responder.write(process, "a/b")

    assert b"\r\n0\r\n" not in cut(application, serve, connect, answer, watch)
    log.expect("broken off", "crashed")


def test_of_another_thread(application, serve, connect, watch, ask):
    """The program has a thread with a Qt event loop of its own, and a device in it: refused at the call."""

    def handle(request, responder):
        device = QBuffer()
        device.moveToThread(thread)
        try:
            responder.write(device, "a/b")
        except ValueError as error:
            responder.write(str(error), "a/b")

    thread = QThread()
    thread.start()
    try:
        assert b"belongs to another thread" in ask(connect(serve(in_qt_thread(handle)))).body
    finally:
        thread.quit()
        thread.wait()


def test_its_thread_finishes_first(application, serve, connect, log):
    class Worker(QThread):
        def run(self):
            device = Own(b"begun")
            device.destroyed.connect(lambda *_: destroyed.put(threading.get_ident()))
            self.ident = threading.get_ident()
            self.responder.write(device, "a/b")
            del device, self.responder
            self.exec()

    def handle(request, responder):
        worker.responder = responder
        worker.start()

    destroyed = Inbox()
    worker = Worker()
    client = connect(serve(in_qt_thread(handle)))

    def talk():
        client.get()
        client.until(b"begun\r\n")
        worker.quit()
        return client.rest(), destroyed.get()

    assert application.run(talk) == (b"", worker.ident)
    worker.wait()
    log.expect("broken off", "has finished")


def test_answered_from_a_thread_of_its_own(application, serve, connect, ask):
    """A QThread that answers with a device of its own."""

    class Worker(QThread):
        def run(self):
            device = QBuffer()
            device.setData(b"x" * 1_000_000)
            device.destroyed.connect(lambda *_: destroyed.put(threading.get_ident()))
            self.responder.write(device, "a/b")
            del device
            self.ident = threading.get_ident()
            self.exec()

    def handle(request, responder):
        worker.responder = responder
        worker.start()

    destroyed = Inbox()
    worker = Worker()
    client = connect(serve(in_qt_thread(handle)))
    try:
        assert ask(client).body == b"x" * 1_000_000
        assert destroyed.get() == worker.ident
    finally:
        worker.quit()
        worker.wait()


BAD = {
    "field": lambda r, d: r.write(d, "a/b\r\n"),
    "status": lambda r, d: r.write(d, "a/b", 99),
    "type": lambda r, d: r.write(d, None),
    "length": lambda r, d: r.write(d, QHttpHeaders({"content-length": "5"})),
    "state": lambda r, d: (r.writeBeginChunked("a/b"), r.write(d, "a/b")),
}


@pytest.mark.parametrize("sequential", [True, False])
@pytest.mark.parametrize("call", BAD.values(), ids=BAD)
def test_destroyed_after_an_error(application, serve, connect, watch, call, sequential):
    if sequential and call is BAD["length"]:
        pytest.skip("a sequential device has the length that is declared")

    def handle(request, responder):
        with pytest.raises((ValueError, TypeError, RuntimeError)):
            call(responder, watch(Own(b"data", sequential=sequential)))
        if call is BAD["state"]:
            responder.writeEndChunked()
        else:
            responder.write()

    client = connect(serve(in_qt_thread(handle)))

    def talk():
        client.get()
        status = client.answer().status
        watch.wait()
        return status

    assert application.run(talk) == 200


def test_destroyed_when_the_client_leaves(application, serve, connect, watch):
    """While the device has nothing to say, and nobody but the responder knows it."""

    def answer(responder):
        responder.write(watch(Own(b"begun")), "a/b")

    server = serve(in_qt_thread(lambda request, responder: answer(responder)))
    client = connect(server)

    def talk():
        client.get()
        client.until(b"begun\r\n")
        client.reset()
        watch.wait()

    application.run(talk)
    wait_for_no_connection(server)


def test_destroyed_when_the_client_has_left(application, serve, connect, watch):
    gone = threading.Event()

    @in_qt_thread
    def handle(request, responder):
        gone.wait(10)
        responder.write(watch(Own(b"data")), "a/b")
        done.put(responder.isResponseCanceled())

    def see(request, responder):
        responder.on_close(gone.set)
        handle(request, responder)

    done = Inbox()
    client = connect(serve(see))

    def talk():
        client.get()
        client.reset()
        canceled = done.get()
        watch.wait()
        return canceled

    assert application.run(talk) is True


def test_destroyed_when_the_server_ends(application, server_class, loop_factory, watch):
    from client import Client

    def answer(request, responder):
        responder.write(watch(Own(b"begun")), "a/b")

    server = server_class(in_qt_thread(answer))

    def talk():
        with server.background(port=0, grace=0.0, loop_factory=loop_factory), Client(server.port) as client:
            client.get()
            client.until(b"begun\r\n")
        watch.wait()

    application.run(talk)


def test_a_socket_takes_in_no_more_than_a_piece(application, serve, watch):
    """A peer that sends without end, and a client that reads nothing."""
    held, full = [], threading.Event()

    def answer(_, responder):
        device = watch(QTcpSocket())
        device.connectToHost("127.0.0.1", server.getsockname()[1])
        device.readyRead.connect(lambda: held.append(device.bytesAvailable()))
        responder.write(device, "a/b")

    def feed():
        peer, _ = server.accept()
        with peer:
            peer.settimeout(0.3)
            try:
                while True:
                    peer.send(b"x" * 65536)
            except OSError:
                full.set()

    class Stage:
        server = serve(in_qt_thread(answer))

    def talk():
        with slow_client(Stage) as client:
            client.get()
            client.until(b"\r\n\r\n")
            assert full.wait(10)
            client.reset()
        watch.wait()

    with socket.create_server(("127.0.0.1", 0)) as server:
        feeder = threading.Thread(target=feed)
        feeder.start()
        application.run(talk)
        feeder.join()
    assert 0 < max(held) <= 131072


class Endless(Own):
    """One of any length, which knows how much was taken."""

    taken = 0

    def size(self):
        return 1 << 30

    def bytesAvailable(self):
        return 1 << 20

    def readData(self, size):
        Endless.taken += size
        return b"x" * size


@pytest.mark.parametrize("sequential", [True, False])
def test_read_no_faster_than_the_client_reads(application, serve, watch, sequential):
    class Stage:
        server = serve(in_qt_thread(lambda _, responder: responder.write(watch(Endless(sequential=sequential)), "a/b")))

    Endless.taken = 0

    def talk():
        with slow_client(Stage) as client:
            client.get()
            client.until(b"\r\n\r\n")
            for step in range(1, 9):
                client.exactly(MIB // 4)
                settle(Stage.server)
                assert Endless.taken <= step * MIB // 4 + IN_HAND + KERNEL
            client.reset()
        watch.wait()

    application.run(talk)
