"""A whole program: a QCoreApplication in the main thread, a server in its own, and both come to a clean end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import fastresp

pytest.importorskip("PySide6.QtCore", reason="PySide6 is not installed")

PROGRAM = """
import sys
import threading
from http.client import HTTPConnection

from PySide6.QtCore import QBuffer, QCoreApplication, QMetaObject, QObject, QThread, Qt

from fastresp import Server
from fastresp.qt import in_qt_thread

app = QCoreApplication(sys.argv)


class Counter(QObject):
    def __init__(self):
        super().__init__()
        self.count = 0

    def answer(self, request, responder):
        assert self.thread() == QThread.currentThread()
        self.count += 1
        if self.count % 2:
            responder.write({"count": self.count})
        else:
            device = QBuffer()
            device.setData(b"x" * self.count)
            responder.write(device, b"text/plain")


def ask():
    connection = HTTPConnection("127.0.0.1", server.port)
    for _ in range(200):
        connection.request("GET", "/")
        lengths.append(len(connection.getresponse().read()))
    connection.close()
    QMetaObject.invokeMethod(app, "quit", Qt.ConnectionType.QueuedConnection)


lengths = []
counter = Counter()
with Server(in_qt_thread(counter.answer)).background(port=0) as server:
    threading.Thread(target=ask).start()
    app.exec()
assert lengths[1::2] == list(range(2, 201, 2))
print("done", counter.count)
"""

THREAD = """
import gc
import sys
import threading
from http.client import HTTPConnection

from PySide6.QtCore import QCoreApplication, QIODevice, QMetaObject, QObject, Qt, QThread, QTimer, Signal

from fastresp import Server
from fastresp.qt import in_qt_thread
from fastresp.qt.reader import Reader

app = QCoreApplication(sys.argv)


class Ticks(QIODevice):
    def __init__(self):
        super().__init__()
        self.left, self.have = 3, 0
        self.open(QIODevice.ReadOnly)
        self.timer = QTimer(self)
        self.timer.timeout.connect(self.tick)
        self.timer.start(1)

    def tick(self):
        if self.left:
            self.left -= 1
            self.have += 500
            self.readyRead.emit()
        else:
            self.timer.stop()
            self.readChannelFinished.emit()

    def isSequential(self):
        return True

    def bytesAvailable(self):
        return self.have + super().bytesAvailable()

    def atEnd(self):
        return not self.left and not self.have

    def readData(self, count):
        count = min(count, self.have)
        self.have -= count
        return b"s" * count


class Worker(QObject):
    todo = Signal(object)

    def __init__(self):
        super().__init__()
        self.todo.connect(self.work, Qt.ConnectionType.QueuedConnection)

    def work(self, responder):
        responder.write(Ticks(), "text/plain")


def ask():
    connection = HTTPConnection("127.0.0.1", server.port)
    for _ in range(80):
        connection.request("GET", "/")
        lengths.append(len(connection.getresponse().read()))
    connection.close()


def ask_all():
    clients = [threading.Thread(target=ask) for _ in range(5)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    QMetaObject.invokeMethod(app, "quit", Qt.ConnectionType.QueuedConnection)


lengths = []
thread, worker = QThread(), Worker()
worker.moveToThread(thread)
thread.start()
with Server(in_qt_thread(lambda request, responder: worker.todo.emit(responder))).background(port=0) as server:
    threading.Thread(target=ask_all).start()
    app.exec()
thread.quit()
thread.wait()
gc.collect()
assert not [each for each in gc.get_objects() if type(each) is Reader]
print("done", len(lengths), sum(lengths))
"""

AGAIN = """
import http.client, threading
from PySide6.QtCore import QBuffer, QCoreApplication, QIODevice, QTimer
from fastresp import Server
from fastresp.qt import in_qt_thread


@in_qt_thread
def handle(request, responder):
    device = QBuffer()
    device.setData(b"x" * 100_000)
    device.open(QIODevice.OpenModeFlag.ReadOnly)
    responder.write(device, "text/plain")


def ask(port, app):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/")
    answer = connection.getresponse()
    print(answer.status, len(answer.read()))
    connection.close()
    QTimer.singleShot(0, app, app.quit)


for _ in range(2):
    app = QCoreApplication([])
    with Server(handle).background(port=0) as server:
        client = threading.Thread(target=ask, args=(server.port, app))
        client.start()
        app.exec()
        client.join()
    app.shutdown()
    del app
"""


@pytest.mark.parametrize("pure", ["", "1"], ids=["compiled", "pure"])
@pytest.mark.parametrize(
    ("program", "printed"),
    [(PROGRAM, "done 200\n"), (THREAD, "done 400 600000\n"), (AGAIN, "200 100000\n" * 2)],
    ids=["application", "thread", "another application"],
)
def test_program(pure: str, program: str, printed: str) -> None:
    environment = {
        **os.environ,
        "FASTRESP_NO_EXTENSIONS": pure,
        "PYTHONPATH": str(Path(fastresp.__file__).parents[1]),
        "QT_QPA_PLATFORM": "offscreen",
    }
    command = [sys.executable, "-W", "error", "-X", "faulthandler", "-P", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, printed, "")
