"""ASGI lifespan: startup before anybody is served, shutdown after the last answer, and every way to have none."""

from __future__ import annotations

import asyncio
import contextvars

import pytest
from adapters.asgi_applications import body, start

from fastresp.asgi import AsgiHandler
from fastresp.hooks import StartUpError


class App:
    """Notes what happens; `lifespan` is another one than its own."""

    def __init__(self, lifespan=None) -> None:
        self.seen: list[object] = []
        self.lifespan = lifespan or self.live

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            await self.lifespan(scope, receive, send)
            return
        self.seen.append(("request", dict(scope["state"])))
        scope["state"]["own"] = True
        await send(start())
        await send(body(b"ok"))

    async def live(self, scope, receive, send):
        self.seen.append(scope["asgi"])
        while True:
            event = (await receive())["type"]
            self.seen.append((event, asyncio.current_task().get_name()))
            if event == "lifespan.startup":
                scope["state"]["pool"] = "open"
            await send({"type": f"{event}.complete"})


@pytest.fixture
def live(server_class, loop_factory):
    """Serves one request, or what it is told to do, from start to close."""

    def live(app, during=None):
        async def main():
            server = server_class(AsgiHandler(app))
            await server.start(port=0)
            try:
                if during is not None:
                    await during(server)
            finally:
                await server.close()

        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(main())

    return live


async def get(server) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


def test_all_of_it(live):
    app = App()

    async def twice(server):
        for _ in range(2):
            assert (await get(server)).endswith(b"\r\n\r\nok")

    live(app, twice)
    versions, startup, first, second, shutdown = app.seen
    assert versions == {"version": "3.0", "spec_version": "2.0"}
    assert startup[0] == "lifespan.startup"
    assert first == second == ("request", {"pool": "open"})  # what a request adds to its state is its own
    assert shutdown[0] == "lifespan.shutdown"
    assert startup[1] == shutdown[1]  # the same task: what is opened in one can be closed in the other


def test_startup_comes_before_the_server_listens(server_class, loop_factory):
    servers = []

    async def lifespan(scope, receive, send):
        await receive()
        servers.append(server.sockets)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        servers.append(server.sockets)
        await send({"type": "lifespan.shutdown.complete"})

    server = server_class(AsgiHandler(App(lifespan)))

    async def main():
        await server.start(port=0)
        assert server.sockets
        await server.close()

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(main())
    assert servers == [(), ()]


def test_shutdown_comes_after_the_last_answer(live):
    seen = []
    go = asyncio.Event()
    called = asyncio.Event()

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            for event in ("startup", "shutdown"):
                await receive()
                seen.append(event)
                await send({"type": f"lifespan.{event}.complete"})
            return
        called.set()
        await go.wait()
        seen.append("answer")
        await send(start())
        await send(body(b"late"))

    async def during(server):
        request = asyncio.create_task(get(server))
        await called.wait()
        closing = asyncio.create_task(server.close())
        await asyncio.sleep(0)
        go.set()
        await closing
        assert (await request).endswith(b"late")

    live(app, during)
    assert seen == ["startup", "answer", "shutdown"]


@pytest.mark.parametrize("message", ["", "no database", "Traceback:\n  somewhere\nValueError: no database\n"])
def test_a_failed_startup(live, log, message):
    async def lifespan(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.failed", "message": message})
        raise ValueError("as some frameworks do then")

    with pytest.raises(StartUpError) as caught:
        live(App(lifespan))
    last = message.strip().rpartition("\n")[2]
    assert str(caught.value) == f"the application failed to start{': ' if last else ''}{last}"
    assert any("somewhere" in line for line in log.lines) == ("somewhere" in message)


def test_a_server_that_cannot_listen_shuts_the_application_down(server_class, loop_factory):
    app = App()

    async def main():
        first = server_class(AsgiHandler(App()))
        await first.start(port=0)
        with pytest.raises(OSError, match="in use"):
            await server_class(AsgiHandler(app)).start(port=first.port)
        await first.close()

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(main())
    assert [seen[0] for seen in app.seen[1:]] == ["lifespan.startup", "lifespan.shutdown"]


async def raises(scope, receive, send):
    raise AssertionError(scope["type"])


async def returns(scope, receive, send):
    pass


async def raises_later(scope, receive, send):
    await receive()
    raise LookupError("in the startup")


@pytest.mark.parametrize("lifespan", [raises, returns, raises_later])
def test_an_application_without_one_is_served(live, log, lifespan):
    app = App(lifespan)

    async def once(server):
        assert (await get(server)).endswith(b"ok")

    live(app, once)
    assert app.seen == [("request", {})]
    if lifespan is raises:
        assert "the application has no lifespan: AssertionError('lifespan')" in log.lines
    elif lifespan is raises_later:
        assert "LookupError: in the startup" in log.wait_for("the application's lifespan ended in its startup")


def test_a_failed_shutdown_is_logged(live, log):
    async def lifespan(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.failed", "message": "still in use"})

    live(App(lifespan))
    assert "the application failed to shut down: still in use" in log.lines


def test_a_shutdown_that_raises_is_logged(live, log):
    async def lifespan(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        raise LookupError("in the shutdown")

    live(App(lifespan))
    assert "LookupError: in the shutdown" in log.wait_for("the application's lifespan ended in its shutdown")


class Odd(BaseException):
    """What no library expects."""


async def awaits_what_was_cancelled():
    future = asyncio.get_running_loop().create_future()
    future.cancel()
    await future


async def cancels_itself():
    asyncio.current_task().cancel()
    await asyncio.sleep(0)


async def raises_odd():
    raise Odd("no database")


async def raises_a_group():
    raise BaseExceptionGroup("all of it", [Odd("no database")])


async def exits():
    raise SystemExit(3)


ENDS = {
    awaits_what_was_cancelled: "CancelledError",
    cancels_itself: "its task was cancelled",
    raises_odd: "Odd: no database",
    raises_a_group: "BaseExceptionGroup: all of it (1 sub-exception)",
    exits: "SystemExit: 3",
}


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_a_startup_that_ends_with_no_plain_exception_is_a_failure(live, log, end):
    async def lifespan(scope, receive, send):
        await receive()
        await end()

    with pytest.raises(StartUpError) as caught:
        live(App(lifespan))
    assert str(caught.value).startswith("the application failed to start: ")
    assert str(caught.value).endswith(ENDS[end])
    if end is not cancels_itself:
        assert "Traceback" in log.wait_for("the application failed to start")


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_a_shutdown_that_ends_with_no_plain_exception_is_logged(live, log, end):
    async def lifespan(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await end()

    live(App(lifespan))
    assert ENDS[end] in log.wait_for("the application failed to shut down: ")


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_one_that_ends_between_with_no_plain_exception_is_logged(live, log, end):
    async def lifespan(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await end()

    async def once(server):
        assert (await get(server)).endswith(b"ok")

    live(App(lifespan), once)
    if end is not cancels_itself:  # as its own doing, that is an end as any other
        log.wait_for("the application's lifespan ended")


def test_one_that_ends_while_it_is_served_is_logged(live, log):
    async def lifespan(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.complete"})
        raise LookupError("between")

    async def once(server):
        assert (await get(server)).endswith(b"ok")

    live(App(lifespan), once)
    assert "LookupError: between" in log.wait_for("the application's lifespan ended")


@pytest.mark.parametrize("kind", ["lifespan.shutdown.complete", "lifespan.startup.what", "http.response.start", "x"])
def test_an_event_out_of_order_is_refused(live, kind):
    errors = []

    async def lifespan(scope, receive, send):
        await receive()
        try:
            await send({"type": kind})
        except RuntimeError as error:
            errors.append(str(error))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    live(App(lifespan))
    assert errors == [f"the event {kind!r} can't be sent now, in the lifespan's startup"]


def test_a_shutdown_that_never_ends_is_dropped_with_the_grace(server_class, loop_factory):
    cancelled = []
    told = asyncio.Event()

    async def lifespan(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        told.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    async def main():
        server = server_class(AsgiHandler(App(lifespan)))
        await server.start(port=0)
        closing = asyncio.create_task(server.close(600))
        await told.wait()
        await server.close(0)  # the second signal
        await closing

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(main())
    assert cancelled == [True]


def test_context_variables_of_the_lifespan_are_its_own(live):
    variable = contextvars.ContextVar("variable", default="unset")
    seen = []

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            variable.set("lifespan")
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        seen.append(variable.get())
        await send(start())
        await send(body())

    live(app, get)
    assert seen == ["unset"]


def test_a_handler_of_any_kind_may_have_the_hooks(server_class, loop_factory, log):
    seen = []

    class Handler:
        async def start_up(self):
            seen.append("up")

        async def shut_down(self):
            seen.append("down")
            raise LookupError("while shutting down")

        def __call__(self, request, responder):
            responder.write("ok")

    with server_class(Handler()).background(port=0, loop_factory=loop_factory):
        assert seen == ["up"]
    assert seen == ["up", "down"]
    assert "LookupError" in log.wait_for("the handler failed to shut down")
