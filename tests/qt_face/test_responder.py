"""QHttpServerResponder, method by method, as it arrives; with plain Python values."""

from __future__ import annotations

import asyncio
import functools
import gc
import io
import json
import threading

import pytest
from connection.tools import Inbox, message, post, settle, wait_for_no_connection

from fastresp import HeaderError, ResponderStateError, Server, StatusCode
from fastresp.qt import QHttpHeaders, QHttpServerResponder, QHttpServerResponse, in_qt_thread, in_server_thread

Status = QHttpServerResponder.StatusCode
EXTRA = QHttpHeaders([("Server", "test"), ("Content-Type", "a/b")])


def fields(*pairs):
    return [(name.encode(), value.encode()) for name, value in pairs]


X_EMPTY = fields(("content-type", "application/x-empty"), ("content-length", "0"))
DATA = fields(("content-type", "a/b"), ("content-length", "4"))
DATA_EXTRA = fields(("server", "test"), ("content-type", "a/b"), ("content-length", "4"))


@pytest.mark.parametrize(
    ("call", "status", "expected", "body"),
    [
        (lambda r: r.write(), 200, X_EMPTY, b""),
        (lambda r: r.write(Status.NotFound), 404, X_EMPTY, b""),
        (lambda r: r.write(status=Status.NotFound), 404, X_EMPTY, b""),
        (lambda r: r.write(EXTRA), 200, [*DATA_EXTRA[:2], X_EMPTY[1]], b""),
        (lambda r: r.write(EXTRA, Status.Created), 201, [*DATA_EXTRA[:2], X_EMPTY[1]], b""),
        (lambda r: r.write(b"data", b"a/b"), 200, DATA, b"data"),
        (lambda r: r.write(bytearray(b"data"), "a/b", Status.Created), 201, DATA, b"data"),
        (lambda r: r.write(b"data", "a/b", status=299), 299, DATA, b"data"),
        (lambda r: r.write(b"data", EXTRA), 200, DATA_EXTRA, b"data"),
        (lambda r: r.write("data", EXTRA, Status.Created), 201, DATA_EXTRA, b"data"),
        (lambda r: r.write(b"data", headers=EXTRA), 200, DATA_EXTRA, b"data"),
        (lambda r: r.write([1], EXTRA), 200, [*DATA_EXTRA[:2], (b"content-length", b"3")], b"[1]"),
        (lambda r: r.write(io.BytesIO(b"data"), "a/b"), 200, DATA, b"data"),
    ],
)
def test_write(get, call, status, expected, body):
    answer = get(call)
    assert (answer.status, answer.fields, answer.body) == (status, expected, body)


def test_write_a_document(get):
    answer = get(lambda responder: responder.write({"key": [1, None]}, Status.Accepted))
    assert (answer.status, answer.one(b"content-type")) == (202, b"application/json")
    assert json.loads(answer.body) == {"key": [1, None]}


def test_the_enumeration_is_nested():
    assert QHttpServerResponder.StatusCode is StatusCode
    assert QHttpServerResponder.StatusCode.ImATeapot == 418


def test_chunked(get):
    def answer(responder):
        responder.writeBeginChunked(b"a/b", Status.Created)
        responder.writeChunk(b"one")
        responder.writeChunk(b"")
        responder.writeEndChunked(b"two")

    found = get(answer)
    assert (found.status, found.chunks) == (201, [b"one", b"two"])
    assert found.fields == fields(("content-type", "a/b"), ("transfer-encoding", "chunked"))


def test_chunked_with_headers(get):
    def answer(responder):
        responder.writeBeginChunked(EXTRA)
        responder.writeEndChunked()

    found = get(answer)
    assert found.fields[:2] == DATA_EXTRA[:2]
    assert found.body == b""


def test_chunked_with_trailers(get):
    known = QHttpHeaders.WellKnownHeader

    def answer(responder):
        responder.writeBeginChunked(EXTRA, [known.ETag, "X-Sum"], Status.Accepted)
        responder.writeChunk(b"data")
        with pytest.raises(HeaderError, match="x-other"):
            responder.writeEndChunked(b"", QHttpHeaders({"x-other": "1"}))
        responder.writeEndChunked(b"", QHttpHeaders([(known.ETag, '"1"'), ("X-Sum", "2")]))

    found = get(answer)
    assert found.status == 202
    assert found.one(b"trailer") == b"etag, X-Sum"
    assert found.trailers == [(b"etag", b'"1"'), (b"x-sum", b"2")]


def test_send_response_keeps_it(get):
    response = QHttpServerResponse(b"text/html", b"x", Status.Created)
    for _ in range(2):
        answer = get(lambda responder: responder.sendResponse(response))
        assert (answer.status, answer.one(b"content-type"), answer.body) == (201, b"text/html", b"x")
    with pytest.raises(TypeError, match="takes a Response"):
        get(lambda responder: responder.sendResponse(b"x"))


def test_interim(serve, connect):
    def handle(request, responder):
        responder.write(Status.Processing)
        responder.sendResponse(QHttpServerResponse(Status.Processing))
        responder.sendResponse(QHttpServerResponse("done"))

    client = connect(serve(in_server_thread(handle)))
    client.get()
    assert [client.answer().status for _ in range(3)] == [102, 102, 200]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda r: r.write(99), ValueError),
        (lambda r: r.write(True, "a/b"), TypeError),
        (lambda r: r.write(None), TypeError),
        (lambda r: r.write(b"x", "a/b\r\n"), HeaderError),
        (lambda r: r.write(b"x", QHttpHeaders({"content-length": "2"})), ValueError),
        (lambda r: r.write(b"x", QHttpHeaders({"transfer-encoding": "chunked"})), ValueError),
        (lambda r: r.write(b"x", "a/b", None), TypeError),
        (lambda r: r.writeChunk(b"x"), ResponderStateError),
        (lambda r: r.writeEndChunked(b"x"), ResponderStateError),
        (lambda r: r.writeBeginChunked("a/b", "etag"), TypeError),
        (lambda r: r.writeBeginChunked("a/b", 102), ValueError),
        (lambda r: r.sendResponse(None), TypeError),
        (lambda r: r.swap(None), TypeError),
    ],
)
@pytest.mark.parametrize("here", [True, False], ids=["here", "elsewhere"])
def test_errors(get, call, error, here):
    """What is wrong is raised to the caller, in whatever thread; nothing was sent, and the handler can still answer."""
    caught = []

    def attempt(responder):
        try:
            call(responder)
        except Exception as caught_:
            caught.append(caught_)

    def answer(responder):
        if here:
            attempt(responder)
            responder.write(b"data", "a/b")
        else:
            threading.Thread(target=lambda: (attempt(responder), responder.write(b"data", "a/b"))).start()

    assert get(answer).fields == DATA
    assert [isinstance(one, error) for one in caught] == [True, True]


def test_answered_twice(get):
    def answer(responder):
        responder.write(b"data", "a/b")
        with pytest.raises(ResponderStateError, match="already been answered, with status 200"):
            responder.write(b"data", "a/b")

    get(answer)


def test_swap(serve, connect):
    kept = []

    def handle(request, responder):
        kept.append(responder)
        if len(kept) == 2:
            one, two = kept
            one.swap(two)
            one.write("by one", "a/b")
            two.write("by two", "a/b")

    client = connect(serve(in_server_thread(handle)))
    client.send(message("GET", "/") * 2)
    assert [client.answer().body for _ in range(2)] == [b"by two", b"by one"]


def test_other_threads_keep_their_order(serve, connect):
    """A hundred chunks of each of six requests, each from a thread of its own."""

    def work(responder, number):
        responder.writeBeginChunked("text/plain")
        for index in range(100):
            responder.writeChunk(f"{number}-{index} ")
        responder.writeEndChunked("end")

    def handle(request, responder):
        threading.Thread(target=work, args=(responder, request.query()["n"])).start()

    server = serve(in_server_thread(handle))
    clients = [connect(server) for _ in range(3)]
    for number, client in enumerate(clients):
        client.send(message("GET", f"/?n={number}") + message("GET", f"/?n={number + 3}"))
    for number, client in enumerate(clients):
        for name in (number, number + 3):
            assert client.answer().body.decode() == "".join(f"{name}-{index} " for index in range(100)) + "end"


def test_canceled(serve, connect):
    """Once the client is gone, calls of any thread do nothing, and a device is closed."""
    kept, gone = Inbox(), Inbox()

    def handle(request, responder):
        responder._responder.on_close(gone.put)
        responder.writeBeginChunked("a/b")
        responder.writeChunk(b"begun")
        kept.put(responder)

    server = serve(in_server_thread(handle))
    client = connect(server)
    client.get()
    responder = kept.get()
    client.until(b"begun\r\n")
    assert responder.isResponseCanceled() is False
    client.reset()
    gone.get()
    assert responder.isResponseCanceled() is True
    responder.writeChunk(b"more")
    responder.writeEndChunked(b"more", QHttpHeaders({"a": "b"}))
    device = io.BytesIO(b"x")
    responder.write(device, "a/b")
    assert device.closed
    wait_for_no_connection(server)


def test_dropped_in_another_thread(serve, connect, log):
    def work(kept):
        kept.clear()
        gc.collect()

    def handle(request, responder):
        kept = [responder]
        del responder
        threading.Thread(target=work, args=(kept,)).start()

    client = connect(serve(in_server_thread(handle)))
    client.get()
    assert client.answer().status == 500
    log.expect("dropped without an answer")


def test_called_after_the_server(server_class, loop_factory):
    """A responder outlives its server: its calls do nothing."""
    from client import Client

    kept = Inbox()
    server = server_class(in_server_thread(lambda request, responder: kept.put(responder)))
    with server.background(port=0, grace=0.0, loop_factory=loop_factory), Client(server.port) as client:
        client.get()
        responder = kept.get()
        settle(server)
    assert responder.isResponseCanceled() is True
    device = io.BytesIO(b"x")
    responder.write(device, "a/b")
    assert device.closed
    responder.writeChunk(b"x")


def test_called_in_a_loop_that_has_stopped(server_class, loop_factory):
    """It is not closed, and may run again: who calls does not wait for that for ever, nor is the call made then."""
    from client import Client

    kept, ended = Inbox(), Inbox()
    server = server_class(in_server_thread(lambda request, responder: kept.put(responder)))

    def call(responder):
        responder.write(b"late")
        ended.put(True)

    loop = loop_factory()
    try:
        loop.run_until_complete(server.start(port=0))
        with Client(server.port) as client:
            client.get()
            responder = loop.run_until_complete(asyncio.to_thread(kept.get))
            threading.Thread(target=call, args=(responder,), daemon=True).start()
            try:
                assert ended.get()
            finally:
                loop.run_until_complete(server.close(0))
            assert b"late" not in client.rest()
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


def test_failed(serve, connect, log):
    def handle(request, responder):
        raise KeyError("told to nobody")

    client = connect(serve(in_server_thread(handle)))
    client.get()
    answer = client.answer()
    assert (answer.status, answer.body) == (500, b"internal server error\n")
    log.expect("the handler failed on GET /", "told to nobody")


def test_a_coroutine_function_behind_a_decorator(serve, connect):
    """As Server takes it; it finds the body complete, too."""

    async def handle(request, responder):
        await asyncio.sleep(0)
        responder.write(request.body(), "a/b")

    @functools.wraps(handle)
    def decorated(*arguments):
        return handle(*arguments)

    client = connect(serve(in_server_thread(decorated)))
    client.send(post("/", b"body"))
    assert client.answer().body == b"body"


@pytest.mark.parametrize("wrap", [in_server_thread, in_qt_thread])
@pytest.mark.parametrize("is_async", [True, False])
def test_what_an_object_has_to_say_to_start_and_end(loop_factory, wrap, is_async):
    class Handler:
        def __init__(self):
            self.said = []

        def __call__(self, request, responder):
            pass

        async def start_up(self):
            self.said.append("start_up")

        async def drained(self):
            self.said.append("drained")

        async def shut_down(self):
            self.said.append("shut_down")

    class Later(Handler):
        async def __call__(self, request, responder):
            pass

    handler = Later() if is_async and wrap is in_server_thread else Handler()
    with Server(wrap(handler)).background(port=0, loop_factory=loop_factory):
        assert handler.said == ["start_up"]
    assert handler.said == ["start_up", "drained", "shut_down"]


def test_what_is_no_handler():
    for bad in (None, lambda request: None, 5):
        with pytest.raises(TypeError):
            in_server_thread(bad)


def test_repr(get):
    shown = []
    get(lambda responder: (shown.append(repr(responder)), responder.write()))
    assert shown[0] == "<QHttpServerResponder ready>"
