"""The command line's --interface: which applications it recognises, how they are served, and what it says if not."""

from __future__ import annotations

import functools
import http.client
import subprocess
import sys
import textwrap
from wsgiref.validate import validator

import pytest
from server.clients import get, remarks

from fastresp.target import Failure, adapt, recognise

APP = """
import threading

async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            event = (await receive())["type"]
            print(event, flush=True)
            await send({"type": f"{event}.complete"})
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"asgi " + scope["path"].encode()})

def disguised(*arguments):
    return asgi(*arguments)

async def failing(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no database"})

def wsgi(environ, start_response):
    start_response("200 OK", [])
    thread = threading.current_thread() is threading.main_thread()
    return [b"wsgi ", environ["PATH_INFO"].encode(), b" in the loop's thread" if thread else b""]

def native(request, responder):
    responder.write(b"native")
"""


@pytest.fixture
def app(tmp_path):
    (tmp_path / "app.py").write_text(APP)


class TestServing:
    @pytest.mark.parametrize(
        ("arguments", "interface", "body"),
        [
            (["app:asgi"], "asgi", b"asgi /x"),
            (["app:disguised", "--interface", "asgi"], "asgi", b"asgi /x"),
            (["app:wsgi"], "wsgi", b"wsgi /x"),
            (["app:wsgi", "--interface=wsgi", "--threads", "0"], "wsgi", b"wsgi /x in the loop's thread"),
            (["app:native"], "native", b"native"),
            (["app:native", "--interface", "native"], "native", b"native"),
        ],
    )
    def test_each_interface(self, spawn, app, loop_name, arguments, interface, body):
        process = spawn(*arguments, "--port", "0", "--loop", loop_name)
        port = process.port()
        assert process.wait_for(r"^interface: (.*)") == interface
        assert get(port, "/x") == (200, body)
        assert process.stop() == 0
        assert remarks(process.popen.stderr.read()) == []

    def test_from_the_environment(self, spawn, app):
        process = spawn("app:disguised", environment={"FASTRESP_INTERFACE": "asgi", "FASTRESP_PORT": "0"})
        assert get(process.port(), "/x") == (200, b"asgi /x")
        assert process.stop() == 0

    def test_a_lifespan(self, spawn, app, loop_name):
        process = spawn("app:asgi", "--port", "0", "--loop", loop_name)
        port = process.port()
        assert process.lines[0] == "lifespan.startup"
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"asgi /"
        assert process.stop() == 0
        connection.close()
        assert process.popen.stdout.read().splitlines()[-1] == "lifespan.shutdown"
        assert remarks(process.popen.stderr.read()) == []


class TestFaults:
    def ended(self, process) -> tuple[int, str]:
        status, out, err = process.ended()
        assert out == ""
        assert err.count("\n") == 1, err
        return status, err.removeprefix("fastresp: ").rstrip("\n")

    def test_a_failed_startup(self, spawn, app, loop_name):
        process = spawn("app:failing", "--port", "0", "--loop", loop_name)
        assert self.ended(process) == (1, "the application failed to start: no database")

    def test_an_unknown_interface(self, spawn, app):
        words = "--interface takes auto, native, asgi or wsgi, not 'rsgi' (fastresp --help shows what there is)"
        assert self.ended(spawn("app:asgi", "--interface", "rsgi")) == (2, words)

    def test_threads_of_something_else(self, spawn, app):
        words = "--threads is for WSGI applications, and the target's interface is native"
        assert self.ended(spawn("app:native", "--threads", "2")) == (2, words)

    @pytest.mark.parametrize("number", ["-1", "x", "1.5"])
    def test_bad_threads(self, spawn, app, number):
        status, words = self.ended(spawn("app:wsgi", f"--threads={number}"))
        assert status == 2
        assert words.startswith(f"--threads takes a number of threads, or 0 for the loop's own, not {number!r}")

    def test_an_application_served_as_what_it_is_not(self, spawn, app):
        status, words = self.ended(spawn("app:asgi", "--interface", "native"))
        assert status == 1
        assert words.startswith("a handler takes two positional arguments, (request, responder); this one is asgi(")


async def asgi(scope, receive, send): ...
async def asgi_by_other_names(a, b, c): ...
async def asgi_with_more(scope, receive, send, option=None): ...
def asgi_wrapped(scope, receive, send): ...
def wsgi(environ, start_response): ...
def wsgi_by_other_names(env, start_response): ...
def native(request, responder): ...
def native_with_more(request, responder, option=None): ...
async def native_coroutine(request, responder): ...
def takes_anything(*arguments, **more): ...
async def takes_anything_later(*arguments): ...
def three(a, b, c): ...


class Asgi:
    async def __call__(self, scope, receive, send): ...
    def method(self, environ, start_response): ...
    async def other(self, scope, receive, send): ...


class Slotted:
    """As Sentry's middleware is."""

    __slots__ = ("__call__",)

    def __init__(self, is_set=True):
        if is_set:
            self.__call__ = self.run

    async def run(self, scope, receive, send): ...


class Wsgi:
    def __init__(self, environ, start_response) -> None: ...
    def __iter__(self): ...


class Flasklike:
    def __call__(self, environ, start_response): ...


class Static:
    @staticmethod
    async def __call__(scope, receive, send): ...


class OfItsClass:
    @classmethod
    async def __call__(cls, scope, receive, send): ...


class StaticWsgi:
    @staticmethod
    def __call__(environ, start_response): ...


class ByAnother:
    __call__ = Asgi()


class ByPartial:
    __call__ = staticmethod(functools.partial(asgi_with_more, option=1))


class Unsigned:
    """What it says of its arguments raises."""

    async def __call__(self, scope, receive, send): ...

    @property
    def __signature__(self):
        raise KeyError


class TestRecognise:
    @pytest.mark.parametrize(
        "target",
        [
            asgi,
            asgi_by_other_names,
            asgi_with_more,
            asgi_wrapped,
            Asgi(),
            Asgi().other,
            functools.partial(asgi_with_more, option=1),
            functools.partial(Asgi()),
            Slotted(),
            Static(),
            OfItsClass(),
            ByAnother(),
            ByPartial(),
            Unsigned(),
        ],
    )
    def test_asgi(self, target):
        assert recognise(target) == "asgi"

    @pytest.mark.parametrize(
        "target",
        [
            wsgi,
            wsgi_by_other_names,
            lambda env, start: [],
            lambda env, start_resp: [],
            Wsgi,
            Flasklike(),
            StaticWsgi(),
            Asgi().method,
        ],
    )
    def test_wsgi(self, target):
        assert recognise(target) == "wsgi"

    @pytest.mark.parametrize(
        "target",
        [native, native_with_more, native_coroutine, three, dict, 5, Slotted(False)],
    )
    def test_native(self, target):
        assert recognise(target) == "native"

    @pytest.mark.parametrize("target", [takes_anything, takes_anything_later, print, validator(wsgi)])
    def test_what_takes_anything(self, target):
        with pytest.raises(Failure, match="--interface native, asgi or wsgi"):
            recognise(target)

    @pytest.mark.parametrize("target", [Asgi, lambda: wsgi])
    def test_what_makes_an_application(self, target):
        with pytest.raises(
            Failure, match="takes no arguments: if it returns what is to be served, say so by --factory"
        ):
            recognise(target)

    @pytest.mark.parametrize("interface", ["native", "asgi", "wsgi"])
    def test_what_is_asked_for_is_so(self, interface):
        assert recognise(asgi, interface) == recognise(wsgi, interface) == interface

    @pytest.mark.parametrize("interface", ["native", "asgi", "wsgi"])
    def test_what_cannot_be_called(self, interface):
        with pytest.raises(Failure, match=r", not 5$"):
            adapt(5, interface)


class TestRun:
    """fastresp.run(), in a program of its own."""

    @pytest.mark.parametrize("kind", ["native", "asgi", "wsgi"])
    def test_each_kind(self, app, tmp_path, kind):
        script = f"""
            import os, signal, threading, urllib.request
            import app, fastresp

            def ask(server):
                def asking():
                    print(urllib.request.urlopen(f"http://127.0.0.1:{{server.port}}/").read().decode(), flush=True)
                    os.kill(os.getpid(), signal.SIGTERM)
                threading.Thread(target=asking).start()

            fastresp.run(app.{kind}, port=0, on_start=ask)
        """
        command = [sys.executable, "-c", textwrap.dedent(script)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=True)
        assert kind in done.stdout
