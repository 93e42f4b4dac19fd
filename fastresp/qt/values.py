"""What a Qt program hands over, as what fastresp takes: PySide6's values without an import of PySide6.

Whoever holds an object of PySide6 has imported it, so that its classes are among the loaded modules.
"""

from __future__ import annotations

import sys
from enum import Enum
from typing import Any

from fastresp.headers import Headers
from fastresp.qt.headers import QHttpHeaders, octets
from fastresp.response import JSON, Response

__all__ = ["UNSET", "Document", "is_device", "plain", "plain_response", "qt"]

UNSET: Any = type("Unset", (), {"__repr__": lambda self: "..."})()

_AS_THEY_ARE = {type(UNSET), bytes, str, int, dict, list}


class Document(bytes):
    """JSON that Qt has serialised."""


def qt(module: str) -> Any:
    """A module of PySide6 by its name ("QtCore"), if the program has loaded it; else None."""
    return sys.modules.get(f"PySide6.{module}")


def is_device(thing: Any) -> bool:
    """Whether `thing` is a QIODevice."""
    core = qt("QtCore")
    return core is not None and isinstance(thing, core.QIODevice)


def plain(value: Any) -> Any:
    """A QByteArray as bytes, a QJsonDocument or a QJsonArray as a Document, QHttpHeaders as Headers, a status of
    PySide6's enumeration as an int; anything else as it is."""
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, QHttpHeaders):
        return value._headers
    if isinstance(value, Enum) and type(value).__name__ == "StatusCode":
        return value.value
    core = qt("QtCore")
    if core is None:
        return value
    if isinstance(value, core.QJsonArray):
        value = core.QJsonDocument(value)
    if isinstance(value, core.QJsonDocument):
        # a document of nothing is JSON's null; Qt sends no byte, which is not JSON
        return Document(value.toJson(core.QJsonDocument.JsonFormat.Compact).data() or b"null")
    network = qt("QtNetwork")
    if network is not None and isinstance(value, getattr(network, "QHttpHeaders", ())):
        return QHttpHeaders(value)._headers
    return octets(value)


def plain_response(response: Any) -> Any:
    """PySide6's QHttpServerResponse as a Response; anything else as it is."""
    server = qt("QtHttpServer")
    if server is None or not isinstance(response, server.QHttpServerResponse):
        return response
    return Response(octets(response.data()), plain(response.statusCode()), headers=_only(response.headers()))


def encoded(content: Any, mime_type: Any) -> tuple[Any, Any]:
    """Content and its type, with the bytes of a Document for what they are."""
    if isinstance(content, Document):
        return bytes(content), JSON if mime_type is None else mime_type
    return content, mime_type


def _only(headers: Any) -> Headers:
    fields: Headers = plain(headers)
    return fields
