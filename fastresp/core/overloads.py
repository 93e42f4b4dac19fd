"""Which argument of `Responder.write` is what, and the plain values that an exchange is given.

Arguments are foreign: an object may run code of its own when it is looked at, and that code may call the responder
again. So all of them become exact bytes, str and tuples here, before the responder looks at its state for the last
time.
"""

from __future__ import annotations

import os
from typing import Any

from fastresp.core.arguments import OVERLOADS, UNSET
from fastresp.core.device import is_device
from fastresp.core.files import read_whole
from fastresp.core.pages import HTML, error_page, names_html
from fastresp.headers import Headers, field_name
from fastresp.response import BINARY, EMPTY, JSON, TEXT, Json, encode_json, type_of
from fastresp.status import status_code
from fastresp.wire.chunks import as_bytes
from fastresp.wire.headers import format_fields

__all__ = ["bare_error", "content_of", "exact", "formatted", "natural_type", "read_small", "sort", "sort_begin"]

VARY = format_fields({"vary": "accept"})


def sort(data: Any, mime_type: Any, status: Any, headers: Any) -> tuple[Any, Any, Any, int]:
    """The data (or UNSET), the mime type (or None), the formatted fields (or None), the status.

    Raises TypeError for arguments that are none of the overloads, ValueError and HeaderError for what must not be sent.
    """
    if isinstance(data, int) or data is UNSET:
        if mime_type is not UNSET or (data is not UNSET and status is not UNSET):
            raise TypeError(f"write() takes one status and nothing after it: {OVERLOADS}")
        status = status if data is UNSET else data
        data = UNSET
    elif isinstance(data, Headers):
        if headers is not UNSET:
            raise TypeError(f"write() was given headers twice: {OVERLOADS}")
        headers, data = data, UNSET
        if mime_type is not UNSET:
            if status is not UNSET or not isinstance(mime_type, int):
                raise TypeError(f"after headers only a status may follow: {OVERLOADS}")
            status, mime_type = mime_type, UNSET
    elif isinstance(mime_type, int):
        if status is not UNSET:
            raise TypeError(f"write() was given two statuses: {OVERLOADS}")
        status, mime_type = mime_type, UNSET
    code = 200 if status is UNSET else status_code(status)
    fields = None if headers is UNSET else headers
    kind = None if mime_type is UNSET else mime_type
    if mime_type is not UNSET and not isinstance(mime_type, str | bytes):
        if fields is not None or mime_type is None:
            raise TypeError(f"write() takes a mime type or headers second, not {mime_type!r}: {OVERLOADS}")
        fields, kind = mime_type, None
    return data, None if kind is None else exact(kind), formatted(fields), code


def sort_begin(mime_type: Any, trailer_names: Any, status: Any) -> tuple[int, Any, Any, list[bytes]]:
    """The status, the mime type (or None), the formatted fields (or None) and the trailers' names of
    `write_begin_chunked()`. Raises as `sort`.
    """
    if isinstance(trailer_names, int):
        if status is not UNSET:
            raise TypeError("write_begin_chunked() was given two statuses")
        status, trailer_names = trailer_names, UNSET
    code = 200 if status is UNSET else status_code(status)
    if code < 200:
        raise ValueError(f"an informational response ({code}) has no content: send it with write({code})")
    names = () if trailer_names is UNSET else trailer_names
    if isinstance(names, str | bytes):
        raise TypeError(f"trailer_names takes a list of names, not the single {type(names).__name__} {names!r}")
    if mime_type is None or isinstance(mime_type, int):
        raise TypeError(f"write_begin_chunked() takes a mime type or headers first, not {mime_type!r}")
    kind = head = None
    if isinstance(mime_type, str | bytes):
        kind = exact(mime_type)
    else:
        head = formatted(mime_type)
    announced = []
    for name in names:
        announced.append(field_name(name))
    return code, kind, head, announced


def content_of(data: Any) -> tuple[bytes, str] | None:
    """The octets that `data` stands for and their natural type; None for a device.

    Raises TypeError for what can't be sent, what orjson raises for a document that can't be serialised.
    """
    if data is UNSET:
        return b"", EMPTY
    if isinstance(data, str):
        return as_bytes(data), TEXT
    if isinstance(data, bytes | bytearray | memoryview):
        return as_bytes(data), BINARY
    if isinstance(data, dict | list | Json):
        return encode_json(data.value if isinstance(data, Json) else data), JSON
    if is_device(data):
        return None
    try:
        return as_bytes(data), BINARY
    except TypeError:
        raise TypeError(f"write() can't send {type(data).__name__}: it takes {OVERLOADS}") from None


def bare_error(exchange: Any, status: int) -> tuple[bytes, str, Any]:
    """The content, type and fields of an error of which the handler says nothing but its status: none, but for a client
    that shows it to a person.
    """
    request = None if exchange is None or exchange.gone else exchange.request
    if request is None or not names_html(request.headers.values("accept")):
        return b"", EMPTY, None
    return error_page(status), HTML, VARY


def natural_type(device: Any) -> Any:
    """The media type of a device without one: a path's is what its name says."""
    return exact(type_of(device)) if isinstance(device, os.PathLike) else BINARY


def read_small(device: Any, limit: int) -> bytes | None:
    """What the file holds that a path leads to, as `files.read_whole` has it; None for any other device."""
    return read_whole(device, limit) if isinstance(device, os.PathLike) else None


def exact(text: Any) -> Any:
    """A str or bytes of that very type, where `text` may be of a subclass with methods of its own."""
    if isinstance(text, str):
        return text if type(text) is str else str.__str__(text)
    return text if type(text) is bytes else b"".join((text,))


def formatted(fields: Any) -> Any:
    """What `wire.format_fields` makes of `fields`; None of None. Raises what that raises."""
    return None if fields is None else format_fields(fields)
