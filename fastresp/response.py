"""An answer as a value: made once, sent any number of times, by any number of connections."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, overload

from fastresp.headers import Headers
from fastresp.status import StatusCode, status_code

__all__ = ["Json", "Response", "encode_json"]

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from fastresp.headers import Fields, Text


encode_json: Callable[[Any], bytes]
try:
    from orjson import dumps as encode_json
except ModuleNotFoundError:  # off CPython, or without the GIL; as compact as orjson

    def encode_json(document: Any, /) -> bytes:
        return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


TEXT = "text/plain; charset=utf-8"
BINARY = "application/octet-stream"
EMPTY = "application/x-empty"
JSON = "application/json"


class Json:
    """Marks any value as a JSON document: `write(Json("text"))`, where a bare str would be text."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"Json({self.value!r})"


Document: TypeAlias = dict[Any, Any] | list[Any] | Json


class Response:
    """A status, header fields and content, ready to be sent by `responder.send_response`, any number of times
    (QHttpServerResponse).

    The first argument is a status (no content, `application/x-empty`), a document (dict, list or Json; serialised
    here), text (UTF-8) or bytes. `mime_type` names the content's type (without it: `application/json` for a document,
    `text/plain; charset=utf-8` for text, `application/octet-stream` for bytes); a content-type among `headers` wins.
    Raises HeaderError for bad fields, TypeError or ValueError for a bad status or content.

    >>> ready = Response({"status": "ok"})
    >>> handle = lambda request, responder: responder.send_response(ready)
    """

    __slots__ = ("_data", "_head", "_head_of", "_headers", "_status")

    @overload
    def __init__(self, content: int, /, *, mime_type: Text | None = None, headers: Fields | None = None) -> None: ...
    @overload
    def __init__(
        self,
        content: str | ReadableBuffer | Document = b"",
        status: int = ...,
        *,
        mime_type: Text | None = None,
        headers: Fields | None = None,
    ) -> None: ...
    def __init__(
        self,
        content: int | str | ReadableBuffer | Document = b"",
        status: int = StatusCode.Ok,
        *,
        mime_type: Text | None = None,
        headers: Fields | None = None,
    ) -> None:
        natural: str | None
        if isinstance(content, int):
            # what a 304 says of the content replaces what caches have stored
            status = status_code(content)
            data, natural = b"", None if status == StatusCode.NotModified else EMPTY
        else:
            data, natural = _encode(content)
        self._status = status_code(status)
        self._data = data
        self._headers = Headers() if headers is None else Headers(headers)
        kind = natural if mime_type is None else mime_type
        if kind is not None and not self._headers.contains("content-type"):
            self._headers.append("content-type", kind)
        self._head: bytes | None = None
        self._head_of: object = None

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Response:
        """The whole file at `path`, its type told from its name; 404 without content where it can't be read."""
        try:
            with open(path, "rb") as file:
                data = file.read()
        except OSError:
            return cls(StatusCode.NotFound)
        return cls(data, mime_type=type_of(path))

    @property
    def data(self) -> bytes:
        """The content."""
        return self._data

    @property
    def status_code(self) -> int:
        """The status: a StatusCode where it has one of that number, else an int."""
        try:
            return StatusCode(self._status)
        except ValueError:
            return self._status

    @property
    def mime_type(self) -> str:
        """The content-type field's value, "" where there is none."""
        return self._headers.value("content-type", "") or ""

    @property
    def headers(self) -> Headers:
        """The fields, content-type among them. Changes count from the next time the response is sent."""
        return self._headers

    @headers.setter
    def headers(self, headers: Fields) -> None:
        self._headers = Headers(headers)

    def swap(self, other: Response) -> None:
        """Exchange the two responses."""
        if not isinstance(other, Response):
            raise TypeError(f"swap() takes another Response, not {type(other).__name__}")
        for name in self.__slots__:
            mine, theirs = getattr(self, name), getattr(other, name)
            setattr(self, name, theirs)
            setattr(other, name, mine)

    def __repr__(self) -> str:
        return f"<Response {self._status} {self.mime_type} {len(self._data)} bytes>"


def type_of(path: str | bytes | os.PathLike[Any]) -> str:
    """The media type that a file's name stands for; text is taken to be UTF-8."""
    import mimetypes  # most programs never ask

    kind, coding = mimetypes.guess_type(os.fsdecode(path))
    if kind is None or coding is not None:
        return BINARY
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def _encode(content: Any) -> tuple[bytes, str]:
    if isinstance(content, bytes):
        # exact bytes, and the text itself, whatever a subclass says that it is
        return bytes.__getitem__(content, slice(None)), BINARY
    if isinstance(content, str):
        return str.encode(content), TEXT
    if isinstance(content, Json):
        return encode_json(content.value), JSON
    if isinstance(content, dict | list):
        return encode_json(content), JSON
    try:
        return bytes(memoryview(content).cast("B")), BINARY
    except TypeError:
        raise TypeError(
            f"a Response takes a status, str, bytes, a dict, a list or Json, not {type(content).__name__}"
        ) from None
