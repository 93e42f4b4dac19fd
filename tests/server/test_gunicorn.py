"""`gunicorn -k fastresp.gunicorn.Worker`: what its users know of it holds."""

from __future__ import annotations

import http.client
import os
import re
import signal
import ssl
import subprocess
import sys
import threading
import urllib.request

import pytest

pytest.importorskip("gunicorn")

TIMEOUT = 30.0
APP = """
import asyncio, os, time

def told(name, more=""):
    return f"{name} {os.getpid()}{more}".encode()

async def asgi(scope, receive, send):
    if scope["type"] != "http":
        raise NotImplementedError
    if scope["path"].endswith("/slow"):
        print("slow", flush=True)
        await asyncio.sleep(1.0)
    elif scope["path"] == "/hang":
        time.sleep(60)
    elif scope["path"] == "/never":
        print("never", flush=True)
        await asyncio.sleep(60)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": told("asgi", " " + scope["root_path"])})

def wsgi(environ, start_response):
    start_response("200 OK", [])
    flags = environ["wsgi.multithread"], environ["wsgi.multiprocess"], environ["SCRIPT_NAME"]
    return [told("wsgi", f" {flags}")]

def native(request, responder):
    responder.write(told("native"))

def factory():
    return asgi

def anything(*arguments):
    return asgi(*arguments)

async def failing(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no database"})

from fastresp.gunicorn import Worker
from fastresp import Config

class Asgi(Worker):
    interface = "asgi"
    config = Config(server_header="mine")
"""


class Gunicorn:
    """One of it, and what it has said so far."""

    def __init__(self, site, *arguments: str, **environment: str) -> None:
        (site / "app.py").write_text(APP)
        options = ("-b", "127.0.0.1:0", "--worker-tmp-dir", str(site), *arguments)
        command = [sys.executable, "-m", "gunicorn", "-k", "fastresp.gunicorn.Worker", *options]
        self.popen = subprocess.Popen(
            command,
            cwd=site,
            env={**os.environ, "HOME": str(site), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._more = threading.Condition()
        self._is_over = False
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        for line in self.popen.stdout:
            with self._more:
                self.lines.append(line.rstrip())
                self._more.notify_all()
        with self._more:
            self._is_over = True
            self._more.notify_all()

    def wait_for(self, pattern: str, times: int = 1) -> re.Match[str]:
        """The last of so many lines with this pattern."""

        def found() -> list[re.Match[str]]:
            return [match for line in self.lines if (match := re.search(pattern, line))]

        with self._more:
            assert self._more.wait_for(lambda: len(found()) >= times or self._is_over, TIMEOUT), self.lines
            assert len(found()) >= times, self.lines
            return found()[times - 1]

    def port(self) -> int:
        self.wait_for("Booting worker")
        return int(self.wait_for(r"Listening at: https?://127\.0\.0\.1:(\d+)")[1])

    def end(self, number: int = signal.SIGTERM) -> int:
        self.popen.send_signal(number)
        return self.popen.wait(TIMEOUT)


@pytest.fixture
def gunicorn(tmp_path):
    started = []

    def start(*arguments: str, **environment: str) -> Gunicorn:
        started.append(Gunicorn(tmp_path, *arguments, **environment))
        return started[-1]

    yield start
    for each in started:
        if each.popen.poll() is None:
            each.end()
        each.reader.join(TIMEOUT)  # to the end of the last process that writes there
        each.popen.stdout.close()


def get(port: int, path: str = "/") -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=TIMEOUT) as answer:
        return answer.read().decode()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["app:asgi"], "asgi # /api"),
        (["app:factory()"], "asgi # /api"),
        (["app:wsgi"], "wsgi # (False, False, '/api')"),
        (["-w", "2", "--threads", "4", "app:wsgi"], "wsgi # (True, True, '/api')"),
        (["app:native"], "native #"),
        (["-k", "app.Asgi", "app:anything"], "asgi # /api"),
    ],
)
def test_each_interface(gunicorn, arguments, expected):
    it = gunicorn("--access-logfile", "-", *arguments, SCRIPT_NAME="/api")
    port = it.port()
    assert re.sub(r" \d+", " #", get(port)).strip() == expected
    it.wait_for(r'^127\.0\.0\.1:\d+ "GET / HTTP/1\.1" 200 \d+$')
    assert it.end() == 0


def test_a_config_of_its_own(gunicorn):
    it = gunicorn("-k", "app.Asgi", "--keep-alive", "7", "app:anything")
    connection = http.client.HTTPConnection("127.0.0.1", it.port(), timeout=TIMEOUT)
    connection.request("GET", "/")
    answer = connection.getresponse()
    assert (answer.read()[:4], answer.headers["server"]) == (b"asgi", "mine")
    connection.close()


def test_what_runs_is_completed(gunicorn):
    it = gunicorn("app:asgi")
    port = it.port()
    answers: list[str] = []
    asking = threading.Thread(target=lambda: answers.append(get(port, "/slow")))
    asking.start()
    it.wait_for("^slow$")
    assert it.end() == 0
    asking.join()
    assert answers[0].startswith("asgi")
    it.wait_for("Worker exiting")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT])
def test_a_quick_end(gunicorn, number):
    it = gunicorn("app:asgi")
    connection = http.client.HTTPConnection("127.0.0.1", it.port(), timeout=TIMEOUT)
    connection.request("GET", "/never")
    it.wait_for("^never$")
    assert it.end(number) == 0
    it.wait_for("cut at the end of grace: GET /never")
    connection.close()


def test_what_grace_is_over_for_is_cut(gunicorn):
    it = gunicorn("--graceful-timeout", "1", "app:asgi")
    connection = http.client.HTTPConnection("127.0.0.1", it.port(), timeout=TIMEOUT)
    connection.request("GET", "/never")
    it.wait_for("^never$")
    assert it.end() == 0
    connection.close()


class Load:
    """Clients that ask again and again, each on a connection that is kept, or on a new one each time."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.pids: set[str] = set()
        self.failures: list[str] = []
        self.is_over = False
        self.more = threading.Condition()
        self.threads = [threading.Thread(target=self._ask, args=(number % 2 == 0,)) for number in range(6)]
        for thread in self.threads:
            thread.start()

    def _ask(self, keeps: bool) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        while not self.is_over:
            try:
                connection.request("GET", "/")
                body = connection.getresponse().read().decode()
                with self.more:
                    self.pids.add(body.split()[1])
                    self.more.notify_all()
            except Exception as error:
                self.failures.append(repr(error))
            if not keeps:
                connection.close()
        connection.close()

    def sees(self, count: int) -> None:
        """Wait until so many processes have answered."""
        with self.more:
            assert self.more.wait_for(lambda: len(self.pids) >= count, TIMEOUT), self.pids

    def end(self) -> list[str]:
        self.is_over = True
        for thread in self.threads:
            thread.join()
        return self.failures


@pytest.mark.parametrize("target", ["asgi", "wsgi", "native"])
def test_reloads_under_load_lose_nothing(gunicorn, target):
    it = gunicorn("-w", "2", f"app:{target}")
    load = Load(it.port())
    load.sees(2)
    for reloads in (1, 2):
        it.popen.send_signal(signal.SIGHUP)
        load.sees(2 + 2 * reloads)
        it.wait_for("Worker exiting", 2 * reloads)
    assert load.end() == []
    assert it.end() == 0


def test_max_requests_under_load_lose_nothing(gunicorn):
    it = gunicorn("--max-requests", "40", "--max-requests-jitter", "10", "-w", "2", "app:asgi")
    load = Load(it.port())
    load.sees(6)
    assert load.end() == []
    it.wait_for(r"--max-requests: the worker ends behind [45]\d")


def test_a_worker_that_hangs_is_replaced(gunicorn):
    it = gunicorn("--timeout", "2", "app:asgi")
    port = it.port()
    before = get(port)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    connection.request("GET", "/hang")
    it.wait_for("WORKER TIMEOUT")
    it.wait_for("Booting worker", 2)
    assert get(port) != before
    connection.close()


def test_it_ends_with_its_parent(gunicorn):
    it = gunicorn("app:asgi")
    get(it.port())
    pid = int(it.wait_for(r"Booting worker with pid: (\d+)")[1])
    it.popen.kill()
    it.popen.wait(TIMEOUT)
    it.wait_for("the parent has ended, and so does this worker")
    it.wait_for(rf"\[{pid}\] \[INFO\] closed")


def test_a_start_that_fails(gunicorn):
    it = gunicorn("app:failing")
    assert it.popen.wait(TIMEOUT) == 3
    it.wait_for("the application failed to start: no database")


def test_an_application_that_may_be_any(gunicorn):
    it = gunicorn("app:anything")
    assert it.popen.wait(TIMEOUT) == 4
    it.wait_for("--interface native, asgi or wsgi")


def test_tls(gunicorn, tmp_path):
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate]
    subprocess.run([*command.split(), *names], check=True, capture_output=True)
    it = gunicorn("--certfile", certificate, "--keyfile", key, "app:asgi")
    context = ssl.create_default_context(cafile=certificate)
    with urllib.request.urlopen(f"https://127.0.0.1:{it.port()}/", timeout=TIMEOUT, context=context) as answer:
        assert answer.read().startswith(b"asgi")
