"""The responder in Qt's own spelling: a handler written against Qt's documentation, served by fastresp.

The classes wrap fastresp's; what differs from Qt on purpose is said in README.md. PySide6 is never imported here:
its objects are recognised when they are handed over, for then the program has imported it. What Qt would give as a
QByteArray is bytes, and what it would give as a QUrl, a QHostAddress or a QString is str, so that a handler runs with
and without PySide6; QByteArray(value) and QUrl(value) are one call away.
"""

from fastresp.qt.handlers import in_qt_thread, in_server_thread
from fastresp.qt.headers import QHttpHeaders
from fastresp.qt.request import QHttpServerRequest
from fastresp.qt.responder import QHttpServerResponder
from fastresp.qt.response import QHttpServerResponse

__all__ = [
    "QHttpHeaders",
    "QHttpServerRequest",
    "QHttpServerResponder",
    "QHttpServerResponse",
    "in_qt_thread",
    "in_server_thread",
]
