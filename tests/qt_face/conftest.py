"""Handlers in Qt's spelling on a server, with and without PySide6; nothing is logged but what a test expects."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import pytest
from client import Client
from connection.tools import Log, message, nothing_logged, settle

from fastresp.qt import in_server_thread


@pytest.fixture(autouse=True)
def log() -> Iterator[Log]:
    with nothing_logged() as log:
        yield log


@pytest.fixture
def get(serve, connect):
    """The answer to one request that `answer(responder)` makes in the server's thread; whatever that raises is raised
    here. The connection can be used again after it."""

    def get(answer: Callable[[Any], object], method: str = "GET") -> Any:
        errors: list[BaseException] = []

        def handle(request: Any, responder: Any) -> None:
            try:
                answer(responder)
            except BaseException as error:
                errors.append(error)
                responder.write(b"", "x/failed", 599)

        server = serve(in_server_thread(handle), date_header=False)
        client = connect(server)
        client.send(message(method, "/") * 2)
        first, second = client.answer(method), client.answer(method)
        settle(server)
        if errors:
            raise errors[0]
        assert first.fields == second.fields
        return first

    return get


class Application:
    """The process's QCoreApplication. `run(function)` runs its event loop while a thread calls `function`."""

    def __init__(self) -> None:
        from PySide6.QtCore import QCoreApplication

        self.core = QCoreApplication.instance() or QCoreApplication([])
        self.thread = threading.get_ident()

    def run(self, function: Callable[[], Any]) -> Any:
        from PySide6.QtCore import QMetaObject, Qt

        result: Future[Any] = Future()

        def main() -> None:
            try:
                result.set_result(function())
            except BaseException as error:
                result.set_exception(error)
            finally:
                QMetaObject.invokeMethod(self.core, "quit", Qt.ConnectionType.QueuedConnection)

        thread = threading.Thread(target=main)
        thread.start()
        self.core.exec()
        thread.join()
        return result.result(0)


@pytest.fixture(scope="session")
def application() -> Application:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    pytest.importorskip("PySide6.QtCore", reason="PySide6 is not installed")
    return Application()


@pytest.fixture
def ask(application: Application) -> Callable[..., Any]:
    """Asks a server while Qt's event loop runs: `ask(client, request)` is the answer."""

    def ask(client: Client, request: bytes | None = None, to: str = "GET") -> Any:
        def talk() -> Any:
            client.send(message(to, "/") if request is None else request)
            return client.answer(to)

        return application.run(talk)

    return ask
