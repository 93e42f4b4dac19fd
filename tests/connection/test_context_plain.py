"""Context variables of plain handlers: what one call sets, its tasks see, and no other call."""

from __future__ import annotations

import asyncio
import contextvars

import pytest
from connection.tools import Inbox, in_loop, message, post

user: contextvars.ContextVar[str] = contextvars.ContextVar("user_of_plain_handlers", default="nobody")


def sets(request, responder):
    before = user.get()
    user.set(request.path)
    responder.write({"before": before, "after": user.get()})


def sets_and_raises(request, responder):
    sets(request, responder)
    raise LookupError("of the handler's")


def seen(path: str) -> bytes:
    return b'{"before":"nobody","after":"%b"}' % path.encode()


class TestLeak:
    def test_to_the_next_request(self, serve, connect):
        client = connect(serve(sets))
        for number in range(5):
            client.get(f"/{number}")
            assert client.answer().body == seen(f"/{number}")

    def test_among_pipelined_ones(self, serve, connect):
        client = connect(serve(sets))
        client.send(b"".join(message("GET", f"/{number}") for number in range(100)))
        for number in range(100):
            assert client.answer().body == seen(f"/{number}")

    def test_to_another_connection(self, serve, connect):
        server = serve(sets)
        for number in range(5):
            client = connect(server)
            client.send(post(f"/{number}", b"body"))
            assert client.answer().body == seen(f"/{number}")

    def test_of_one_that_raises(self, serve, connect, log):
        client = connect(serve(sets_and_raises))
        for number in range(3):
            client.get(f"/{number}")
            assert client.answer().body == seen(f"/{number}")
            log.expect("LookupError: of the handler's")

    def test_to_the_loop(self, serve, connect):
        server = serve(sets)
        client = connect(server)
        client.get("/set")
        client.answer()
        assert in_loop(server, user.get) == "nobody"


class TestInherited:
    def test_a_task_of_the_handler(self, serve, connect):
        tasks = set()

        def handle(request, responder):
            async def later() -> None:
                await asyncio.sleep(0)
                responder.write(user.get(), "text/plain")

            user.set(request.path)
            task = asyncio.get_running_loop().create_task(later())
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            user.set("changed behind")

        client = connect(serve(handle))
        client.send(message("GET", "/0") + message("GET", "/1"))
        assert [client.answer().body for _ in range(2)] == [b"/0", b"/1"]

    def test_a_callback_of_the_handler(self, serve, connect):
        def handle(request, responder):
            user.set(request.path)
            asyncio.get_running_loop().call_soon(lambda: responder.write(user.get(), "text/plain"))

        client = connect(serve(handle))
        client.send(message("GET", "/0") + message("GET", "/1"))
        assert [client.answer().body for _ in range(2)] == [b"/0", b"/1"]

    def test_an_awaitable_that_a_plain_handler_returns(self, serve, connect):
        async def answer(responder):
            responder.write(user.get(), "text/plain")

        def handle(request, responder):
            return answer(responder)

        client = connect(serve(handle))
        client.get()
        assert client.answer().body == b"nobody"

    @pytest.mark.parametrize("kind", ["plain", "coroutine"])
    def test_what_was_set_before_the_server_started(self, server_class, loop_factory, connect, kind):
        def plain(request, responder):
            responder.write(user.get(), "text/plain")
            user.set("changed")

        async def coroutine(request, responder):
            plain(request, responder)

        async def main() -> list[bytes]:
            user.set("the program's")
            server = server_class(plain if kind == "plain" else coroutine)
            await server.start(host="127.0.0.1", port=0)
            try:
                return await asyncio.to_thread(ask, server)
            finally:
                await server.close(1.0)

        def ask(server) -> list[bytes]:
            client = connect(server)
            bodies = []
            for _ in range(3):
                client.get()
                bodies.append(client.answer().body)
            return bodies

        with asyncio.Runner(loop_factory=loop_factory) as runner:
            assert runner.run(main()) == [b"the program's"] * 3


def test_a_context_that_is_entered_again(serve, connect):
    """A handler may run the loop's callbacks in its own context; each call has its own."""
    contexts = Inbox()

    def handle(request, responder):
        context = contextvars.copy_context()
        contexts.put(context)
        responder.write(context.run(user.get), "text/plain")

    client = connect(serve(handle))
    client.send(message("GET", "/") * 3)
    for _ in range(3):
        assert client.answer().body == b"nobody"
    assert contexts.count == 3
