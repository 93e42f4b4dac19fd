"""A server's end: nobody who was let in is lost, and nobody holds it up for ever."""

from __future__ import annotations

import asyncio
import socket

import pytest
from server.clients import REQUEST, Late, connect, get, hello, read_all, read_until, turns

from fastresp.server import Server


class TestClose:
    def test_before_start(self, drive):
        async def main():
            server = Server(hello)
            await server.close()
            with pytest.raises(RuntimeError, match="this server was closed"):
                await server.start(port=0)

        drive(main())

    def test_idle_connections_end_at_once(self, drive, server_class):
        async def main():
            server = server_class(hello)
            await server.start(port=0)
            with connect(server.port, REQUEST) as client:
                await asyncio.to_thread(read_until, client, b"\r\n\r\nhello")
                await server.close(60)
                assert await asyncio.to_thread(read_all, client) == b""

        drive(main())

    @pytest.mark.parametrize("before", range(5))
    def test_a_client_that_connects_as_it_ends_at_once(self, drive, server_class, before):
        """Accepted, or about to be: it is answered or sent away, and nothing of it is left in a closed server."""

        async def main():
            server = server_class(hello)
            await server.start(port=0)
            service = server._service
            with connect(server.port, REQUEST) as client:
                await turns(before)
                await server.close(0)
                await turns(20)
                assert not service.connections
                answer = await asyncio.to_thread(read_all, client)
                assert answer == b"" or answer.startswith(b"HTTP/1.1 200 OK\r\n")

        drive(main())

    def test_behind_the_socket_that_the_program_gave_and_closed(self, drive, server_class):
        """Who was let in is answered all the same."""

        async def main():
            late = Late()
            server = server_class(late)
            with socket.create_server(("127.0.0.1", 0)) as listening:
                await server.start(sock=listening)
                client = connect(server.port, REQUEST)
                await late.wait()
            with client:
                closing = asyncio.ensure_future(server.close(60))
                await turns(20)
                late.responder.write("late")
                assert (await asyncio.to_thread(read_all, client)).endswith(b"late")
                await closing
            assert server.sockets == ()

        drive(main())

    def test_a_program_that_ends_in_the_middle(self, loop_factory, server_class, caplog):
        """asyncio.run() cancels all tasks behind it: the handler is shut down, wherever the end is by then."""

        class Handler:
            is_shut_down = False

            def __call__(self, request, responder):
                pass

            async def shut_down(self):
                self.is_shut_down = True

        async def main(handler, count):
            server = server_class(handler)
            await server.start(port=0)
            closing.append(asyncio.create_task(server.close(0)))
            await turns(count)

        caplog.set_level("INFO")
        closing = []
        for count in range(24):
            handler = Handler()
            with asyncio.Runner(loop_factory=loop_factory) as runner:
                runner.run(main(handler, count))
            assert handler.is_shut_down, count
        assert caplog.messages.count("closed") == 24

    def test_a_running_request_is_answered(self, drive, server_class):
        async def main():
            late = Late()
            server = server_class(late)
            await server.start(port=0)
            port = server.port
            with connect(port, REQUEST) as client:
                await late.wait()
                closing = asyncio.ensure_future(server.close(60))
                await turns(50)  # it has begun to drain
                with pytest.raises(ConnectionRefusedError):
                    connect(port)
                assert not closing.done()
                late.responder.write(b"at last", "text/plain")
                await closing
                answer = await asyncio.to_thread(read_all, client)
                assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
                assert b"\r\nconnection: close\r\n" in answer
                assert answer.endswith(b"\r\n\r\nat last")

        drive(main())

    @pytest.mark.parametrize("grace", [0, 0.05])
    def test_what_takes_longer_is_dropped(self, drive, server_class, grace):
        async def main():
            late = Late()
            server = server_class(late)
            await server.start(port=0)
            with connect(server.port, REQUEST) as client:
                await late.wait()
                await server.close(grace)
                assert await asyncio.to_thread(read_all, client) == b""

        drive(main())

    def test_again_and_meanwhile(self, drive, server_class):
        async def main():
            late = Late()
            server = server_class(late)
            await server.start(port=0)
            with connect(server.port, REQUEST):
                await late.wait()
                slow = asyncio.ensure_future(server.close(float("inf")))
                await asyncio.sleep(0)
                longer = asyncio.ensure_future(server.close(60))
                await asyncio.sleep(0)
                assert not slow.done()
                await server.close(0)  # the earliest end counts
                await slow
                await longer
                await server.close()

        drive(main())

    def test_a_caller_that_gives_up_does_not_stop_it(self, drive, server_class):
        async def main():
            late = Late()
            server = server_class(late)
            await server.start(port=0)
            with connect(server.port, REQUEST) as client:
                await late.wait()
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(server.close(60), 0.01)
                late.responder.write(b"at last", "text/plain")
                await server.close()
                assert (await asyncio.to_thread(read_all, client)).endswith(b"at last")

        drive(main())

    def test_in_another_loop(self, server_class, loop_factory):
        with server_class(hello).background(port=0, loop_factory=loop_factory) as server:
            with pytest.raises(RuntimeError, match="in the loop that start"):
                asyncio.run(server.close())
            assert get(server.port) == (200, b"hello")

    @pytest.mark.parametrize("grace", [-1, float("nan")])
    def test_grace_below_zero(self, drive, grace):
        with pytest.raises(ValueError, match="grace must not be below zero"):
            drive(Server(hello).close(grace))

    @pytest.mark.parametrize("grace", [10**9 + 1, 10**400, 1.1e9])
    def test_grace_beyond_all_clocks(self, drive, grace):
        with pytest.raises(ValueError, match="grace must be at most 1000000000, or inf, not 1"):
            drive(Server(hello).close(grace))

    @pytest.mark.parametrize("grace", [10**9, float("inf"), type("Odd", (float,), {"__add__": None})(5)])
    def test_the_longest_graces(self, drive, server_class, grace):
        async def main():
            server = server_class(hello)
            await server.start(port=0)
            await server.close(grace)

        drive(main())

    def test_grace_that_is_no_number(self, drive):
        with pytest.raises(TypeError, match="grace is a number of seconds, not '5'"):
            drive(Server(hello).close("5"))

    def test_who_waits_in_the_queue_is_served(self, drive, server_class):
        # Connected and sent, but the loop has not seen it: closing the listener now would reset the connection.
        async def main():
            server = server_class(hello)
            await server.start(port=0)
            clients = [connect(server.port, REQUEST) for _ in range(20)]
            await server.close()
            for client in clients:
                with client:
                    assert (await asyncio.to_thread(read_all, client)).startswith(b"HTTP/1.1 200 OK\r\n")

        drive(main())
