"""in_qt_thread: what a handler raises costs its request, in whatever thread, and a child that it forks ends there."""

from __future__ import annotations

import asyncio
import os
import signal
import threading

import pytest
from client import Client
from connection.tools import message

pytest.importorskip("PySide6.QtCore", reason="PySide6 is not installed")

from fastresp.qt import in_qt_thread


def test_failed(application, serve_qt, connect, log):
    def handle(request, responder):
        if request.url().endswith("begun"):
            responder.writeBeginChunked("a/b")
            responder.writeChunk(b"begun")
        raise KeyError("told to nobody")

    client = connect(serve_qt(handle))
    client.send(message("GET", "/") + message("GET", "/begun"))
    answer, rest = application.run(lambda: (client.answer(), client.rest()))
    assert (answer.status, answer.body) == (500, b"internal server error\n")
    assert rest.endswith(b"5\r\nbegun\r\n")
    for target in ("/", "/begun"):
        log.expect(f"the handler failed on GET {target} ", "KeyError", "told to nobody")


def test_a_coroutine_function_behind_a_decorator(application, serve_qt, connect, log):
    async def handle(request, responder):
        pass

    client = connect(serve_qt(lambda request, responder: handle(request, responder)))
    client.get()
    assert application.run(client.answer).status == 500
    log.expect("the handler failed on GET / ", "TypeError: Qt's event loop runs no coroutines")


class Own(BaseException):
    """Of no kind that anything catches."""


KINDS = [Own, asyncio.CancelledError, GeneratorExit, StopIteration, SystemExit, KeyboardInterrupt]


@pytest.mark.parametrize("has_handler", [True, False], ids=["SIGINT handled", "no SIGINT handler"])
@pytest.mark.parametrize("kind", KINDS)
def test_failed_with_whatever(application, serve_qt, connect, log, kind, has_handler, capfd):
    """A SystemExit among them: the process, and the other requests, go on."""

    def handle(request, responder):
        if request.url().endswith("begun"):
            responder.writeBeginChunked("a/b")
            responder.writeChunk(b"begun")
        elif request.url().endswith("fine"):
            responder.write(b"fine", "a/b")
            return
        raise kind("told to nobody")

    def talk():
        client.send(message("GET", "/") + message("GET", "/fine") + message("GET", "/begun"))
        return client.answer(), client.answer(), client.rest()

    before = signal.signal(signal.SIGINT, (lambda *_: None) if has_handler else signal.default_int_handler)
    try:
        client = connect(serve_qt(handle))
        failed, fine, rest = application.run(talk)
    finally:
        signal.signal(signal.SIGINT, before)
    assert (failed.status, failed.body, fine.body) == (500, b"internal server error\n", b"fine")
    assert rest.endswith(b"5\r\nbegun\r\n")
    for target in ("/", "/begun"):
        log.expect(f"the handler failed on GET {target} ", kind.__name__, "told to nobody")
    # PySide prints it
    assert ("KeyboardInterrupt" in capfd.readouterr().err) is (kind is KeyboardInterrupt and not has_handler)


def test_in_the_servers_own_thread(application, server_class, log):
    """A program may turn both loops in one thread."""

    def handle(request, responder):
        if request.url().endswith("/bad"):
            raise KeyError("told to nobody")
        responder.write(b"good", "a/b")

    async def main():
        server = server_class(in_qt_thread(handle))
        await server.start(port=0)
        asked = asyncio.create_task(asyncio.to_thread(talk, server.port))
        while not asked.done():
            application.core.processEvents()
            await asyncio.sleep(0)
        await server.close()
        return await asked

    def talk(port):
        with Client(port) as client:
            client.send(message("GET", "/bad") + message("GET", "/"))
            return [client.answer().status for _ in range(2)]

    assert asyncio.run(main()) == [500, 200]
    log.expect("the handler failed on GET /bad", "KeyError", "told to nobody")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
@pytest.mark.parametrize("way", ["returns", "answers", "raises", "exits"])
def test_a_child_ends_where_it_comes_back(application, serve_qt, connect, ask, way):
    def handle(request, responder):
        child = os.fork()
        if not child:
            if way == "raises":
                raise ValueError("of the child")
            if way == "exits":
                raise SystemExit(7)
            if way == "answers":  # which is the parent's to do
                responder.write(b"of the child", "a/b")
            return
        responder.write(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])), "a/b")

    expected = {"returns": b"0", "answers": b"0", "raises": b"1", "exits": b"7"}
    assert ask(connect(serve_qt(handle))).body == expected[way]


def test_calls_that_raise_in_an_invoker(application, log):
    """Those behind them are made all the same, also where the thread has ended."""
    from fastresp.qt.invokers import Invoker

    def fail(kind):
        raise kind("of the call")

    done = threading.Event()
    invoker = Invoker()
    for kind in KINDS[:-1]:
        invoker.post(fail, kind)
    invoker.post(done.set)
    application.core.processEvents()
    assert done.is_set()
    late = threading.Event()
    invoker.endings.add(lambda: fail(SystemExit))
    invoker._calls += [(fail, (IndexError,)), (late.set, ())]
    invoker.end()
    assert late.is_set()
    for kind in [*KINDS[:-1], SystemExit, IndexError]:
        log.expect("a call in a Qt thread failed", kind.__name__, "of the call")
