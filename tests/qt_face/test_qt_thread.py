"""in_qt_thread: the handler runs in the QCoreApplication's thread, the server in its own."""

from __future__ import annotations

import gc
import threading
from contextvars import ContextVar

import pytest
from client import Client
from connection.tools import Inbox, message, post, settle, wait_for_no_connection

pytest.importorskip("PySide6.QtCore", reason="PySide6 is not installed")

from PySide6.QtCore import QByteArray, QJsonDocument, QObject, QThread, QTimer

from fastresp import HeaderError, ResponderStateError
from fastresp.qt import QHttpHeaders, QHttpServerResponder, QHttpServerResponse, in_qt_thread
from fastresp.qt.handlers import _Call

Status = QHttpServerResponder.StatusCode


def test_the_thread(application, serve_qt, connect, ask):
    def handle(request, responder):
        here = threading.get_ident() == application.thread and QThread.currentThread() == application.core.thread()
        QObject(application.core).deleteLater()  # a child has to be of its parent's thread
        responder.write(str(here), "a/b")

    assert ask(connect(serve_qt(handle))).body == b"True"


CALLS = {
    "nothing": lambda r: r.write(),
    "status": lambda r: r.write(Status.NotFound),
    "headers": lambda r: r.write(QHttpHeaders({"a": "b"}), Status.Created),
    "document": lambda r: r.write(QJsonDocument({"a": 1}), QHttpHeaders({"a": "b"})),
    "dict": lambda r: r.write({"a": 1}, 202),
    "data": lambda r: r.write(QByteArray(b"data"), "a/b", Status.Created),
    "data and headers": lambda r: r.write(b"data", QHttpHeaders({"a": "b"})),
    "response": lambda r: r.sendResponse(QHttpServerResponse(b"a/b", b"data", 202)),
    "chunks": lambda r: (
        r.writeBeginChunked(QHttpHeaders({"a": "b"}), ["etag"], 201),
        r.writeChunk(b"one"),
        r.writeChunk(QByteArray(b"two")),
        r.writeEndChunked(b"three", QHttpHeaders({"etag": "1"})),
    ),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_calls(get, serve_qt, connect, ask, call):
    """Each call's answer is what it is in the server's thread."""
    assert ask(connect(serve_qt(lambda request, responder: call(responder)))) == get(call)


def test_interim(application, serve_qt, connect):
    def handle(request, responder):
        responder.write(Status.Processing)
        responder.write(b"data", "a/b")

    client = connect(serve_qt(handle))
    client.get()
    assert application.run(lambda: [client.answer().status for _ in range(2)]) == [102, 200]


def test_request(serve_qt, connect, ask):
    def handle(request, responder):
        seen.put((request.method().name, request.url(), request.body(), request.value("x-a"), request.query()["q"]))
        seen.put((request.remoteAddress(), request.remotePort(), request.localPort()))
        responder.write(200)

    seen = Inbox()
    server = serve_qt(handle)
    client = connect(server)
    ask(client, post("/a?q=1", b"body" * 50_000, "X-A: 2"))
    assert seen.get() == ("Post", "http://test/a?q=1", b"body" * 50_000, b"2", "1")
    assert seen.get() == (*client.socket.getsockname(), server.port)


def test_errors_are_raised_at_the_call(serve_qt, connect, ask):
    def handle(request, responder):
        with pytest.raises(HeaderError):
            responder.write(b"x", "a/b\n")
        with pytest.raises(ValueError, match="99"):
            responder.write(99)
        with pytest.raises(TypeError, match="takes"):
            responder.write(None)
        with pytest.raises(ResponderStateError, match="no chunked answer has begun"):
            responder.writeChunk(b"x")
        responder.writeBeginChunked("a/b")
        with pytest.raises(HeaderError, match="not announced"):
            responder.writeEndChunked(b"", {"etag": "1"})
        responder.writeEndChunked(b"data")
        with pytest.raises(ResponderStateError, match="already been answered, with status 200"):
            responder.write()
        done.put(True)

    done = Inbox()
    assert ask(connect(serve_qt(handle))).body == b"data"
    assert done.get()


def test_late(serve_qt, connect, ask):
    """A handler may keep its responder, and answer from a timer."""

    def handle(request, responder):
        QTimer.singleShot(1, lambda: responder.write(request.url(), "a/b"))

    client = connect(serve_qt(handle))
    for _ in range(2):
        assert ask(client).body == b"http://test/"


def test_pipelined(application, serve_qt, connect):
    """One of a client's is called at a time, as QHttpServer does: another client waits for one of them, not for all."""
    called = []

    def handle(request, responder):
        called.append(request.url())
        responder.write(request.url(), "a/b")

    def talk():
        return [client.answer().body for _ in range(10)], other.answer().body

    server = serve_qt(handle)
    client, other = connect(server), connect(server)
    client.send(b"".join(message("GET", f"/{number}") for number in range(10)))
    settle(server)
    other.get("/other")
    settle(server)
    bodies = [b"http://test/%d" % number for number in range(10)]
    assert application.run(talk) == (bodies, b"http://test/other")
    assert called[:2] == ["http://test/0", "http://test/other"]


def test_context(application, serve_qt, connect, ask):
    """What a handler sets is not seen by the next, which may be another client's."""
    user = ContextVar("user", default="nobody")

    def handle(request, responder):
        before = user.get()
        user.set("somebody")
        responder.write(before, "a/b")

    server = serve_qt(handle)
    for _ in range(2):
        assert ask(connect(server)).body == b"nobody"


def test_many(application, serve_qt, connect):
    """Several clients at once, a few hundred requests."""
    server = serve_qt(lambda request, responder: responder.write(request.body(), "a/b"))
    clients = [connect(server) for _ in range(6)]

    def talk(number, client):
        for index in range(50):
            body = b"%d-%d" % (number, index)
            client.send(post("/", body))
            if client.answer().body != body:
                wrong.append(body)

    def talk_all():
        threads = [threading.Thread(target=talk, args=each) for each in enumerate(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    wrong = []
    application.run(talk_all)
    assert wrong == []


def test_swap(application, serve_qt, connect):
    kept = []

    def handle(request, responder):
        kept.append(responder)
        if len(kept) == 2:
            one, two = kept
            one.swap(two)
            one.write("by one", "a/b")
            two.write("by two", "a/b")

    server = serve_qt(handle)
    clients = [connect(server), connect(server)]
    for client in clients:
        client.get()
        settle(server)
    assert application.run(lambda: [client.answer().body for client in clients]) == [b"by two", b"by one"]


def test_dropped(application, serve_qt, connect, log):
    def handle(request, responder):
        if request.url().endswith("begun"):
            responder.writeBeginChunked("a/b")
        del responder
        gc.collect()

    client = connect(serve_qt(handle))
    client.send(message("GET", "/") + message("GET", "/begun"))
    answer, rest = application.run(lambda: (client.answer(), client.rest()))
    assert answer.status == 500
    assert rest.endswith(b"chunked\r\n\r\n")
    log.expect("GET / ", "dropped without an answer")
    log.expect("GET /begun ", "dropped in the middle")


def test_canceled(application, serve, connect):
    """isResponseCanceled turns true while the handler is still at work, and then every call does nothing."""
    gone = threading.Event()
    seen = Inbox()

    @in_qt_thread
    def handle(request, responder):
        responder.writeBeginChunked("a/b")
        responder.writeChunk(b"begun")
        seen.put(responder.isResponseCanceled())
        assert gone.wait(10)
        seen.put(responder.isResponseCanceled())
        responder.writeChunk(b"more")
        responder.writeEndChunked(b"end")
        responder.write(b"more", "a/b")

    def watch(request, responder):
        responder.on_close(gone.set)
        handle(request, responder)

    server = serve(watch)
    client = connect(server)

    def talk():
        client.get()
        client.until(b"begun\r\n")
        before = seen.get()
        client.reset()
        return before, seen.get()

    assert application.run(talk) == (False, True)
    wait_for_no_connection(server)


def test_a_client_that_leaves_before_its_turn(application, serve, connect):
    """Its request gets no call, and what it has sent is let go although the Qt thread does not come to it."""
    called, posted = [], Inbox()
    post_it = in_qt_thread(lambda request, responder: called.append(request))

    def handle(request, responder):
        post_it(request, responder)
        posted.put()

    server = serve(handle)
    client = connect(server)
    client.send(post("/", b"x" * 1000))
    posted.get()
    client.reset()
    wait_for_no_connection(server)
    settle(server)
    gc.collect()
    assert not [thing for thing in gc.get_objects() if type(thing) is _Call and thing._work is not None]
    application.core.processEvents()
    assert called == []


def test_the_server_ends_first(application, server_class, loop_factory, connect):
    """A handler whose server is gone does nothing, and waits for nothing."""
    begun, closed, done = Inbox(), threading.Event(), Inbox()

    def handle(request, responder):
        begun.put()
        closed.wait(10)
        responder.write(b"late", "a/b")
        done.put(responder.isResponseCanceled())

    server = server_class(in_qt_thread(handle))

    def talk():
        with server.background(port=0, grace=0.0, loop_factory=loop_factory), Client(server.port) as client:
            client.get()
            begun.get()
        closed.set()
        return done.get()

    assert application.run(talk) is True


def test_nobody_runs_the_event_loop(application, server_class, loop_factory):
    """The server ends with its grace although a handler was never called; nor is it called late."""
    called = []
    server = server_class(in_qt_thread(lambda request, responder: called.append(request)))
    with server.background(port=0, grace=0.1, loop_factory=loop_factory):
        client = Client(server.port)
        client.get()
        settle(server)
    with client:
        assert client.rest() == b""
    application.core.processEvents()
    assert called == []


def test_what_is_no_handler():
    async def coroutine(request, responder):
        pass

    for bad in (None, lambda request: None, coroutine):
        with pytest.raises(TypeError):
            in_qt_thread(bad)
