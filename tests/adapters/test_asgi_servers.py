"""One AsgiHandler for several servers and requests: what they share, and what not."""

from __future__ import annotations

import asyncio
import threading

import pytest
from adapters.asgi_applications import answering, body, start
from adapters.test_asgi_lifespan import App

from fastresp.asgi import AsgiHandler
from fastresp.hooks import StartUpError


class TestSeveralServers:
    """One handler, at http and https for one: its lifespan is that of all of them."""

    def test_one_after_the_other(self, server_class, loop_factory):
        async def main():
            handler = AsgiHandler(app)
            first, second = server_class(handler), server_class(handler)
            await asyncio.gather(first.start(port=0), second.start(port=0))
            assert events() == ["lifespan.startup"]
            await first.close()
            assert events() == ["lifespan.startup"]
            await second.close()
            assert events() == ["lifespan.startup", "lifespan.shutdown"]
            third = server_class(handler)
            await third.start(port=0)
            await third.close()
            assert events() == ["lifespan.startup", "lifespan.shutdown"] * 2

        def events():
            return [event[0] for event in app.seen if isinstance(event, tuple)]

        app = App()
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(main())

    def test_another_loop_while_one_starts(self, server_class, loop_factory):
        """It does not begin a second lifespan, of which the first one's end would not be told."""
        begun, go = threading.Event(), threading.Event()

        async def lifespan(scope, receive, send):
            await receive()
            begun.set()
            await asyncio.to_thread(go.wait, 10)
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})

        async def serve(server):
            await server.start(port=0)
            await server.close()

        def run(server):
            with asyncio.Runner(loop_factory=loop_factory) as runner:
                runner.run(serve(server))

        handler = AsgiHandler(App(lifespan))
        thread = threading.Thread(target=run, args=(server_class(handler),))
        thread.start()
        try:
            assert begun.wait(10)
            with pytest.raises(StartUpError, match="another event loop"):
                run(server_class(handler))
        finally:
            go.set()
            thread.join()

    def test_one_that_fails_to_start(self, server_class, loop_factory):
        """The next one has a start of its own."""
        attempts = []

        async def lifespan(scope, receive, send):
            await receive()
            attempts.append(1)
            await send({"type": f"lifespan.startup.{'failed' if len(attempts) == 1 else 'complete'}"})
            await receive()
            attempts.append("over")
            await send({"type": "lifespan.shutdown.complete"})

        async def main():
            handler = AsgiHandler(App(lifespan))
            first, second = server_class(handler), server_class(handler)
            starts = await asyncio.gather(first.start(port=0), second.start(port=0), return_exceptions=True)
            assert [type(each) for each in starts] == [StartUpError, type(None)]
            await second.close()
            assert attempts == [1, 1, "over"]

        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(main())

    def test_in_two_loops(self, server_class, loop_factory):
        handler = AsgiHandler(App())
        with (
            server_class(handler).background(port=0, loop_factory=loop_factory),
            pytest.raises(StartUpError, match="in another event loop: make one for each"),
            server_class(handler).background(port=0, loop_factory=loop_factory),
        ):
            raise AssertionError("it has started")
        with server_class(handler).background(port=0, loop_factory=loop_factory):
            pass


def test_extensions_are_the_requests_own(serve, connect):
    async def app(scope, receive, send):
        scope["extensions"]["http.response.trailers"][scope["path"]] = True
        await send(start())
        await send(body(",".join(scope["extensions"]["http.response.trailers"]).encode()))

    client = connect(serve(AsgiHandler(app)))
    for path in ("/alice", "/bob"):
        client.get(path)
        assert client.answer().body == path.encode()


@pytest.mark.skipif(not hasattr(asyncio, "eager_task_factory"), reason="new in Python 3.12")
def test_an_eager_task_factory():
    """It would run an application that waits for nothing before its task is known."""

    async def exits(scope, receive, send):
        raise SystemExit(3)

    async def main():
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        with pytest.raises(StartUpError):
            await AsgiHandler(exits).start_up()

    asyncio.run(main())


def test_a_subclass_with_a_call_of_its_own(serve, connect):
    class Mine(AsgiHandler):
        async def __call__(self, request, responder):
            if request.path == "/mine":
                responder.write(b"mine", "text/plain")
            else:
                await super().__call__(request, responder)

    client = connect(serve(Mine(answering(start(), body(b"the application's")))))
    for path, expected in (("/mine", b"mine"), ("/", b"the application's")):
        client.get(path)
        assert client.answer().body == expected
