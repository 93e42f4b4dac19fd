"""QIODevices that live in the Qt thread: destroyed once in every outcome, and read no faster than the client reads."""

from __future__ import annotations

import socket
import threading

import pytest
from connection.tools import Inbox, settle, wait_for_no_connection
from responder.slowness import IN_HAND, KERNEL, MIB, slow_client

pytest.importorskip("PySide6.QtNetwork", reason="PySide6 is not installed")

from PySide6.QtNetwork import QTcpSocket
from qt_face.devices import Own

from fastresp.qt import QHttpHeaders, in_qt_thread

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
        called.put()  # a client that leaves before gets no call
        gone.wait(10)
        responder.write(watch(Own(b"data")), "a/b")
        done.put(responder.isResponseCanceled())

    def see(request, responder):
        responder.on_close(gone.set)
        handle(request, responder)

    called, done = Inbox(), Inbox()
    client = connect(serve(see))

    def talk():
        client.get()
        called.get()
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
