"""WSGI: answers of every shape, files among them, as bytes on the wire."""

from __future__ import annotations

import copy
import io
import threading
import time

import pytest
from adapters.wsgi_applications import PLAIN, answering, yielding

from fastresp.wsgi import WsgiHandler


class TestAnswers:
    @pytest.mark.parametrize("make", [answering, yielding])
    def test_a_stated_length_and_one_piece(self, wsgi, make):
        client = wsgi(make(b"hello", fields=(PLAIN, ("Content-Length", "5"))))
        client.get()
        assert client.until(b"hello") == (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
        )

    @pytest.mark.parametrize("make", [answering, yielding])
    @pytest.mark.parametrize(
        ("status", "line"),
        [
            ("200 Fine Indeed", b"HTTP/1.1 200 Fine Indeed"),
            ("299 Caf\u00e9\tcr\u00e8me ", b"HTTP/1.1 299 Caf\xe9\tcr\xe8me "),
            ("404", b"HTTP/1.1 404 Not Found"),
            ("404 ", b"HTTP/1.1 404 Not Found"),
            ("404 Not Found", b"HTTP/1.1 404 Not Found"),
        ],
    )
    def test_its_reason_phrase(self, wsgi, make, status, line):
        client = wsgi(make(b"one", b"two", status=status))
        for _ in range(2):
            client.get()
            answer = client.answer()
            assert (answer.status_line, answer.body) == (line, b"onetwo")

    def test_its_reason_phrase_behind_a_fault(self, wsgi, log):
        client = wsgi(answering(b"one", status="200 Fine Indeed", fields=(("Content-Length", "9" * 30),)))
        client.get()
        assert client.answer().status_line == b"HTTP/1.1 500 Internal Server Error"
        log.wait_for("not one whole number")
        client.get()
        assert client.answer().status_line == b"HTTP/1.1 500 Internal Server Error"

    def test_a_list_has_its_length(self, wsgi):
        client = wsgi(answering(b"one", b"", b"two", status="201 Created"))
        client.get()
        assert client.until(b"onetwo") == (
            b"HTTP/1.1 201 Created\r\nContent-Type: text/plain\r\ncontent-length: 6\r\n\r\nonetwo"
        )

    def test_a_generator_is_chunked(self, wsgi, threads):
        client = wsgi(yielding(b"", b"one", b"two"))
        client.get()
        answer = client.answer()
        assert answer.body == b"onetwo"
        assert bool(answer.all(b"transfer-encoding")) == (threads > 0)  # in the loop's thread it is collected

    def test_each_piece_leaves_at_once(self, serve, connect):
        go = threading.Event()

        def app(environ, start_response):
            start_response("200 OK", [])
            yield b"one"
            assert go.wait(10)
            yield b"two"

        client = connect(serve(WsgiHandler(app)))
        client.get()
        client.until(b"3\r\none\r\n")
        go.set()
        client.until(b"3\r\ntwo\r\n0\r\n\r\n")

    def test_a_generator_of_a_stated_length(self, wsgi):
        client = wsgi(yielding(b"one", b"two", fields=(("Content-Length", "6"),)))
        for _ in range(2):
            client.get()
            answer = client.answer()
            assert (answer.fields, answer.body) == ([(b"Content-Length", b"6")], b"onetwo")

    @pytest.mark.parametrize("way", ["yields", "writes"])
    def test_a_large_last_piece_of_a_stated_length(self, wsgi, way):
        """It may be read, and the answer be complete, before the thread that has handed it over knows."""
        ended = threading.Semaphore(0)

        def app(environ, start_response):
            write = start_response("200 OK", [("Content-Length", "400000")])
            for _ in range(2):
                if way == "writes":
                    write(b"x" * 200_000)
                else:
                    yield b"x" * 200_000
            ended.release()

        client = wsgi(app)
        for _ in range(20):
            client.get()
            assert len(client.answer().body) == 400_000
            assert ended.acquire(timeout=10)

    def test_a_generator_that_goes_on_behind_its_last_byte(self, wsgi, threads):
        seen, ended = threading.Event(), threading.Event()

        def app(environ, start_response):
            start_response("200 OK", [("Content-Length", "6")])
            yield from (b"one", b"two")
            if threads:  # in the loop's thread nothing is sent before the end
                seen.wait(10)
            yield b""
            yield b""
            ended.set()

        client = wsgi(app)
        client.get()
        assert client.answer().body == b"onetwo"
        seen.set()
        assert ended.wait(10)

    @pytest.mark.parametrize("make", [answering, yielding])
    @pytest.mark.parametrize("pieces", [(), (b"",), (b"", b"")])
    def test_nothing(self, wsgi, make, pieces):
        client = wsgi(make(*pieces))
        client.get()
        assert client.answer().one(b"content-length") == b"0"

    def test_start_response_at_the_first_piece(self, wsgi):
        def app(environ, start_response):
            start_response("202 Accepted", [])
            yield b"late"

        client = wsgi(app)
        client.get()
        answer = client.answer()
        assert (answer.status, answer.body) == (202, b"late")

    def test_fields_of_any_iterable(self, wsgi):
        client = wsgi(lambda environ, start_response: (start_response("200 OK", iter([PLAIN])), [b"x"])[1])
        client.get()
        assert client.answer().one(b"content-type") == b"text/plain"

    @pytest.mark.parametrize("stated", [None, "9"])
    def test_write(self, wsgi, stated):
        def app(environ, start_response):
            write = start_response("200 OK", [("Content-Length", stated)] if stated else [])
            write(b"one")
            write(b"two")
            return [b"end"]

        client = wsgi(app)
        for _ in range(2):
            client.get()
            assert client.answer().body == b"onetwoend"

    @pytest.mark.parametrize("stated", [None, "5"])
    @pytest.mark.parametrize("pieces", [(), (b"hello",)])
    def test_head(self, wsgi, stated, pieces):
        client = wsgi(answering(*pieces, fields=(("Content-Length", stated),) if stated else ()))
        for _ in range(2):
            client.get(method="HEAD")
            answer = client.answer("HEAD")
            if stated or pieces:
                assert [value for name, value in answer.fields] == [b"5"]
            else:
                assert answer.fields == [(b"transfer-encoding", b"chunked")]

    @pytest.mark.parametrize("make", [answering, yielding])
    @pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
    def test_no_content(self, wsgi, make, status):
        client = wsgi(make(status=status, fields=()))
        for _ in range(2):
            client.get()
            assert client.until(b"\r\n\r\n") == f"HTTP/1.1 {status}\r\n\r\n".encode()

    def test_many_at_once(self, serve, connect):
        """As many as there are threads, and no more."""
        inside = []
        peak = []
        full = threading.Barrier(3)
        lock = threading.Lock()

        def app(environ, start_response):
            with lock:
                inside.append(1)
                peak.append(len(inside))
            full.wait(10)
            with lock:
                inside.pop()
            start_response("200 OK", [])
            return [b"ok"]

        server = serve(WsgiHandler(app, threads=3))
        clients = [connect(server) for _ in range(9)]
        for client in clients:
            client.get()
        assert [client.answer().body for client in clients] == [b"ok"] * 9
        assert max(peak) == 3


class TestFiles:
    @pytest.fixture
    def file(self, tmp_path):
        path = tmp_path / "file"
        path.write_bytes(b"0123456789" * 20000)
        return path

    def sending(self, open_, *fields, block=8192):
        opened = []

        def app(environ, start_response):
            start_response("200 OK", list(fields))
            opened.append(open_())
            return environ["wsgi.file_wrapper"](opened[0], block)

        return app, opened

    @pytest.mark.parametrize("stated", [None, 200000])
    def test_a_file(self, wsgi, file, stated):
        app, opened = self.sending(lambda: file.open("rb"), *([("Content-Length", str(stated))] if stated else []))
        client = wsgi(app)
        client.get("/", "connection: close")
        answer = client.answer()
        assert answer.one(b"content-length") == b"200000"
        assert answer.body == file.read_bytes()
        client.rest()
        assert opened[0].closed

    def test_a_part_of_a_file(self, wsgi, file):
        def open_at():
            opened = file.open("rb")
            opened.seek(5)
            return opened

        app, opened = self.sending(open_at, ("Content-Length", "7"))
        client = wsgi(app)
        client.get("/", "connection: close")
        assert client.answer().body == b"5678901"
        client.rest()
        while not opened[0].closed:  # in a thread
            time.sleep(0.001)

    @pytest.mark.parametrize("fails", [False, True])
    def test_one_whose_seek_says_nothing(self, wsgi, fails):
        """As that of an mmap before Python 3.13."""

        class File(io.BytesIO):
            def seek(self, position, whence=0):
                super().seek(position, whence)
                if fails and whence:
                    raise NotImplementedError

        app, _ = self.sending(lambda: File(b"content"), ("Content-Length", "7"))
        client = wsgi(app)
        client.get()
        assert client.answer().body == b"content"

    def test_an_object_with_read_alone(self, wsgi):
        class Reader:
            left = 3

            def read(self, count):
                self.left -= 1
                return b"x" * 10 if self.left >= 0 else b""

        app, _ = self.sending(Reader)
        client = wsgi(app)
        client.get()
        assert client.answer().body == b"x" * 30

    def test_one_that_is_wrapped_is_iterated(self, wsgi):
        app, _ = self.sending(lambda: io.BytesIO(b"abcdef"), block=4)
        client = wsgi(lambda environ, start_response: iter(list(app(environ, start_response))))
        client.get()
        assert client.answer().body == b"abcdef"

    def test_one_does_what_its_file_does(self, wsgi, file):
        """As one who sends a range asks for it: from its start, by seek()."""

        def app(environ, start_response):
            start_response("206 Partial Content", [])
            wrapped = environ["wsgi.file_wrapper"](file.open("rb"), 3)
            copy.copy(wrapped).seek(2)
            start = next(wrapped)
            assert wrapped.tell() == 5
            wrapped.close()
            return [start]

        client = wsgi(app)
        client.get()
        assert client.answer().body == file.read_bytes()[2:5]

    def test_bad_fields_close_it(self, wsgi, file, log):
        app, opened = self.sending(lambda: file.open("rb"), ("content-length", "9" * 30))
        client = wsgi(app)
        client.get()
        assert client.answer().status == 500
        while not opened[0].closed:  # in a thread
            time.sleep(0.001)
