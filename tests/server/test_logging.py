"""The command line's log where the program sets up logging of its own."""

from __future__ import annotations

import pytest
from server.supervisors import ask

DISABLES = """
import logging.config

def disable():
    logging.config.dictConfig({"version": 1})

%s

def handle(request, responder):
    1 // 0

def wsgi(environ, start_response):
    environ["wsgi.errors"].write("oh dear\\n")
    1 // 0
"""
IN_START_UP = """
class Handler:
    async def start_up(self):
        disable()

    def __call__(self, request, responder):
        1 // 0

handler = Handler()
"""
TWICE = """
import logging, sys

handler = logging.StreamHandler(sys.stderr)
handler.setFormatter(logging.Formatter("mine: %(message)s"))
logging.getLogger("fastresp").addHandler(handler)

def handle(request, responder):
    1 // 0
"""


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(("source", "target"), [("disable()", "handle"), (IN_START_UP, "handler")])
def test_a_configuration_that_disables_loggers(spawn, tmp_path, source, target, workers):
    """As fileConfig() and dictConfig() do by default with those that exist already: migrations at a start, say."""
    (tmp_path / "app.py").write_text(DISABLES % source)
    process = spawn(f"app:{target}", "--port=0", "--access-log", f"--workers={workers}")
    port = process.port()
    ask(port)
    assert process.stop() == 0
    log = process.popen.stderr.read()
    for part in ("the handler failed", '"GET / HTTP/1.1" 500', "SIGTERM: "):
        assert part in log


def test_what_an_application_writes_to_its_errors(spawn, tmp_path):
    (tmp_path / "app.py").write_text("from fastresp.wsgi import WsgiHandler\n" + DISABLES % "disable()")
    process = spawn("app:wsgi", "--port=0")
    ask(process.port())
    assert process.stop() == 0
    assert "oh dear" in process.popen.stderr.read()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_handler_of_the_program(spawn, tmp_path, workers):
    (tmp_path / "app.py").write_text(TWICE)
    process = spawn("app:handle", "--port=0", f"--workers={workers}")
    ask(process.port())
    assert process.stop() == 0
    lines = [line for line in process.popen.stderr.read().splitlines() if "the handler failed" in line]
    assert [line[:6] for line in lines] == ["mine: "]
