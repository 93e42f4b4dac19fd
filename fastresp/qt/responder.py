"""QHttpServerResponder: fastresp's Responder in Qt's spelling, callable from any thread."""

from __future__ import annotations

from collections.abc import Callable
from threading import get_ident
from typing import Any

from fastresp.core.device import discard
from fastresp.headers import Headers
from fastresp.qt import devices
from fastresp.qt.calls import Home
from fastresp.qt.headers import name_of
from fastresp.qt.response import QHttpServerResponse
from fastresp.qt.values import UNSET, Document, is_device, plain, plain_response
from fastresp.response import BINARY, JSON
from fastresp.status import UNDESCRIBED
from fastresp.status import StatusCode as _StatusCode

__all__ = ["QHttpServerResponder"]


class QHttpServerResponder:
    """Answers one request (QHttpServerResponder). `responder`: the Responder that the server made, in its thread.

    Every call may come from any thread. From another one than the server's it waits until the server's loop has made
    it, so that calls keep their order and each raises what is wrong with it to whoever made it; the loop never waits
    for another thread, so that this is no deadlock. All raise what Responder's methods raise.
    """

    __slots__ = ("__weakref__", "_home", "_responder")

    StatusCode = _StatusCode

    def __init__(self, responder: Any) -> None:
        self._responder = responder
        self._home = Home()

    def write(self, data: Any = UNSET, mimeType: Any = UNSET, status: Any = UNSET, *, headers: Any = UNSET) -> None:
        """Answer the request, whole.

        `write(status)`, `write(headers, status)`, `write(document, status)`, `write(document, headers, status)`,
        `write(data, mimeType, status)`, `write(data, headers, status)`; the status is 200 where none is given.

        data: bytes, str, a QByteArray, a QIODevice, or whatever Responder.write sends. A QIODevice belongs to the
        responder from the call on and is deleted once, whatever happens; it must belong to the calling thread, whose Qt
        event loop reads it on from there (in the server's own thread, only random-access devices are read).
        document: dict, list, QJsonDocument or QJsonArray. headers: QHttpHeaders, PySide6's among them.
        """
        given = {"mime_type": plain(mimeType), "status": plain(status), "headers": plain(headers)}
        call = {name: value for name, value in given.items() if value is not UNSET}
        if data is UNSET:
            self._call(self._responder.write, **call)
        elif is_device(data):
            self._write_device(data, call)
        else:
            data = plain(data)
            if isinstance(data, Document):
                call = described(call, JSON)
                data = bytes(data)
            if not self._call(self._responder.write, data, **call):
                discard(data)

    def _write_device(self, device: Any, call: dict[str, Any]) -> None:
        content, size = devices.take(device, get_ident() == self._home.thread)
        del device  # from here on its own thread has the last word on it
        sent = False
        try:
            if size is not None and not _is_without_content(call.get("status", call.get("mime_type"))):
                call = described(call, BINARY)
                fields = call["headers"]
                if not fields.contains("content-length"):
                    fields.append("content-length", str(size))
                elif fields.values("content-length") != [str(size)]:
                    raise ValueError(
                        f"the content-length among the headers is {fields.combined_value('content-length')}, but the"
                        f" device has {size} bytes"
                    )
            sent = self._call(self._responder.write, content, **call)
        finally:
            if not sent:
                content.close()

    def writeBeginChunked(self, mimeType: Any, trailerNames: Any = UNSET, status: Any = UNSET) -> None:
        """Begin an answer whose content follows in chunks.

        `writeBeginChunked(mimeType, status)`, `writeBeginChunked(headers, status)`, `writeBeginChunked(headers,
        trailerNames, status)`. trailerNames: a list of names or of WellKnownHeader.
        """
        names = plain(trailerNames)
        if names is not UNSET and not isinstance(names, str | bytes | int):
            names = [name_of(name) for name in names]
        given = {"trailer_names": names, "status": plain(status)}
        call = {name: value for name, value in given.items() if value is not UNSET}
        self._call(self._responder.write_begin_chunked, plain(mimeType), **call)

    def writeChunk(self, data: Any) -> None:
        """Send one chunk; empty data sends nothing, for it would end the message."""
        self._call(self._responder.write_chunk, plain(data))

    def writeEndChunked(self, data: Any = b"", trailers: Any = None) -> None:
        """Send the last data, the trailers, and the end."""
        self._call(self._responder.write_end_chunked, plain(data), plain(trailers))

    def sendResponse(self, response: QHttpServerResponse) -> None:
        """Send a QHttpServerResponse, fastresp's or PySide6's, which stays usable."""
        found = response._response if isinstance(response, QHttpServerResponse) else plain_response(response)
        self._call(self._responder.send_response, found)

    def swap(self, other: QHttpServerResponder) -> None:
        """Exchange the two responders: each then answers the other's request."""
        if not isinstance(other, QHttpServerResponder):
            raise TypeError(f"swap() takes another QHttpServerResponder, not {type(other).__name__}")
        mine = self._responder, self._home
        self._responder, self._home = other._responder, other._home
        other._responder, other._home = mine

    def isResponseCanceled(self) -> bool:
        """Whether the client left before the answer was complete."""
        canceled: bool = self._responder.is_response_canceled
        return canceled

    def __repr__(self) -> str:
        return repr(self._responder).replace("<Responder", "<QHttpServerResponder", 1)

    def _call(self, method: Callable[..., None], *arguments: Any, **named: Any) -> bool:
        """Call a method of the responder in the server's thread; whether the server is still there to be called."""
        return self._home.call(lambda: method(*arguments, **named), self._responder)


def _is_without_content(status: Any) -> bool:
    return isinstance(status, int) and (status < 200 or status in UNDESCRIBED)


def described(call: dict[str, Any], natural: str) -> dict[str, Any]:
    """The arguments of a write() that follow its data, with the type among the fields: the caller's, else `natural`."""
    call = dict(call)
    second = call.pop("mime_type", UNSET)
    if isinstance(second, int):
        if "status" in call:
            raise TypeError("write() was given two statuses")
        call["status"], second = second, UNSET
    if second is UNSET:
        fields = Headers(call.get("headers", ()))
    elif isinstance(second, str | bytes):
        fields = Headers(call.get("headers", ()))
        natural = second  # type: ignore[assignment]
    elif "headers" in call:
        raise TypeError("write() was given headers twice")
    else:
        fields = Headers(second)
    if not fields.contains("content-type"):
        fields.append("content-type", natural)
    call["headers"] = fields
    return call
