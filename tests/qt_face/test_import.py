"""fastresp.qt needs no PySide6, and imports none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import fastresp

PROGRAM = """
import sys
{before}
import fastresp.qt
from fastresp import Server
from fastresp.qt import QHttpHeaders, QHttpServerResponse, in_qt_thread, in_server_thread
from http.client import HTTPConnection

def handle(request, responder):
    headers = QHttpHeaders()
    headers.append(QHttpHeaders.WellKnownHeader.ETag, '"1"')
    responder.write(headers, responder.StatusCode.Accepted)

for adapter, status in ((in_server_thread, 202), (in_qt_thread, 500)):
    with Server(adapter(handle)).background(port=0) as server:
        connection = HTTPConnection("127.0.0.1", server.port)
        connection.request("GET", "/")
        assert connection.getresponse().status == status
        connection.close()
{after}
"""


def run(before: str, after: str) -> subprocess.CompletedProcess[str]:
    program = PROGRAM.format(before=before, after=after)
    environment = {**os.environ, "PYTHONPATH": str(Path(fastresp.__file__).parents[1])}
    command = [sys.executable, "-P", "-c", program]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)


def test_pyside6_is_not_imported() -> None:
    done = run("", 'assert not [name for name in sys.modules if name.startswith(("PySide6", "shiboken6"))]')
    assert done.returncode == 0, done.stderr
    assert "the program has not imported PySide6.QtCore" in done.stderr


def test_pyside6_is_not_needed() -> None:
    done = run('sys.modules["PySide6"] = None', "")
    assert done.returncode == 0, done.stderr
