"""Loops, twins and processes for the tests of what is around the connection."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import fastresp
from fastresp.server import Server, new_event_loop


@pytest.fixture(params=["uvloop", "asyncio"])
def loop_name(request: pytest.FixtureRequest) -> str:
    if request.param == "uvloop":
        pytest.importorskip("uvloop")
    return request.param


@pytest.fixture
def loop_factory(loop_name: str) -> Callable[[], asyncio.AbstractEventLoop]:
    return lambda: new_event_loop(loop_name)


@pytest.fixture
def drive(loop_factory) -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """Runs a coroutine to its end in the loop under test."""
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        yield runner.run


@pytest.fixture
def server_class(twin) -> type[Server]:
    """Server, with the engine of the twin under test."""
    engine = SimpleNamespace(
        new_service=twin("core.service").new_service,
        new_connection=twin("http1.connection").new_connection,
        new_tls=twin("net.tls").new_tls,
        prepare=twin("core.dispatch").prepare,
    )
    return type("Server", (Server,), {"engine": engine})


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """The two ends of TLS for localhost, with a certificate that was made just now."""
    folder = tmp_path_factory.mktemp("tls")
    key, cert = str(folder / "key.pem"), str(folder / "cert.pem")
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    subprocess.run(
        [*make.split(), "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert],
        check=True,
        capture_output=True,
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(cert, key)
    return SimpleNamespace(server=server, client=ssl.create_default_context(cafile=cert), cert=cert, key=key)


@pytest.fixture
def keep():
    """Closes at the end what a test opened."""
    opened: list[socket.socket] = []

    def add(*found):
        opened.extend(found)
        return found[0] if len(found) == 1 else found

    yield add
    for sock in opened:
        sock.close()


class Process:
    """A `python -m fastresp` that runs, in a shell's place where `before` or `redirections` say something to that
    shell; `lines` is what it has printed."""

    def __init__(
        self,
        arguments: list[str],
        cwd: Path,
        environment: dict[str, str],
        before: str = "",
        redirections: str = "",
        **options: Any,
    ) -> None:
        root = str(Path(fastresp.__file__).parents[1])
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("FASTRESP_")}
        if "FASTRESP_NO_EXTENSIONS" in os.environ:
            inherited["FASTRESP_NO_EXTENSIONS"] = os.environ["FASTRESP_NO_EXTENSIONS"]
        inherited["PYTHONPATH"] = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        options.setdefault("stdout", subprocess.PIPE)
        command = [sys.executable, "-m", "fastresp", *arguments]
        if before or redirections:
            command = ["sh", "-c", f'{before} exec "$@" {redirections}', "sh", *command]
        self.popen = subprocess.Popen(
            command,
            cwd=cwd,
            env={**inherited, **environment},
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )
        self.lines: list[str] = []

    def wait_for(self, pattern: str) -> str:
        """The first group of the pattern in the first line printed that matches it."""
        for line in self.popen.stdout:
            self.lines.append(line.rstrip("\n"))
            if match := re.search(pattern, line):
                return match[1]
        raise AssertionError(f"{pattern!r} not in {self.lines}, and it ended: {self.popen.stderr.read()}")

    def port(self) -> int:
        return int(self.wait_for(r"http://[^ ,]+:(\d+)"))

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.popen.send_signal(number)
        return self.popen.wait(30)

    def ended(self) -> tuple[int, str, str]:
        """Waits for the end: status, stdout, stderr."""
        out, err = self.popen.communicate(timeout=30)
        return self.popen.returncode, out, err


@pytest.fixture
def spawn(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Starts `python -m fastresp` in an empty directory; kills at the end what a test has left running."""
    processes: list[Process] = []

    def start(*arguments: str, environment: dict[str, str] | None = None, **options: Any) -> Process:
        process = Process(list(arguments), tmp_path, environment or {}, **options)
        processes.append(process)
        return process

    yield start
    for process in processes:
        if process.popen.poll() is None:
            process.popen.kill()
        process.popen.wait(30)
        for stream in (process.popen.stdin, process.popen.stdout, process.popen.stderr):
            if stream is not None:
                stream.close()
