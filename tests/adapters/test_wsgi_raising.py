"""WSGI: exceptions of every kind, at each point: each costs its own request, one line of the log, and nothing else."""

from __future__ import annotations

import threading

import pytest
from adapters.wsgi_applications import answering
from responder.test_device_raising import ERRORS

from fastresp.core.blocking import Pool


@pytest.fixture(params=ERRORS, ids=lambda error: type(error).__name__)
def error(request):
    return request.param


class Result:
    """Raises at one point of its life."""

    def __init__(self, environ, error, where):
        self.environ = environ
        self.error = error
        self.where = where
        self.count = 0

    def __len__(self):
        if self.where == "len":
            raise self.error
        return 2

    def __iter__(self):
        if self.where == "iter":
            raise self.error
        return self

    def __next__(self):
        self.count += 1
        if self.count == {"first": 1, "second": 2, "third": 3}.get(self.where):
            raise self.error
        if self.count > 2:
            raise StopIteration
        return b"abc"

    def close(self):
        if self.where == "close":
            raise self.error

    def read(self, count):
        raise self.error

    @property
    def seekable(self):
        raise self.error


def application(error, where):
    def app(environ, start_response):
        if environ["PATH_INFO"] == "/fine":
            return answering(b"fine")(environ, start_response)
        if where == "call":
            raise error
        if where == "status":
            start_response(type("Status", (), {"__getitem__": raising})(), [])
        start_response("200 OK", raising_fields() if where == "fields" else [])
        if where == "after":
            raise error
        if where == "file":
            return environ["wsgi.file_wrapper"](Result(environ, error, where))
        return Result(environ, error, where)

    def raising(*_):
        raise error

    def raising_fields():
        raise error
        yield

    return app


BEFORE = ["call", "status", "fields", "after", "iter", "first", "file", "len"]
AFTER = ["second", "third", "close"]


@pytest.mark.parametrize("where", BEFORE + AFTER)
def test_raising(wsgi, connect, log, threads, error, where):
    if isinstance(error, StopIteration) and where in ("first", "second", "third"):
        pytest.skip("that is its end")
    client = wsgi(application(error, where))
    for count in (1, 2, 3):  # more than there are threads
        client.get("/x")
        if where in BEFORE or (not threads and where != "close"):
            assert client.answer().status == 500
        elif where == "close":
            assert client.answer().body == b"abcabc"
        else:
            assert not client.rest().endswith(b"0\r\n\r\n")
            client.socket.close()
            break
        client.get("/fine")
        assert client.answer().body == b"fine"
        lines = [line for line in log.lines if type(error).__name__ in line]
        assert len(lines) == count if where != "close" or not threads else len(lines) >= count - 1
    line = log.wait_for(type(error).__name__)
    assert "Traceback" in line


def test_the_pool_s_thread_survives_anything(error, log):
    pool = Pool("some", 1)
    done = threading.Event()

    def fail():
        raise error

    for key, function in enumerate([fail, fail, done.set]):
        pool.start(key, function)
    assert done.wait(10)
    assert pool._count == 1
    assert type(error).__name__ in log.wait_for("a call in a thread failed")
    pool.close()
