"""QHttpServerResponse: fastresp's Response in Qt's spelling."""

from __future__ import annotations

import os
from typing import Any

from fastresp.qt.headers import QHttpHeaders
from fastresp.qt.values import UNSET, encoded, plain
from fastresp.response import Response
from fastresp.status import StatusCode as _StatusCode

__all__ = ["QHttpServerResponse"]


class QHttpServerResponse:
    """An answer as a value, to be sent any number of times (QHttpServerResponse).

    `QHttpServerResponse(status)`, `QHttpServerResponse(data, status)`, `QHttpServerResponse(mimeType, data, status)`;
    the status is 200 where none is given. data: str, bytes, a QByteArray, a dict, a list, a QJsonDocument or a
    QJsonArray. An empty mimeType leaves the content-type out.
    Raises HeaderError for a bad mimeType, TypeError or ValueError for a bad status or data.
    """

    __slots__ = ("_response",)

    StatusCode = _StatusCode

    def __init__(self, mimeType: Any, data: Any = UNSET, status: Any = UNSET) -> None:
        first, second, third = plain(mimeType), plain(data), plain(status)
        if second is UNSET or (isinstance(second, int) and third is UNSET):
            content, kind = encoded(first, None)
            code = third if second is UNSET else second
        else:
            if not isinstance(first, str | bytes):
                raise TypeError(f"a mimeType is bytes or str, not {type(first).__name__}")
            content, kind = encoded(second, first)
            code = third
        if isinstance(content, int) and code is not UNSET:
            raise TypeError("QHttpServerResponse() takes one status and nothing after it")
        self._response = Response(content, _StatusCode.Ok if code is UNSET else code, mime_type=kind)
        if kind is not None and not kind:
            self._response.headers.remove_all("content-type")

    @staticmethod
    def fromFile(fileName: str | os.PathLike[str]) -> QHttpServerResponse:
        """The whole file, its type told from its name; 404 without content where it can't be read."""
        found = QHttpServerResponse.__new__(QHttpServerResponse)
        found._response = Response.from_file(fileName)
        return found

    def data(self) -> bytes:
        """The content."""
        return self._response.data

    def mimeType(self) -> bytes:
        """The content-type field's value; b"" where there is none."""
        return self._response.mime_type.encode("latin-1")

    def statusCode(self) -> int:
        """The status: a StatusCode where it has one of that number, else an int."""
        return self._response.status_code

    def headers(self) -> QHttpHeaders:
        """A copy of the fields, content-type among them."""
        return QHttpHeaders(self._response.headers)

    def setHeaders(self, newHeaders: Any) -> None:
        """Replace all fields, content-type among them."""
        self._response.headers = plain(newHeaders)

    def swap(self, other: QHttpServerResponse) -> None:
        """Exchange the two."""
        if not isinstance(other, QHttpServerResponse):
            raise TypeError(f"swap() takes another QHttpServerResponse, not {type(other).__name__}")
        self._response, other._response = other._response, self._response

    def __repr__(self) -> str:
        return repr(self._response).replace("<Response", "<QHttpServerResponse", 1)
