"""Lifecycle: a handler in, a running server out.

A server listens once, serves, and closes once: it stops accepting, lets what runs finish for a while, and drops the
rest. `Server.background` gives it a thread and a loop of its own; `Server.start` uses the loop that runs.
"""

from __future__ import annotations

import asyncio
import logging
import selectors
import socket
import ssl as tls
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, ClassVar, Self, Unpack

from fastresp import engine as engines
from fastresp import forks, hooks, loops, sockets
from fastresp.checks import Handler, check_grace, check_handler
from fastresp.config import Config
from fastresp.core.faults import report
from fastresp.core.observer import Observer
from fastresp.ending import Ending
from fastresp.listening import HOST, PORT, Keywords, Listening, listening_of
from fastresp.loops import LoopFactory, comes_first, complete, gathers, new_event_loop, poll_descriptor, turns
from fastresp.signals import call_soon

__all__ = ["GRACE", "Server", "new_event_loop"]

GRACE = 10.0
_QUIET_TURNS = 4


class Server:
    """Serves one handler, a plain or a coroutine function `(request, responder)`, on one or more listening sockets.

    It starts once: `await start()` and `await close()` in a running event loop, or `with background()` in a thread and
    a loop of its own. `config` has its limits and times; without it they are those of `Config()`.
    In the program's own loop, a SystemExit or KeyboardInterrupt that a task raises ends that loop, as asyncio has it.
    A handler that is an object may have coroutine methods: `start_up`, awaited before the server listens; `drained`,
    awaited after the last answer, until no call runs in a thread; and `shut_down`, awaited at the end. What `start_up`
    raises, `start` raises.
    Raises TypeError if the handler can't be called with these two arguments.

    >>> from urllib.request import urlopen
    >>> with Server(lambda request, responder: responder.write("Hello")).background(port=0) as server:
    ...     urlopen(f"http://127.0.0.1:{server.port}/").read()
    b'Hello'
    """

    engine: ClassVar[engines.Engine] = engines.engine
    """Where connections come from."""

    def __init__(self, handler: Handler, *, config: Config | None = None) -> None:
        check_handler(handler)
        if config is not None and not isinstance(config, Config):
            raise TypeError(f"config takes a fastresp.Config, not {config!r}")
        self.handler = handler
        self.config = config if config is not None else Config()
        self._state = "new"  # new, starting, serving, closing, closed
        self._loop: asyncio.AbstractEventLoop
        self._thread = 0  # the loop's
        self._service: Any = None
        self._sockets: tuple[socket.socket, ...] = ()
        self._unix_file: sockets.UnixFile | None = None
        self._listeners: list[asyncio.AbstractServer] = []
        self._urls: tuple[str, ...] = ()
        self._addresses: tuple[Any, ...] = ()  # also when the sockets are closed, and connections are not
        self._ending: Ending
        self._closing: asyncio.Task[None] | None = None
        self._cause = ""  # the signal that ends it
        self._where = Listening()
        self._to_shut_down = False
        self._observed: Callable[[Observer | None], Observer] | None = None  # what observes instead of this

    @property
    def sockets(self) -> tuple[socket.socket, ...]:
        """The listening sockets; none before `start` and after `close`."""
        return self._sockets

    @property
    def port(self) -> int | None:
        """The TCP port that the server listens on, or None."""
        for sock in self._sockets:
            if sock.family in (socket.AF_INET, socket.AF_INET6):
                port: int = sock.getsockname()[1]
                return port
        return None

    @property
    def urls(self) -> tuple[str, ...]:
        """Where the server listens, for people: "http://127.0.0.1:8000", "unix:/run/app.sock"."""
        return self._urls

    async def start(self, host: str | None = HOST, port: int = PORT, **listening: Unpack[Keywords]) -> None:
        """Listen in one way: at host and port (every address of the host; None is every interface; port 0 a free
        one), at the path `uds` of a UNIX socket, or on a socket that is there, as `fd` or `sock`; the server owns
        either one from then on. Returns when it listens.

        `ssl`: a ready server context, for TLS. `reuse_port`: other processes may listen at the same port as well.
        `backlog`: how many clients the system lets wait to be accepted (default: 2048).
        Raises OSError, with a sentence that names the address, if the address is not to be had; ValueError for two
        ways at once, or for reuse_port where that does not exist; TypeError if ssl is not an SSLContext; RuntimeError
        the second time.
        """
        await self.start_at(listening_of("start", host, port, listening))

    async def start_at(self, where: Listening) -> None:
        """As `start`, at a place that is said already."""
        if self._state != "new":
            raise RuntimeError(
                "this server was closed; make a new Server to serve again"
                if self._state in ("closing", "closed")
                else "this server was already started"
            )
        self._state = "starting"
        self._where = where
        self._loop = loop = asyncio.get_running_loop()
        self._ending = Ending(loop, self.handler)
        self._thread = threading.get_ident()
        self._addresses = sockets.given(where.sock, where.fd)
        forks.forget_in_children(self)  # what is started with the handler may fork, too
        try:
            self._to_shut_down = await hooks.start_up(self.handler)
            self._sockets, self._unix_file = await where.open()
            self._urls = tuple(sockets.url(listening, secure=where.ssl is not None) for listening in self._sockets)
            self._addresses = tuple(listening.getsockname() for listening in self._sockets)
            await self._accept(loop, where.ssl, where.backlog)
            if self._state != "starting":
                raise RuntimeError("this server was closed while it started")
        except BaseException:
            self._stop_accepting()
            if self._service is not None:
                self._service.abort()
                self._service.close()
                self._service = None
            await self._shut_down(GRACE)
            self._state = "new" if self._state == "starting" else "closed"
            raise
        self._state = "serving"

    async def _accept(self, loop: asyncio.AbstractEventLoop, ssl: tls.SSLContext | None, backlog: int) -> None:
        engine = self.engine
        secure = ssl is not None  # then writelines() is ours
        service = self._service = engine.new_service(self.handler, self.config, loop, secure, secure or gathers(loop))
        if self._observed is not None:
            service.observer = self._observed(
                service.observer
            )  # before there are requests, each of which has its clock
        service.open()
        engine.prepare(service)
        connection = partial(engine.new_connection, service)
        if ssl is not None:
            connection = partial(engine.new_tls, service, ssl, engine.new_connection)
        # asyncio tries to accept `backlog` times a turn: without a descriptor left, it fails and logs as many times
        one_by_one = isinstance(loop, asyncio.SelectorEventLoop)
        options: dict[str, Any] = {"backlog": 1 if one_by_one else backlog}
        for listening in self._sockets:
            listener = await loop.create_server(connection, sock=listening, start_serving=not one_by_one, **options)
            self._listeners.append(listener)
            if one_by_one:
                listener._start_serving()  # type: ignore[attr-defined]  # without a turn between these: others share it
                listening.listen(backlog)

    def _stop_accepting(self) -> None:
        self._remove_file()
        for listener in self._listeners:
            with suppress(ValueError):  # of a selector loop: the program has closed the socket that it gave
                listener.close()
        loops.forget_retries(self._loop, self._sockets)
        for listening in self._sockets:
            listening.close()  # those that no listener took over; for the others it does nothing
        self._listeners.clear()
        self._sockets = ()

    async def close(self, grace: float = GRACE) -> None:
        """Stop accepting, let the requests that run be answered for at most `grace` seconds, then drop them.

        Calling it again, also meanwhile, is harmless: the earliest end of grace counts.
        """
        grace = check_grace(grace)
        if self._state in ("new", "starting", "closed"):
            self._state = "closed"
            return
        if asyncio.get_running_loop() is not self._loop:
            raise RuntimeError("close() must be awaited in the loop that start() was awaited in")
        self._ending.limit(grace)
        caller = asyncio.current_task()
        cancelled = 0 if caller is None else caller.cancelling()  # before: it may have swallowed that
        self._ending.callers.add(caller)
        if self._closing is None:
            self._state = "closing"
            cause = f"{self._cause}: " if self._cause else ""
            report("%sclosing %s: what runs has %g s to end", cause, ", ".join(self._urls), grace, level=logging.INFO)
            self._closing = asyncio.Task(self._end(), loop=self._loop)  # which an eager factory would begin here
        try:
            await asyncio.shield(self._closing)
        except asyncio.CancelledError:
            if self._state == "closing" and self._closing.cancelled():  # before its first step, as all tasks were
                self._closing = asyncio.Task(self._end(), loop=self._loop)
                await asyncio.shield(self._closing)
            if self._state == "closed" and caller is not None and caller.cancelling() == cancelled:
                return  # what was cancelled is another's call, and has come to its end
            raise

    async def _end(self) -> None:
        service = self._service
        try:
            await self._ending.finish(service, self._take_the_last, self._accept_no_more)
        finally:  # each of these, whichever is cancelled
            try:
                await self._accept_no_more()
            finally:
                service.abort()
                service.close()
                try:
                    await self._shut_down()
                finally:
                    self._state = "closed"
                    report("closed", level=logging.INFO)

    async def _take_the_last(self) -> None:
        # A client that the system has accepted for us would lose its request if the listeners closed under it: take
        # in who waits there, and then what they have already sent.
        await self._empty_queues()
        self._stop_accepting()
        await turns(4)

    async def _accept_no_more(self) -> None:
        loops.accept_no_more(self._loop, self._sockets)
        await turns(2)
        self._stop_accepting()

    def _remove_file(self) -> None:
        if self._unix_file is not None:
            self._unix_file.remove()
            self._unix_file = None

    async def _shut_down(self, grace: float | None = None) -> None:
        if self._to_shut_down:
            self._to_shut_down = False
            await self._ending.shut_down(grace)

    def seconds_left(self, grace: float) -> float:
        """Seconds of the grace that are left; all before the end."""
        return min(grace, self._ending.left()) if hasattr(self, "_ending") else grace

    def _forget(self) -> None:
        """In a forked child: lets go of the sockets, which are the parent's to serve."""
        if self._state in ("starting", "serving", "closing"):
            if self._service is not None:
                self._service.forget()
            if threading.get_ident() == self._thread:
                forks.leave(self._loop)
            forks.release(self._addresses, poll_descriptor(self._loop))  # last: it may find no descriptor to work with

    async def _empty_queues(self) -> None:
        """Let the loop accept until nobody waits, and finish what it accepted, but not for ever on a busy server:
        libuv accepts one connection a turn, asyncio makes transports only while the listener is open."""
        quiet = 0
        self._remove_file()  # before the last look: nobody comes behind it
        # of the kinds of selectors, one that needs no descriptor: there may be none left
        with getattr(selectors, "PollSelector", selectors.SelectSelector)() as waiting:
            for listening in sockets.still_open(self._sockets):
                if self._where.is_ours:
                    sockets.admit_nobody(listening)
                waiting.register(listening, selectors.EVENT_READ)
            for _ in range(self._where.backlog + _QUIET_TURNS):
                quiet = 0 if waiting.select(0) else quiet + 1
                if quiet == _QUIET_TURNS:
                    break
                await turns(1)

    @contextmanager
    def background(
        self,
        host: str | None = HOST,
        port: int = PORT,
        *,
        grace: float = GRACE,
        loop_factory: LoopFactory | None = None,
        **listening: Unpack[Keywords],
    ) -> Iterator[Self]:
        """Serve in a thread and a loop of its own while the `with` block runs, then close with `grace` seconds. The
        block is given the server, which listens by then.

        Takes what `start` takes, and raises what it raises, at the `with`. `loop_factory` makes the loop (default:
        uvloop's where there is one, else asyncio's).
        """
        grace = check_grace(grace)
        where = listening_of("background", host, port, listening)
        generation = forks.generation
        begun: Future[Callable[[], None]] = Future()
        started: Future[None] = Future()
        ended: Future[None] = Future()

        leave = asyncio.Event()

        async def serve() -> None:
            loop = asyncio.get_running_loop()
            begun.set_result(lambda: call_soon(loop, leave.set))
            if await comes_first(self.start_at(where), leave):
                started.set_result(None)
                await leave.wait()
                await self.close(grace)

        def main() -> None:
            try:
                complete(serve, loop_factory, partial(self.seconds_left, grace), asyncio.Event())
            except BaseException as error:
                for future in (begun, started, ended):
                    if not future.done():
                        future.set_exception(error)
            else:
                ended.set_result(None)

        thread = threading.Thread(target=main, name="fastresp", daemon=True)
        thread.start()
        try:
            stop = begun.result()
            started.result()
        except BaseException:
            # If it was not start() that failed but our waiting (Ctrl-C), the thread must still come to an end.
            begun.add_done_callback(lambda future: future.exception() or future.result()())
            thread.join()
            raise
        try:
            yield self
        finally:
            stop()
            thread.join()
        if generation == forks.generation:  # else the thread is the parent's
            ended.result()
