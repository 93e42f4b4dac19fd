"""Servers as processes of their own, each with its own command line, as their users start them."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path

import pytest

APPS = Path(__file__).with_name("apps")
REQUIRED = os.environ.get("FASTRESP_TEST_APPLICATIONS", "") not in ("", "0")
"""Whether what is not installed is a failure, as in CI, and no skip."""
START, END = 60.0, 20.0
"""Seconds that a server may take to listen (Gradio's imports take long), and to end."""

# uvicorn and gunicorn keep idle connections for so short a time that, on a busy machine, a request meets their end.
WAYS = {
    "fastresp": ["fastresp", "{app}", "--port", "0"],
    "fastresp-loop": ["fastresp", "{app}", "--port", "0", "--threads", "0"],
    "fastresp-rooted": ["fastresp", "{app}", "--port", "0", "--root-path", "/api"],
    "fastresp-large": ["fastresp", "{app}", "--port", "0", "--max-body-size", str(64 << 20)],
    # the grace is longer than END: only what is told that the server ends lets it end in time
    "fastresp-told": ["fastresp", "{app}", "--port", "0", "--grace", "300", "--disconnect-at-drain"],
    "fastresp-gunicorn": ["gunicorn", "{app}", "-b", "127.0.0.1:0", "-k", "fastresp.gunicorn.Worker", "--threads", "4"],
    "uvicorn": ["uvicorn", "{app}", "--port", "0", "--no-access-log", "--timeout-keep-alive", "60"],
    "uvicorn-rooted": ["uvicorn", "{app}", "--port", "0", "--timeout-keep-alive", "60", "--root-path", "/api"],
    "gunicorn": ["gunicorn", "{app}", "-b", "127.0.0.1:0", "-k", "gthread", "--threads", "4", "--keep-alive", "60"],
}

# Sets of methods are in the same order in each process, and nothing is written into the checkout.
VARIABLES = {"PYTHONHASHSEED": "0", "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}


LEFT = ("was destroyed but it is pending", "was never retrieved", "was never awaited", "given up at the end")
"""What no log may say of fastresp: something is left, or lost."""


class Process:
    """A server that runs until the test is over; its log is kept for what a failure has to show."""

    def __init__(self, way: str, app: str, variables: dict[str, str]) -> None:
        self.way, self.app = way, app
        self.log: deque[str] = deque(maxlen=200)
        self._port: int | None = None
        self._known = threading.Event()
        command = [sys.executable, "-m", *(part.format(app=app) for part in WAYS[way])]
        self._process = subprocess.Popen(
            command,
            cwd=APPS,
            env={**os.environ, **VARIABLES, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self.log.append(line)
                found = re.search(r"https?://127\.0\.0\.1:(\d+)", line)
                if found is not None and not self._known.is_set():
                    self._port = int(found[1])
                    self._known.set()
        self._known.set()

    @property
    def url(self) -> str:
        """Where it listens, as soon as its log says so."""
        self._known.wait(START)
        assert self._port is not None, f"{self.way} does not listen:\n{''.join(self.log)}"
        return f"http://127.0.0.1:{self._port}"

    def end(self) -> int:
        """Ends it as a service manager does; its exit status."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            status = self._process.wait(END)
            self._reader.join(END)
            left = [line for line in self.log if any(text in line for text in LEFT)]
            assert not (self.way.startswith("fastresp") and left), left
            return status
        except subprocess.TimeoutExpired:
            pytest.fail(f"{self.way} has not ended {END:.0f} s after SIGTERM:\n{''.join(self.log)}")
        finally:
            self._process.kill()
            self._process.wait()
            self._reader.join(END)


def need(*modules: str) -> None:
    """Skips the test where one of these packages is not installed; in CI, fails it."""
    for module in modules:
        if importlib.util.find_spec(module) is None:
            (pytest.fail if REQUIRED else pytest.skip)(f"{module} is not installed (extra: applications)")
