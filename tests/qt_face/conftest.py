"""Handlers in Qt's spelling on a server, with and without PySide6; nothing is logged but what a test expects."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import pytest
from client import Client
from connection.tools import Inbox, Log, message, nothing_logged, settle

from fastresp.qt import in_qt_thread, in_server_thread


@pytest.fixture(autouse=True)
def log() -> Iterator[Log]:
    with nothing_logged() as log:
        yield log
        # some leave their requests unanswered until the server ends, and that is told
        log.lines[:] = [line for line in log.lines if " at the end of grace: " not in line]


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


@pytest.fixture
def serve_qt(serve):
    """As `serve`, the handler in the QCoreApplication's thread."""
    return lambda handler, **config: serve(in_qt_thread(handler), date_header=False, **config)


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
        while not result.done():  # the quit of another call, which had ended in another way, may come first
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


class Watch:
    """Each device is destroyed once, in the Qt thread, in which it is read as well."""

    def __init__(self, application):
        self.thread = application.thread
        self.given = 0
        self.kept = []  # by the program, so that it is not the last reference that destroys them
        self.destroyed = Inbox()

    def __call__(self, device):
        self.given += 1
        self.kept.append(device)
        device.destroyed.connect(lambda *_: self.destroyed.put(threading.get_ident()))
        return device

    def wait(self):
        """Blocks until all are destroyed: not for the Qt thread."""
        assert self.destroyed.take(self.given) == [self.thread] * self.given


@pytest.fixture
def watch(application):
    watch = Watch(application)
    yield watch
    application.core.processEvents()
    assert watch.destroyed.count == watch.given


@pytest.fixture
def answer_of(application, serve, connect, watch):
    """What answers a request when `answer(responder, request)` runs in the Qt thread; the connection is kept."""

    def answer_of(answer, method="GET", version="1.1"):
        errors = []

        def handle(request, responder):
            try:
                answer(responder)
            except BaseException as error:
                errors.append(error)
                raise

        server = serve(in_qt_thread(handle), date_header=False)
        client = connect(server)

        def talk():
            client.send(message(method, "/", version=version))
            found = client.answer(method)
            watch.wait()
            return found

        found = application.run(talk)
        settle(server)
        assert errors == []
        return found

    return answer_of
