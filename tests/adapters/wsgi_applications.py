"""Parts of WSGI applications."""

from __future__ import annotations

import threading

PLAIN = ("Content-Type", "text/plain")


def answering(*pieces: bytes, status: str = "200 OK", fields: tuple = (PLAIN,)):
    """An application that returns these pieces as a list."""

    def app(environ, start_response):
        start_response(status, list(fields))
        return list(pieces)

    return app


def yielding(*pieces: bytes, status: str = "200 OK", fields: tuple = (PLAIN,)):
    """An application that is a generator of these pieces."""

    def app(environ, start_response):
        start_response(status, list(fields))
        yield from pieces

    return app


class Closing:
    """An iterable that tells that it was closed."""

    def __init__(self, pieces) -> None:
        self.pieces = pieces
        self.closed = threading.Event()

    def __iter__(self):
        return iter(self.pieces)

    def close(self) -> None:
        self.closed.set()
