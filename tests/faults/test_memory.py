"""Memory runs out in a call that is no handler's: nothing waits for ever, and no byte stands where it must not."""

from __future__ import annotations

import asyncio
import selectors
import subprocess
import sys
import textwrap

import pytest
from client import Client
from connection.fake import Transport, Wire, turns
from connection.tools import message, post

import fastresp
from fastresp import Config
from fastresp.core.body import Body

QUICK = {"write_timeout": 0.2}


class Loop:
    """The running loop, whose call_soon() fails when the test says so."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.is_full = False
        self.ahead = 0.0  # seconds

    def __getattr__(self, name):
        return getattr(self._loop, name)

    def time(self):
        return self._loop.time() + self.ahead

    def is_running(self):
        return False  # for tasks: none is begun in it but by call_soon()

    def call_soon(self, *arguments, **options):
        if self.is_full:
            raise MemoryError
        return self._loop.call_soon(*arguments, **options)


def play(scene):
    async def main():
        await scene(Loop())

    asyncio.run(main())


def test_the_end_of_an_answer_fails_outside_a_read(twin):
    """Its bytes are gathered, and nobody would write them."""

    async def scene(loop):
        kept = []

        def handle(request, responder):
            responder.on_close(lambda: None)
            kept.append(responder)

        wire = Wire(twin, handle, loop=loop, **QUICK)
        wire.feed(message("GET", "/"))
        loop.is_full = True
        with pytest.raises(MemoryError):
            kept[0].write(b"late", "text/plain")
        loop.is_full = False
        await turns()
        wire.service.sweep()
        assert wire.transport.aborted
        wire.lose()

    play(scene)


def test_a_client_that_has_caught_up_is_not_forgotten(twin):
    async def scene(loop):
        async def pieces():
            for _ in range(3):
                yield b"x" * 1000

        wire = Wire(twin, lambda _, responder: responder.write(pieces(), "text/plain"), loop=loop, **QUICK)
        wire.feed(message("GET", "/"))
        wire.protocol.pause_writing()
        await turns()
        loop.is_full = True
        with pytest.raises(MemoryError):
            wire.protocol.resume_writing()
        loop.is_full = False
        await turns()
        wire.service.sweep()
        assert wire.transport.aborted
        wire.lose()
        await turns()

    play(scene)


def test_one_answer_that_can_not_be_given_up(twin, caplog):
    """The client has left: the answers behind the one whose end fails are given up, too."""

    async def scene(loop):
        kept = []

        def handle(request, responder):
            responder.on_close(lambda: None)
            kept.append(responder)

        wire = Wire(twin, handle, loop=loop, **QUICK)
        wire.feed(message("GET", "/") * 3)
        loop.is_full = True
        wire.lose()
        loop.is_full = False
        assert [responder.is_response_canceled for responder in kept] == [True, True, True]
        kept.clear()  # the collector does not see responders
        assert caplog.text.count("giving up an answer failed") == 3

    play(scene)


@pytest.mark.parametrize("place", [0, 1])
def test_a_responder_that_is_dropped_where_nothing_can_be_done(twin, place, caplog):
    """Its request is answered at the next tick, wherever it stands, and its connection serves on."""

    async def scene(loop):
        kept = []
        wire = Wire(twin, lambda _, responder: kept.append(responder), loop=loop, **QUICK)
        wire.feed(message("GET", "/first") + message("GET", "/second"))
        loop.is_full = True
        del kept[place]
        loop.is_full = False
        await turns()
        assert wire.transport.sent == b""
        wire.service.sweep()
        await turns()
        assert caplog.text.count("was dropped without an answer") == 1
        kept.pop().write(b"the other", "text/plain")
        await turns()
        assert [wire.transport.sent.count(status) for status in (b" 500 ", b" 200 ")] == [1, 1]
        wire.feed(message("GET", "/third"))
        kept.pop().write(b"the last", "text/plain")
        await turns()
        assert wire.transport.sent.endswith(b"the last")
        assert not wire.transport.closed
        wire.lose()

    play(scene)


def test_a_head_that_is_held_is_the_only_one(twin, monkeypatch):
    """What it needs beside its bytes fails behind them: no other head may follow."""
    if twin.compiled:
        pytest.skip("nothing can be put in the place of a function in C")

    async def scene(loop):
        kept = []

        def handle(request, responder):
            if request.path == "/first":
                kept.append(responder)
                return
            with monkeypatch.context() as patch:
                patch.setattr(twin("net.output").Output, "note_size", fail)
                responder.write_begin_chunked("text/plain")

        def fail(self, size):
            raise MemoryError

        wire = Wire(twin, handle, loop=loop, **QUICK)
        wire.feed(message("GET", "/first") + message("GET", "/second"))
        kept[0].write(b"first", "text/plain")
        await turns()
        wire.service.sweep()
        assert b" 500 " not in wire.transport.sent
        assert wire.transport.aborted
        wire.lose()

    play(scene)


def test_names_of_trailers_that_memory_does_not_hold():
    """Cython's list comprehensions let go of an item twice (3.3.1)."""
    pytest.importorskip("_testcapi")
    if not fastresp.compiled:
        pytest.skip("it is C that crashed")
    script = """
        import _testcapi
        from fastresp.core.overloads_c import sort_begin

        for number in range(400):
            _testcapi.set_nomemory(number % 8, number % 8 + 1)
            try:
                sort_begin("a/b", [f"x-{number}"], 200)
            except MemoryError:
                pass
            finally:
                _testcapi.remove_mem_hooks()
            kept = [b"x-%d" % each for each in range(50)]
    """
    subprocess.run([sys.executable, "-P", "-c", textwrap.dedent(script)], check=True, timeout=30)


def test_a_reader_that_can_not_be_told(twin, monkeypatch):
    """The client has left in the middle of a body: what else waits for it is told all the same."""

    async def scene(loop):
        kept, over = [], asyncio.Event()

        async def handle(request, responder):
            responder.on_close(lambda: kept.append("closed"))
            kept.append(responder)
            await over.wait()

        wire = Wire(twin, handle, max_connections=1)
        wire.feed(post("/", b"content")[:-1])
        await turns()
        with monkeypatch.context() as patch:
            patch.setattr(Body, "fail", fail)
            with pytest.raises(MemoryError):
                wire.lose()
        assert kept[0].is_response_canceled
        over.set()
        await turns()
        assert kept.pop() == "closed"
        kept.clear()  # the collector does not see responders
        assert wire.service.admit(object(), None) == 0

    play(scene)


def test_a_writer_gives_way_where_its_client_can_not_be_given_up(twin):
    """One that writes on until it is told would keep the loop for ever."""
    if twin.compiled:
        pytest.skip("what a compiled connection has noted can't be set")

    async def scene(loop):
        kept = []
        wire = Wire(twin, lambda _, responder: kept.append(responder), loop=loop)
        wire.feed(message("GET", "/"))
        kept[0].write_begin_chunked("a/b")
        wire.protocol.output.closing = True
        assert await asyncio.wait_for(kept[0]._exchange.waiter(), 10) is None
        wire.lose()

    play(scene)


def fail(*arguments):
    raise MemoryError


class Failing:
    """An observer that has no memory at some moment."""

    def __init__(self, when):
        self.when = when
        self.heard = []

    def __getattr__(self, name):
        def hear(*arguments):
            self.heard.append(name)
            if name == self.when:
                raise MemoryError

        return hear


def test_a_connection_that_can_not_begin(twin):
    async def scene(loop):
        service = twin("core.service").new_service(None, Config(), loop, False, True)
        service.observer = Failing("opened")
        connection, transport = twin("http1.connection").new_connection(service), Transport()
        with pytest.raises(MemoryError):
            connection.connection_made(transport)
        assert transport.aborted
        connection.connection_lost(None)

    play(scene)


def test_a_refusal_that_fails(twin, caplog):
    """It is tried once, and then the connection ends."""

    async def scene(loop):
        wire = Wire(twin, fail, loop=loop, head_timeout=0.1)
        wire.service.observer = Failing("refused")
        wire.feed(b"GET / HT")
        for _ in range(10):
            loop.ahead += 1
            wire.service.tick()
            await turns()
        wire.service.close()
        assert wire.transport.aborted
        assert wire.service.observer.heard.count("refused") == 1
        assert "looking after a connection failed" in caplog.text
        wire.lose()

    play(scene)


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_what_the_system_has_not_taken_at_once(twin, loop):
    """Memory ends as the rest is put aside: the connection ends, and no answer is sent twice."""
    pytest.importorskip("_testcapi")
    pytest.importorskip("uvloop")
    if twin.compiled is not fastresp.compiled:
        pytest.skip("the other twin is the one that is installed")
    script = f"""
        import asyncio, socket, _testcapi, {loop}
        from fastresp import Config, Server

        fails_at = 0

        def handle(request, responder):
            responder.write(request.path.encode().ljust(3500), "a/b")
            if request.path == "/31":
                asyncio.get_running_loop().call_soon(_testcapi.remove_mem_hooks)
                _testcapi.set_nomemory(fails_at, fails_at + 1)

        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        options = dict(sock=listening, loop_factory={loop}.new_event_loop, grace=0)
        with Server(handle, config=Config(write_timeout=1)).background(**options) as server:
            for fails_at in range(12):
                client = socket.socket()
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
                client.settimeout(10)
                client.connect(("127.0.0.1", server.port))
                paths = ["/%d" % number for number in range(33)]
                asked = [f"GET {{path}} HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n".encode() for path in paths]
                client.sendall(b"".join(asked[:32]))
                got = b""
                try:
                    while got.count(b"\\r\\n\\r\\n") < 33 or len(got.rpartition(b"\\r\\n\\r\\n")[2]) < 3500:
                        piece = client.recv(65536)
                        if not piece:
                            break
                        got += piece
                        if got.count(b"/31 ") and asked:
                            client.sendall(asked[32])
                            asked = []
                except (ConnectionError, MemoryError):  # the one that fails may be this thread's
                    pass
                client.close()
                contents = got.split(b"\\r\\n\\r\\n")[1:]
                answers = [content.split()[0].decode() for content in contents if content[:1] == b"/"]
                assert answers == paths[: len(answers)], (fails_at, answers)
    """
    subprocess.run([sys.executable, "-P", "-c", textwrap.dedent(script)], check=True, timeout=60)


def test_memory_that_ends_in_the_loop_itself(server_class, caplog):
    """As asyncio's does, in the look for what has come: the server goes on."""

    class Selector(selectors.DefaultSelector):
        fails = False

        def select(self, timeout=None):
            fails, self.fails = self.fails, False
            if fails:
                raise MemoryError
            return super().select(timeout)

    def handle(request, responder):
        selector.fails = request.path == "/last"
        responder.write(request.path)

    selector = Selector()
    server = server_class(handle)
    with server.background(port=0, loop_factory=lambda: asyncio.SelectorEventLoop(selector)), Client(server.port) as it:
        for path in ("/last", "/first"):
            it.get(path)
            assert it.answer().body == path.encode()
    assert "memory ran out in the event loop, which goes on" in caplog.messages
