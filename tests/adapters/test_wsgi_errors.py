"""WSGI: `wsgi.errors` goes to a logger, line by line; nothing that one request sets is seen by another."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import sys
import threading

import pytest
from adapters.wsgi_applications import PLAIN, Closing, answering

from fastresp.wsgi import WsgiHandler
from fastresp.wsgi.errors import LONGEST, ErrorStream


@pytest.fixture
def said(caplog):
    """What the logger "fastresp.wsgi.errors" was told."""
    caplog.set_level(logging.ERROR, "fastresp.wsgi.errors")

    def lines():
        return [record.getMessage() for record in caplog.records if record.name == "fastresp.wsgi.errors"]

    return lines


class TestErrors:
    def test_an_application_s(self, wsgi, log):
        def app(environ, start_response):
            errors = environ["wsgi.errors"]
            print("one", 2, file=errors)
            errors.writelines(["three\nfo", "ur\n"])
            errors.write("no end")
            start_response("200 OK", [PLAIN])
            return [b"x"]

        client = wsgi(app)
        client.get()
        assert client.answer().body == b"x"
        log.wait_for("no end")
        assert log.lines == ["one 2", "three", "four", "no end"]

    def test_a_stalled_stderr_holds_up_no_thread(self, wsgi, monkeypatch, log):
        class Stalled:
            def write(self, text):
                raise AssertionError("written to")

            flush = write

        monkeypatch.setattr(sys, "stderr", Stalled())
        monkeypatch.setattr(logging.getLogger("fastresp"), "propagate", False)

        def app(environ, start_response):
            print("x" * 100_000, file=environ["wsgi.errors"])
            environ["wsgi.errors"].flush()
            return answering(b"fine")(environ, start_response)

        client = wsgi(app)
        client.get()
        assert client.answer().body == b"fine"

    def test_flush(self, said):
        stream = ErrorStream()
        assert stream.write("begun") == 5
        assert said() == []
        stream.flush()
        stream.flush()
        assert said() == ["begun"]
        assert not stream.isatty()

    def test_long_lines_are_bounded(self, said):
        stream = ErrorStream()
        for _ in range(10):
            stream.write("x" * LONGEST)
            assert len(stream._rest) <= LONGEST
        stream.write("y" * (2 * LONGEST) + "\n")
        assert max(len(line) for line in said()) <= LONGEST
        assert "".join(said()) == "x" * 10 * LONGEST + "y" * 2 * LONGEST

    def test_what_is_no_text(self):
        with pytest.raises(TypeError, match="takes str, not bytes"):
            ErrorStream().write(b"x")

    def test_a_handler_that_logs_to_it(self, said, capsys):
        """As Flask's documentation shows it, for the root logger: without an end, were it logged again."""
        stream = ErrorStream()
        handler = logging.StreamHandler(stream)
        logging.getLogger().addHandler(handler)
        try:
            logging.getLogger("somebody").error("once")
        finally:
            logging.getLogger().removeHandler(handler)
        assert said() == ["once"]
        assert capsys.readouterr().err.count("once") == 1


class TestContexts:
    def test_one_of_its_own_for_each_call(self, wsgi):
        mark = contextvars.ContextVar("mark", default="unset")

        def app(environ, start_response):
            seen = mark.get()
            mark.set(environ["PATH_INFO"])
            start_response("200 OK", [PLAIN])

            def content():
                yield seen.encode()
                yield mark.get().encode()

            return content()

        client = wsgi(app)
        for path in (b"/one", b"/two", b"/three"):
            client.get(path.decode())
            assert client.answer().body == b"unset" + path


class TestDrained:
    def test_it_waits_for_close(self, serve, connect):
        entered, go = threading.Event(), threading.Event()

        class Slow(Closing):
            def close(self):
                entered.set()
                go.wait(10)
                super().close()

        result = Slow([b"x"])

        def app(environ, start_response):
            start_response("200 OK", [PLAIN])
            return result

        handler = WsgiHandler(app, threads=1)
        server = serve(handler)
        client = connect(server)
        client.get()
        assert client.answer().body == b"x"
        assert entered.wait(10)

        async def main():
            waiting = asyncio.ensure_future(handler.drained())
            await asyncio.sleep(0)
            assert not waiting.done()
            go.set()
            await asyncio.wait_for(waiting, 10)
            assert result.closed.is_set()

        asyncio.run_coroutine_threadsafe(main(), server._loop).result(20)

    def test_nothing_runs(self):
        asyncio.run(WsgiHandler(answering(b""), threads=0).drained())
