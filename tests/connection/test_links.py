"""The link that a connection becomes which is upgraded, and what may become one: without a socket."""

from __future__ import annotations

import asyncio

import pytest
from connection.fake import Wire, turns
from connection.tools import message, post

SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"
ASK = ("Connection: keep-alive, Upgrade", "Upgrade: websocket")


@pytest.fixture
def scene(twin):
    """Runs a coroutine that gets a function from a handler to its wire."""

    def run(main):
        async def within():
            await main(lambda handler, **config: Wire(twin, handler, **config))

        asyncio.run(within())

    return run


@pytest.mark.parametrize(
    "request_bytes",
    [
        message("GET", "/"),
        message("GET", "/", "Upgrade: websocket"),
        message("GET", "/", "Connection: keep-alive", "Upgrade: websocket"),
        message("GET", "/", "Connection: upgraded", "Upgrade: websocket"),
        message("GET", "/", "Connection: close, upgrade", "Upgrade: websocket"),
        message("GET", "/", *ASK, version="1.0"),
        post("/", b"content", *ASK),
    ],
)
def test_a_request_that_cannot_have_another_protocol(scene, echo_class, request_bytes):
    async def main(wire_of):
        def handle(_, responder):
            with pytest.raises(ValueError, match="does not ask for another protocol"):
                echo_class().upgrade(responder)
            responder.write(b"instead", "text/plain")

        wire = wire_of(handle)
        wire.feed(request_bytes)
        await turns()
        assert b"instead" in wire.transport.sent

    scene(main)


@pytest.mark.parametrize(
    "headers",
    [
        {"upgrade": "other"},
        {"UPGRADE": "other"},
        {"connection": "close"},
        {"content-length": "0"},
        {"transfer-encoding": "chunked"},
    ],
)
def test_fields_that_contradict_it(scene, echo_class, headers):
    async def main(wire_of):
        def handle(_, responder):
            with pytest.raises(ValueError, match="leave out"):
                echo_class().upgrade(responder, headers)
            responder.write(b"instead", "text/plain")

        wire = wire_of(handle)
        wire.feed(message("GET", "/", *ASK))
        assert b"instead" in wire.transport.sent

    scene(main)


def test_it_is_a_final_answer(scene, echo_class):
    async def main(wire_of):
        def handle(_, responder):
            session = echo_class()
            session.upgrade(responder)
            for call in (responder.write, lambda: responder.write_chunk(b""), lambda: session.upgrade(responder)):
                with pytest.raises(Exception, match="another protocol"):
                    call()
            assert repr(responder) == "<Responder upgraded>"

        wire = wire_of(handle)
        wire.feed(message("GET", "/", *ASK))
        assert wire.transport.sent == SWITCH
        wire.lose()

    scene(main)


def test_what_a_session_sends_in_a_read_leaves_in_one_write(scene, echo_class):
    async def main(wire_of):
        wire = wire_of(lambda _, responder: echo_class().upgrade(responder))
        wire.feed(message("GET", "/", *ASK) + b"with the head")
        assert wire.transport.writes == [SWITCH + b"WITH THE HEAD"]
        wire.feed(b"twelve bytes")
        assert wire.transport.writes[1:] == [b"TWELVE BYTES"]
        wire.lose()

    scene(main)


def test_bytes_that_come_in_pieces_keep_their_order(scene, echo_class):
    """Of those that wait behind the head as the answer is given late."""

    async def main(wire_of):
        kept = []
        wire = wire_of(lambda _, responder: kept.append(responder))
        wire.feed(message("GET", "/", *ASK) + b"one ")
        assert not wire.transport.reading
        session = echo_class()
        session.upgrade(kept.pop())
        wire.transport.reading = True  # what has been on its way to us
        wire.feed(b"two ")
        wire.feed(b"three")
        await turns()
        assert wire.transport.sent == SWITCH + b"ONE TWO THREE"
        assert b"".join(session.told.take(session.told.count)) == b"one two three"
        wire.lose()

    scene(main)


def test_reading_is_paused_and_resumed(scene, echo_class):
    async def main(wire_of):
        session = echo_class()
        wire = wire_of(lambda _, responder: session.upgrade(responder))
        wire.feed(message("GET", "/", *ASK))
        session.link.pause_reading()
        assert not wire.transport.reading
        wire.protocol.proceed()
        assert not wire.transport.reading
        session.link.resume_reading()
        assert wire.transport.reading
        wire.lose()
        session.link.pause_reading()
        session.link.resume_reading()

    scene(main)


def test_reading_goes_on_behind_a_pause_before_its_answer(scene):
    """Or nothing would tell that the client leaves."""

    async def main(wire_of):
        kept = []
        wire = wire_of(lambda _, responder: kept.append(responder))
        wire.feed(message("GET", "/", *ASK))
        wire.protocol.pause_writing()
        wire.protocol.proceed()
        assert not wire.transport.reading
        wire.protocol.resume_writing()
        await turns()
        assert wire.transport.reading
        wire.lose()
        kept.clear()
        await turns()

    scene(main)


@pytest.mark.parametrize("protocol", ["h2c", "upgrade", "websockets", "websocket/13", "x websocket", ""])
def test_a_protocol_that_is_not_spoken(scene, echo_class, protocol):
    """Many clients ask for h2c: their requests are like any other."""

    async def main(wire_of):
        kept = []
        wire = wire_of(lambda request, responder: kept.append((request.path, responder)))
        fields = ("Connection: Upgrade, HTTP2-Settings, websocket", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA")
        wire.feed(message("GET", "/a", f"Upgrade: {protocol}", *fields) + message("GET", "/b"))
        assert [path for path, _ in kept] == ["/a", "/b"]
        with pytest.raises(ValueError, match="does not ask for another protocol"):
            echo_class().upgrade(kept[0][1])
        wire.lose()
        kept.clear()
        await turns()

    scene(main)


@pytest.mark.parametrize("protocol", ["WebSocket", "h2c, websocket", ",\twebsocket , x"])
def test_a_protocol_that_is_spoken(scene, echo_class, protocol):
    async def main(wire_of):
        wire = wire_of(lambda _, responder: echo_class().upgrade(responder))
        wire.feed(message("GET", "/", f"UPGRADE: {protocol}", "Connection: upgrade"))
        assert wire.transport.sent == SWITCH
        wire.lose()

    scene(main)


def test_a_client_that_has_closed_its_side_before(scene, echo_class):
    async def main(wire_of):
        kept = []
        wire = wire_of(lambda _, responder: kept.append(responder))
        wire.feed(message("GET", "/", *ASK))
        wire.protocol.eof_received()
        session = echo_class()
        session.upgrade(kept.pop())
        await turns()
        assert session.told.take(2) == ["ended", "over"]
        assert session.told.count == 2
        wire.lose()

    scene(main)


def test_a_client_that_takes_nothing_is_not_read_from(scene, echo_class):
    async def main(wire_of):
        class Session(echo_class):
            def received(self, data):
                super().received(data)
                wire.protocol.pause_writing()

        session = Session()
        wire = wire_of(lambda _, responder: session.upgrade(responder))
        wire.feed(message("GET", "/", *ASK))
        wire.feed(b"some")
        assert not wire.transport.reading
        session.link.pause_reading()
        session.link.resume_reading()
        assert not wire.transport.reading
        wire.protocol.resume_writing()
        await turns()
        assert wire.transport.reading
        wire.lose()

    scene(main)


@pytest.mark.parametrize("is_lost", [False, True])
def test_an_end_that_raises_costs_no_callback(scene, echo_class, log, is_lost):
    async def main(wire_of):
        class Session(echo_class):
            def over(self):
                raise LookupError("on purpose")

        session = Session()
        closed = []

        def handle(_, responder):
            responder.on_close(lambda: closed.append(True))
            session.upgrade(responder)

        wire = wire_of(handle)
        wire.feed(message("GET", "/", *ASK))
        if not is_lost:
            session.link.close()
        wire.lose()
        log.expect("the session of another protocol failed", "on purpose")
        await turns()
        assert closed == [True]

    scene(main)


@pytest.mark.parametrize("error", [LookupError("on purpose"), SystemExit(3)])
@pytest.mark.parametrize("call", ["received", "ended", "failed"])
def test_a_session_that_raises(scene, echo_class, log, call, error):
    """Its connection ends, and no other, nor the loop."""

    async def main(wire_of):
        def fail(*_):
            raise error

        session = type("Session", (echo_class,), {call: fail})()

        def handle(_, responder):
            session.upgrade(responder)
            if call == "failed":
                raise ArithmeticError("of the handler")

        wire = wire_of(handle)
        wire.feed(message("GET", "/", *ASK))
        if call == "received":
            wire.feed(b"data")
        elif call == "ended":
            wire.protocol.eof_received()
        log.expect("the session of another protocol failed", type(error).__name__)
        if call == "failed":
            log.expect("the handler failed", "of the handler")
        await turns()
        assert wire.transport.aborted
        assert session.told.take(session.told.count)[-1:] == ["over"]
        wire.lose()

    scene(main)


def test_what_is_held_behind_an_answer_has_a_bound(scene, echo_class):
    async def main(wire_of):
        kept = []
        session = echo_class()

        def handle(request, responder):
            kept.append(responder) if request.path == "/late" else session.upgrade(responder)

        wire = wire_of(handle)
        wire.feed(message("GET", "/late") + message("GET", "/", *ASK))
        count = 0
        while wire.transport.reading:
            wire.feed(bytes(65536))
            await turns(2)
            count += 1
            assert count < 8
        session.link.pause_reading()
        session.link.resume_reading()
        assert not wire.transport.reading
        kept.pop().write(b"late")
        await turns()
        assert wire.transport.reading
        assert wire.transport.sent.endswith(SWITCH + bytes(count * 65536))
        wire.lose()

    scene(main)


@pytest.mark.parametrize("is_closed", [False, True])
def test_a_link_that_is_over_takes_nothing(scene, echo_class, is_closed):
    async def main(wire_of):
        session = echo_class()
        wire = wire_of(lambda _, responder: session.upgrade(responder))
        wire.feed(message("GET", "/", *ASK))
        if is_closed:
            session.link.close()
        wire.lose()
        session.link.send(b"late")
        session.link.close()
        session.link.abort()
        assert session.link.waiter() is None
        assert session.told.take(1) == ["over"]
        assert session.told.count == 1
        assert wire.transport.sent == SWITCH

    scene(main)


def test_abort(scene, echo_class):
    async def main(wire_of):
        session = echo_class()
        wire = wire_of(lambda _, responder: session.upgrade(responder))
        wire.feed(message("GET", "/", *ASK))
        session.link.abort()
        assert wire.transport.aborted
        assert session.told.get() == "over"
        wire.lose()

    scene(main)


def test_the_sweep_and_the_drain_reach_the_session(scene, echo_class):
    async def main(wire_of):
        session = echo_class()
        wire = wire_of(lambda _, responder: session.upgrade(responder))
        wire.feed(message("GET", "/", *ASK))
        wire.protocol.sweep(1.0)
        assert (session.sweeps, session.drains) == (1, 0)
        wire.protocol.pause_writing()  # what it has to say waits behind what the client does not take
        wire.protocol.sweep(2.0)
        assert (session.sweeps, session.drains) == (2, 0)
        wire.service.drain()
        wire.protocol.sweep(3.0)
        assert session.drains == 1
        await turns()
        assert wire.transport.sent == SWITCH + b"bye"
        assert wire.transport.closed
        wire.lose()

    scene(main)


def test_the_access_log_hears_of_it_at_the_end(scene, echo_class, caplog):
    caplog.set_level("INFO", "fastresp.access")

    async def main(wire_of):
        wire = wire_of(lambda _, responder: echo_class().upgrade(responder), access_log=True)
        wire.feed(message("GET", "/", *ASK) + b"body")
        assert not caplog.messages
        wire.feed(b".")
        await turns()
        wire.lose()
        assert caplog.messages == [f'127.0.0.1:50000 "GET / HTTP/1.1" 101 {len(SWITCH) + 5}']

    scene(main)
