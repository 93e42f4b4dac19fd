"""Ctrl-C in a program that handles no SIGINT, with a server in its own loop: KeyboardInterrupt comes out of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from client import Client

import fastresp

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="sends SIGINT")

PROGRAM = """
import asyncio, sys, time
from fastresp import Server
from fastresp.asgi import AsgiHandler
from fastresp.loops import new_event_loop
from fastresp.wsgi import WsgiHandler

def work(at):
    if at == WHERE:
        print("working", flush=True)
        for _ in range(6000):
            time.sleep(0.1)  # not once for long: a signal may have come before

class Native:
    async def start_up(self):
        work("start")
    def __call__(self, request, responder):
        pass
    async def drained(self):
        work("drained")
    async def shut_down(self):
        work("end")

async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        for event in ("startup", "shutdown"):
            await receive()
            work("start" if event == "startup" else "end")
            await send({"type": f"lifespan.{event}.complete"})
    else:
        work("handler")

def wsgi(environ, start_response):
    work("handler")

def stream(environ, start_response):
    start_response("200 OK", [])
    yield b"piece"
    work("handler")

async def main():
    server = Server(HANDLER)
    await server.start(port=0)
    print(server.port, flush=True)
    if WHERE in ("drained", "end"):
        await server.close()
    await asyncio.Event().wait()

loop = new_event_loop(sys.argv[1])
try:
    loop.run_until_complete(main())
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.fixture
def program(twin, loop_factory):
    processes = []

    def start(where: str, handler: str) -> subprocess.Popen:
        loop = "uvloop" if loop_factory.__module__.startswith("uvloop") else "asyncio"
        root = str(Path(fastresp.__file__).parents[1])
        environment = {"PYTHONPATH": root, "FASTRESP_NO_EXTENSIONS": "0" if twin.compiled else "1"}
        text = PROGRAM.replace("WHERE", repr(where)).replace("HANDLER", handler)
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", text, loop],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def interrupt(process: subprocess.Popen) -> None:
    assert process.stdout.readline() == "working\n"
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "interrupted\n"
    assert process.wait(30) == 0


@pytest.mark.parametrize("name", ["wsgi", "stream"])
def test_in_an_application_that_the_loop_calls(program, name):
    process = program("handler", f"WsgiHandler({name}, threads=0)")
    with Client(int(process.stdout.readline())) as client:
        client.get()
        interrupt(process)
        assert client.answer().status == 500


def test_in_a_coroutine(program):
    process = program("handler", "AsgiHandler(asgi)")
    with Client(int(process.stdout.readline())) as client:
        client.get()
        interrupt(process)
        assert client.answer().status == 500


@pytest.mark.parametrize("handler", ["Native()", "AsgiHandler(asgi)"])
def test_in_a_start(program, handler):
    interrupt(program("start", handler))


@pytest.mark.parametrize(
    ("where", "handler"), [("drained", "Native()"), ("end", "Native()"), ("end", "AsgiHandler(asgi)")]
)
def test_in_an_end(program, where, handler):
    process = program(where, handler)
    assert int(process.stdout.readline())
    interrupt(process)
