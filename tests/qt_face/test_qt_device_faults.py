"""QIODevices that live in the Qt thread and fail: nothing that was cut looks complete."""

from __future__ import annotations

import asyncio
import signal
import threading

import pytest
from connection.tools import Inbox

pytest.importorskip("PySide6.QtNetwork", reason="PySide6 is not installed")

from PySide6.QtCore import (
    QBuffer,
    QProcess,
    QThread,
    QTimer,
    Signal,
)
from qt_face.devices import Own, cut

from fastresp.qt import in_qt_thread


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


@pytest.mark.parametrize("kind", [ValueError, asyncio.CancelledError, SystemExit, KeyboardInterrupt])
@pytest.mark.parametrize("where", ["readData", "bytesAvailable", "errorString"])
def test_raises_whatever(application, serve, connect, watch, log, capfd, where, kind):
    """Also in what Qt calls, not fastresp: the answer is broken off, the process goes on."""

    class Failing(Own):
        errorOccurred = Signal(str)
        failing = ""

        def readData(self, size):
            if self.failing == "readData":
                raise kind("of the device")
            return super().readData(size)

        def bytesAvailable(self):
            if self.failing == "bytesAvailable":
                raise kind("of the device")
            return super().bytesAvailable()

        def errorString(self):
            raise kind("of the device")

    def answer(responder):
        device = watch(Failing(b"data"))
        responder.write(device, "a/b")

        def fail():
            device.failing = where
            if where == "readData":
                device.give(b"more")
            elif where == "bytesAvailable":
                device.close()
            else:
                device.errorOccurred.emit("by this name")

        QTimer.singleShot(20, fail)

    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        rest = cut(application, serve, connect, answer, watch)
    finally:
        signal.signal(signal.SIGINT, before)
    assert rest.endswith(b"4\r\ndata\r\n")
    lines = sorted(log.inbox.take(1 if where == "readData" else 2))
    log.lines.clear()
    assert "broken off" in lines[-1]
    assert kind.__name__ in lines[0]
    assert "Traceback" not in capfd.readouterr().err


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
