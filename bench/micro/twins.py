"""The two implementations side by side, and what stands in for the loop and the socket of a connection."""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Callable
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from fastresp import Config


class Twin:
    """One of the two implementations: `twin("wire.headers")` is its module of that name."""

    def __init__(self, name: str, suffix: str) -> None:
        self.name = name
        self.suffix = suffix

    def __call__(self, module: str) -> ModuleType:
        return importlib.import_module(f"fastresp.{module}{self.suffix}")


PURE = Twin("pure", "")
COMPILED = Twin("compiled", "_c")


def missing(twin: Twin) -> str:
    """Why a twin can't be measured here, or ""."""
    if twin is COMPILED:
        if os.environ.get("FASTRESP_NO_EXTENSIONS", "") not in ("", "0"):
            return "FASTRESP_NO_EXTENSIONS is set: only the pure twin runs"
        if find_spec("fastresp.wire.headers_c") is None:
            return "the compiled twins are not built (python -m pip install .)"
    return ""


class NullTransport:
    """A transport without a socket: it counts what is written, and is never full."""

    def __init__(self) -> None:
        self.writes = 0
        self.size = 0

    def write(self, data: bytes) -> None:
        self.writes += 1
        self.size += len(data)

    def writelines(self, pieces: list[bytes]) -> None:
        self.write(b"".join(pieces))

    def set_write_buffer_limits(self, high: int) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 50000) if name == "peername" else default


class StandingLoop:
    """A loop that only tells the time: an answer that is complete within its read needs no more."""

    time = staticmethod(time.monotonic)


def connect(twin: Twin, handler: Callable[[Any, Any], object], transport: Any) -> Any:
    """A protocol of this twin, as a server makes it for a connection, with `transport` under it."""
    service = twin("core.service").new_service(handler, Config(), StandingLoop(), False, True)
    twin("http1.reading").monotonic = float  # the budget of a turn of the loop is not for a loop that stands
    protocol = twin("http1.connection").new_connection(service)
    protocol.connection_made(transport)
    return protocol
