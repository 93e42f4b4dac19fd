"""WSGI: what applications do wrong, slow clients, and clients that leave."""

from __future__ import annotations

import gc
import io
import sys
import threading
import time

import pytest
from adapters.wsgi_applications import PLAIN, Closing, answering, yielding
from client import Client
from connection.tools import post, settle

from fastresp.wsgi import WsgiHandler
from fastresp.wsgi.feed import Feed


def _late(environ, start_response):
    yield b"x"
    start_response("200 OK", [])


def large(size: int) -> int:
    """Contents of requests that wait, of this size."""
    calls = [thing for thing in gc.get_objects() if type(thing).__name__ == "Call"]
    environs = [getattr(call, "environ", {}) for call in calls]  # one may begin
    inputs = [environ.get("wsgi.input") for environ in environs]
    return sum(isinstance(content, io.BytesIO) and len(content.getvalue()) == size for content in inputs)


class TestFaults:
    def test_raising(self, wsgi, log):
        def app(environ, start_response):
            start_response("200 OK", [])
            raise LookupError("in the application")

        client = wsgi(app)
        for _ in range(2):
            client.get("/x?y")
            assert client.answer().status == 500
        assert "LookupError: in the application" in log.wait_for("the application failed on GET /x?y from 127.0.0.1:")

    def test_one_that_exits_takes_nobody_along(self, wsgi, log):
        client = wsgi(lambda environ, start_response: sys.exit(3))
        for _ in range(2):
            client.get()
            assert client.answer().status == 500
        log.wait_for("SystemExit: 3")

    def test_raising_in_the_middle(self, serve, connect, log):
        def app(environ, start_response):
            start_response("200 OK", [])
            yield b"one"
            raise LookupError("in the middle")

        client = connect(serve(WsgiHandler(app, threads=1)))
        client.get()
        assert not client.rest().endswith(b"0\r\n\r\n")
        log.wait_for("LookupError: in the middle")

    @pytest.mark.parametrize(
        ("status", "fields", "words"),
        [
            ("200 OK", [("bad name", "x")], "must be a token"),
            ("200 OK", [("x", "a\r\ny: b")], "must hold no control character"),
            ("200 OK", [("x", "\u20ac")], "none beyond Latin-1"),
            ("OK", [], "a status is a string like '200 OK'"),
            ("100 Continue", [], "a status is a string like '200 OK'"),
            ("2000 OK", [], "a status is a string like '200 OK'"),
            ("200 OK\r\nset-cookie: a=b", [], "a reason phrase has no control characters"),
            ("200 \u20ac", [], "a reason phrase has no control characters"),
            (200, [], "TypeError"),
        ],
    )
    def test_bad_calls_of_start_response(self, wsgi, log, status, fields, words):
        client = wsgi(answering(b"x", status=status, fields=fields))
        client.get()
        answer = client.answer()
        assert (answer.status, answer.all(b"y")) == (500, [])
        log.wait_for(words)

    @pytest.mark.parametrize(
        ("app", "words"),
        [
            (lambda environ, start_response: [b"x"], "before it called start_response()"),
            (lambda environ, start_response: iter([b"x"]), "before it called start_response()"),
            (lambda environ, start_response: [], "before it called start_response()"),
            (_late, "before it called start_response()"),
            (lambda environ, start_response: None, "TypeError"),
            (lambda environ, start_response: (start_response("200 OK", []), ["text"])[1], "TypeError"),
            (lambda environ, start_response: (start_response("200 OK", []), iter(["text"]))[1], "not str"),
            (lambda environ, start_response: (start_response("200", []), start_response("200", [])), "second time"),
        ],
    )
    def test_bad_applications(self, wsgi, log, app, words):
        client = wsgi(app)
        client.get()
        assert client.answer().status == 500
        log.wait_for(words)

    def test_another_answer_with_exc_info(self, wsgi):
        def app(environ, start_response):
            start_response("200 OK", [PLAIN])
            try:
                raise LookupError
            except LookupError:
                start_response("503 Service Unavailable", [], sys.exc_info())
            return [b"sorry"]

        client = wsgi(app)
        client.get()
        answer = client.answer()
        assert (answer.status, answer.body) == (503, b"sorry")

    def test_exc_info_when_it_is_too_late(self, wsgi, threads, log):
        """In the loop's thread what was yielded is only collected: there is time for a 500, and no mixture of both."""

        def app(environ, start_response):
            start_response("200 OK", [])
            yield b"begun"
            try:
                raise LookupError("too late")
            except LookupError:
                start_response("503 Service Unavailable", [], sys.exc_info())

        client = wsgi(app)
        client.get()
        if threads:
            assert not client.rest().endswith(b"0\r\n\r\n")
        else:
            assert client.answer().status == 500
        log.wait_for("LookupError: too late")

    def test_a_close_that_raises_takes_nothing_from_the_answer(self, wsgi, log):
        class Failing(Closing):
            def close(self) -> None:
                raise LookupError("in close")

        client = wsgi(lambda environ, start_response: (start_response("200 OK", []), Failing([b"one", b"two"]))[1])
        for _ in range(20):
            client.get()
            assert client.answer().body == b"onetwo"
        log.wait_for("LookupError: in close")

    @pytest.mark.parametrize("make", [answering, yielding])
    @pytest.mark.parametrize("pieces", [(b"toolong",), (b"to", b"olong")])
    def test_no_more_than_the_stated_length(self, wsgi, make, pieces):
        client = wsgi(make(*pieces, fields=(("Content-Length", "3"),)))
        for _ in range(2):
            client.get()
            assert client.answer().body == b"too"

    def test_less_than_the_stated_length(self, wsgi, log):
        client = wsgi(answering(b"short", fields=(("Content-Length", "9"),)))
        client.get()
        assert client.answer().status == 500
        log.wait_for("content-length among the headers is 9, but the content has 5 bytes")

    def test_less_than_the_stated_length_in_pieces(self, serve, connect, log):
        app = yielding(b"one", b"two", fields=(("Content-Length", "9"),))
        client = connect(serve(WsgiHandler(app, threads=1)))
        client.get()
        assert client.rest().endswith(b"\r\n\r\nonetwo")
        log.wait_for("the device ended 3 bytes before")

    @pytest.mark.parametrize("pieces", [[b"a"], [b"a", b"b"], [], ["text"]])
    def test_close_is_always_called(self, wsgi, pieces):
        result = Closing(pieces)
        client = wsgi(lambda environ, start_response: (start_response("200 OK", []), result)[1])
        client.get()
        client.answer()
        assert result.closed.wait(10)

    @pytest.mark.parametrize("half_closes", [False, True])
    def test_what_waits_for_a_thread_without_its_client(self, serve, connect, half_closes):
        """Its content is let go before a thread is free."""
        busy, free = threading.Semaphore(0), threading.Event()

        def app(environ, start_response):
            busy.release()
            free.wait(20)
            start_response("200 OK", [PLAIN])
            return [b"done"]

        size = 4_000_000
        server = serve(WsgiHandler(app, threads=1))
        first, client = connect(server), connect(server)
        first.get()
        assert busy.acquire(timeout=20)
        before = large(size)
        client.send(post("/", b"x" * size))
        while large(size) == before:
            time.sleep(0.001)
        if half_closes:
            client.half_close()
            settle(server)
        client.reset()
        while large(size) > before:  # in the turn that follows, or, behind a half-close, within a second
            time.sleep(0.01)
        free.set()
        assert first.answer().body == b"done"

    def test_a_system_that_gives_no_thread(self, serve, connect, log, monkeypatch):
        inside, go = threading.Event(), threading.Event()

        def app(environ, start_response):
            if environ["PATH_INFO"] == "/wait":
                inside.set()
                go.wait(10)
            start_response("200 OK", [])
            return [b"ok"]

        def refuse(self):
            if self.name == "fastresp-wsgi":
                raise RuntimeError("can't start new thread")
            start(self)

        start = threading.Thread.start
        server = serve(WsgiHandler(app, threads=2))
        one, two = connect(server), connect(server)
        monkeypatch.setattr(threading.Thread, "start", refuse)
        one.get()
        assert one.answer().status == 500
        log.wait_for("can't start a thread")
        monkeypatch.setattr(threading.Thread, "start", start)
        one.get("/wait")
        assert inside.wait(10)
        monkeypatch.setattr(threading.Thread, "start", refuse)
        two.get()  # waits for the only thread there is
        go.set()
        assert (one.answer().body, two.answer().body) == (b"ok", b"ok")

    def test_arguments(self):
        with pytest.raises(TypeError, match=r"a WSGI application is a callable of \(environ, start_response\), not 5"):
            WsgiHandler(5)
        with pytest.raises(ValueError, match="threads must not be below 0"):
            WsgiHandler(answering(), threads=-1)
        with pytest.raises(ValueError, match="spool_limit must not be below 0"):
            WsgiHandler(answering(), spool_limit=-1)


class TestBackpressure:
    def endless(self):
        """An application that never ends, and how much of it was taken."""
        result = Closing(self._pieces())
        self.taken = 0
        return result

    def _pieces(self):
        while True:
            self.taken += 1
            yield bytes(1 << 16)

    @pytest.mark.parametrize("fields", [[], [("Content-Length", str(1 << 40))]])
    @pytest.mark.parametrize("by_write", [False, True])
    def test_a_client_that_leaves_ends_it(self, serve, connect, fields, by_write):
        result = self.endless()

        def app(environ, start_response):
            write = start_response("200 OK", fields)
            if not by_write:
                return result
            try:
                for piece in result:
                    write(piece)
            finally:
                result.close()

        client = connect(serve(WsgiHandler(app, threads=1)))
        client.get()
        client.until(b"\r\n\r\n")
        client.reset()
        assert result.closed.wait(10)

    @pytest.mark.parametrize("begun", [True, False])
    def test_a_client_that_leaves_ends_one_that_has_nothing_yet(self, serve, connect, begun):
        """Empty pieces are PEP 3333's way to say so."""
        inside = threading.Event()

        def pieces():
            if begun:
                yield b"begun"
            inside.set()
            while True:
                yield b""
                time.sleep(0)

        def app(environ, start_response):
            start_response("200 OK", [])
            return result

        result = Closing(pieces())
        client = connect(serve(WsgiHandler(app, threads=1)))
        client.get()
        assert inside.wait(10)
        client.reset()
        assert result.closed.wait(10)

    @pytest.mark.parametrize("limit", [0, 1, 1 << 20])
    def test_a_client_that_reads_slowly_holds_it_back(self, serve, connect, limit):
        result = self.endless()

        def app(environ, start_response):
            start_response("200 OK", [])
            return result

        client = connect(serve(WsgiHandler(app, threads=1, spool_limit=limit)))
        client.get()
        client.until(b"\r\n\r\n")
        before = -1
        while before != self.taken:
            before = self.taken
            result.closed.wait(0.3)
        assert self.taken < 400  # 26 MB: what the system's buffers hold at the most, and a little
        assert client.more()

    def test_the_server_closes_under_it(self, server_class, loop_factory, log):
        result = self.endless()

        def app(environ, start_response):
            start_response("200 OK", [])
            return result

        with (
            server_class(WsgiHandler(app, threads=1)).background(port=0, grace=0, loop_factory=loop_factory) as server,
            Client(server.port) as client,
        ):
            client.get()
            client.until(b"\r\n\r\n")
        assert result.closed.wait(10)


class Writing:
    """Writes as it is collected, as a GzipFile that was not closed does; notes the threads where that is refused."""

    def __init__(self, write, refused):
        self.write = write
        self.refused = refused

    def __del__(self):
        try:
            self.write(b"late")
        except RuntimeError:
            self.refused.add(threading.get_ident())


@pytest.mark.parametrize("kind", ["written", "yielded"])
def test_what_writes_as_it_is_collected(serve, connect, monkeypatch, kind):
    """By whatever thread, and in the middle of whatever: nobody waits for anybody, and the answer is as it was."""
    left, refused = [], set()

    def app(environ, start_response):
        write = start_response("200 OK", [])
        left.extend(Writing(write, refused) for _ in range(1000))
        if kind == "yielded":
            return (b"x" * 5000 for _ in range(40))
        for _ in range(40):
            write(b"x" * 5000)
        return []

    def collecting(method):
        def collect(*arguments):
            del left[:1]
            return method(*arguments)

        return collect

    monkeypatch.setattr(Feed, "_keep", collecting(Feed._keep))  # the application's thread, which has the lock
    monkeypatch.setattr(threading.Condition, "notify", collecting(threading.Condition.notify))  # the loop's, too
    client = connect(serve(WsgiHandler(app, threads=1)))
    client.get()
    assert client.answer().body == b"x" * 200_000
    assert len(refused) == 2
    left.clear()


def test_write_from_another_thread(wsgi):
    def app(environ, start_response):
        write = start_response("200 OK", [])
        errors = []

        def late():
            try:
                write(b"other")
            except RuntimeError as error:
                errors.append(str(error).encode())

        thread = threading.Thread(target=late)
        thread.start()
        thread.join()
        return errors

    client = wsgi(app)
    client.get()
    assert client.answer().body.startswith(b"write() is called by the application, in its thread")
