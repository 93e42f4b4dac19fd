"""A device of the program's own, and what its tests share. Importing this needs PySide6."""

from __future__ import annotations

import threading

import pytest

pytest.importorskip("PySide6.QtNetwork", reason="PySide6 is not installed")

from PySide6.QtCore import (
    QIODevice,
)

from fastresp.qt import in_qt_thread

READ = QIODevice.OpenModeFlag.ReadOnly
CHUNKED = [(b"content-type", b"a/b"), (b"transfer-encoding", b"chunked")]


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
