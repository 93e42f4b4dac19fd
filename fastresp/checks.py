"""What a server is given, looked at before it starts: a handler, a TLS context, a time."""

from __future__ import annotations

import inspect
import math
import ssl as tls
from collections.abc import Callable
from typing import TypeAlias

from fastresp import engine
from fastresp.text import shown

__all__ = ["Handler", "check_grace", "check_handler", "check_root_path", "check_ssl"]

Handler: TypeAlias = Callable[[engine.Request, engine.Responder], object]


LONGEST = 10**9
"""Seconds that a grace may have, if it has an end: some more, and clocks and timers of the system overflow."""


def check_grace(seconds: object) -> float:
    """The seconds as an exact number; inf is a grace without an end.

    Raises TypeError for what is no number, ValueError for one below zero, or above 10**9 and not inf.
    """
    if not isinstance(seconds, (int, float)):
        raise TypeError(f"grace is a number of seconds, not {shown(seconds)}")
    number = float.__float__(seconds) if isinstance(seconds, float) else int.__index__(seconds)
    if not number >= 0:
        raise ValueError(f"grace must not be below zero, not {shown(seconds)}")
    if number > LONGEST and number != math.inf:
        raise ValueError(f"grace must be at most {LONGEST}, or inf, not {shown(seconds)}")
    return float(number)


def check_handler(handler: object) -> None:
    """Raise TypeError if a handler can't be called with a request and a responder, or would do nothing then."""
    name = getattr(handler, "__qualname__", None) or type(handler).__qualname__
    if not callable(handler):
        raise TypeError(f"a handler is a function of (request, responder), not {handler!r}")
    try:
        signature = inspect.signature(handler)
    except ValueError:
        return  # written in C, without a word on what it takes
    try:
        signature.bind(None, None)
    except TypeError:
        raise TypeError(
            f"a handler takes two positional arguments, (request, responder); this one is {name}{signature}"
        ) from None
    if inspect.isgeneratorfunction(handler) or inspect.isasyncgenfunction(handler):
        raise TypeError(f"a handler is a plain or a coroutine function; {name}{signature} is a generator")


def check_root_path(path: object) -> None:
    """Raise TypeError for what is no text, ValueError for what is not "" or "/" and names behind it, like "/api/v1"."""
    if not isinstance(path, str):
        raise TypeError(f"root_path is the path under which a proxy has the application, not {shown(path)}")
    if path and (path[0] != "/" or path[-1] == "/" or not path.isprintable() or any(mark in path for mark in "?#% ")):
        raise ValueError(f"root_path begins with a slash and ends without one, decoded, like /api, not {shown(path)}")


def check_ssl(context: object) -> None:
    """Raise TypeError for what is no SSLContext, ValueError for one that can only be a client."""
    if context is None:
        return
    if not isinstance(context, tls.SSLContext):
        raise TypeError(f"ssl takes a ready ssl.SSLContext, not {context!r}")
    if context.protocol == tls.PROTOCOL_TLS_CLIENT:
        raise ValueError("ssl takes a server's SSLContext; this one was made with PROTOCOL_TLS_CLIENT")
