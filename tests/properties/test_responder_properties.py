"""Whatever handlers do with their responders: h11 reads whole messages in order, or one that is plainly cut."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import h11
import pytest
from conftest import PURE_ONLY, Twin
from connection.fake import Wire, turns
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from properties.calls import CALLS, Answer

GET, HEAD, POST, CONNECT = "GET", "HEAD", "POST", "CONNECT"
KINDS = {
    "get": (GET, 1, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    "head": (HEAD, 1, b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"),
    "post": (POST, 1, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"),
    "chunks": (POST, 1, b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
    "expects": (POST, 1, b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello"),
    "kept 1.0": (GET, 0, b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
    "last": (GET, 1, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
    "1.0": (GET, 0, b"GET / HTTP/1.0\r\n\r\n"),
    "connect": (CONNECT, 1, b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"),
    "half": (POST, 1, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhell"),
    "bad": (GET, 1, b"GET / HTTP/1.1\r\n\r\n"),
}


@dataclass(frozen=True)
class Script:
    """Requests, what each handler does at once and how it ends, and what is done later."""

    kinds: list[str]
    at_once: list[list[str]]
    ends: list[str]  # "keep", "drop", "raise"
    later: list[tuple[str, int, int]]
    is_async: bool
    together: bool


GOOD = [name for name, call in CALLS.items() if call.effect.__name__ != "_refused"]
names = st.one_of(st.sampled_from(GOOD), st.sampled_from(list(CALLS)))
likely = st.sampled_from(["begin(trailers)", "chunk", "end(trailers)", "begin", "device, sequential", "device"])
steps = st.one_of(
    st.tuples(st.one_of(names, likely), st.integers(0, 4), st.just(0)),
    st.tuples(st.sampled_from(["swap", "drop", "drain", "on_close"]), st.integers(0, 4), st.integers(0, 4)),
    st.tuples(st.sampled_from(["feed", "feed", "feed", "lose", "eof", "tick"]), st.just(0), st.just(0)),
)


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    kinds = draw(st.lists(st.sampled_from(["get", "get", "get", *KINDS]), min_size=1, max_size=5))
    return Script(
        kinds,
        [draw(st.lists(st.one_of(names, likely), max_size=4)) for _ in kinds],
        [draw(st.sampled_from(["keep", "keep", "keep", "drop", "raise"])) for _ in kinds],
        draw(st.lists(steps, max_size=12)),
        draw(st.booleans()),
        draw(st.booleans()),
    )


def waits(task: Any) -> bool:
    """Whether it is a device's, and waits for its turn or its client, and not for the device."""
    work = task.get_coro()
    return work.__name__ == "_send" and type(work.cr_await).__name__ == "FutureIter"


class Play:
    """A script on one twin: what was sent, what the calls came to, and what should have been sent."""

    def __init__(self, twin: Any, script: Script) -> None:
        self.script = script
        self.twin = twin
        self.answers: list[Answer] = []
        self.responders: list[Any] = []
        self.owner: list[int] = []  # by responder: whose request it answers
        self.marks = 0
        self.notes: list[Any] = []
        self.closed: list[int] = []
        self.lost = False
        self.gone: set[int] = set()

    def call(self, name: str, which: int, responder: Any) -> None:
        answer = self.answers[self.owner[which]]
        self.marks += 1
        mark = b"mark%d." % self.marks
        gone = responder.is_response_canceled
        try:
            CALLS[name].run(responder, mark)
        except (TypeError, ValueError, RuntimeError, BufferError) as error:
            self.notes.append((name, which, type(error).__name__, str(error).partition(" at 0x")[0]))
            return
        self.notes.append((name, which, "taken"))
        if not gone:
            CALLS[name].effect(answer, mark)

    def begin(self, responder: Any) -> int:
        which = len(self.answers)
        self.answers.append(Answer())
        self.responders.append(responder)
        self.owner.append(which)
        for name in self.script.at_once[which]:
            self.call(name, which, responder)
        end = self.script.ends[which]
        if end != "keep":
            self.give_up(which)
        return which

    def give_up(self, which: int) -> None:
        if self.responders[which] is not None:
            if not self.responders[which].is_response_canceled:
                self.answers[self.owner[which]].fail()
            self.responders[which] = None

    def handle(self, request: Any, responder: Any) -> None:
        which = self.begin(responder)
        if self.script.ends[which] == "raise":
            raise LookupError("raised by the script")

    async def handle_later(self, request: Any, responder: Any) -> None:
        self.handle(request, responder)

    async def settle(self) -> None:
        await turns(8)
        me = asyncio.current_task()
        while busy := [task for task in asyncio.all_tasks() - self.drains if task is not me and not waits(task)]:
            await asyncio.wait(busy, timeout=5)
            await turns(8)

    async def run(self) -> Play:
        script = self.script
        self.drains: set[Any] = set()
        self.has_left = False
        self.wire = wire = Wire(self.twin, self.handle_later if script.is_async else self.handle)
        data = [KINDS[kind][2] for kind in script.kinds]
        if "half" in script.kinds:
            data = data[: script.kinds.index("half") + 1]
        if script.together:
            wire.feed(b"".join(data))
            data = []
        await self.settle()
        for name, one, other in [("feed", 0, 0), *script.later, *[("feed", 0, 0)] * len(data)]:
            self.step(name, one, other, data)
            await self.settle()
        await self.end()
        wire.service.close()
        return self

    def step(self, name: str, one: int, other: int, data: list[bytes]) -> None:
        wire = self.wire
        there = [i for i, responder in enumerate(self.responders) if responder is not None]
        if name == "feed":
            if data and not self.lost and wire.transport.reading and not wire.transport.closed:
                wire.feed(data.pop(0))
        elif name == "lose":
            if not self.lost:
                self.lost = True
                wire.lose()
        elif name == "eof":
            if not self.lost and not wire.transport.closed:
                data.clear()
                self.has_left = True
                wire.protocol.eof_received()
        elif name == "tick":
            if not self.lost:
                self.has_left = True  # where reading is paused it looks at the socket, and finds none
                wire.protocol.sweep(wire.service.now)
        elif there:
            which, second = there[one % len(there)], there[other % len(there)]
            responder = self.responders[which]
            if name == "swap":
                responder.swap(self.responders[second])
                self.owner[which], self.owner[second] = self.owner[second], self.owner[which]
            elif name == "drop":
                del responder
                self.give_up(which)
            elif name == "drain":
                self.drains.add(asyncio.get_running_loop().create_task(responder.drain()))
            elif name == "on_close":
                number = len(self.closed)
                self.closed.append(0)
                responder.on_close(lambda: self.count(number))
            else:
                self.call(name, which, responder)

    def count(self, number: int) -> None:
        self.closed[number] += 1

    async def end(self) -> None:
        """The client goes, if it has not yet; nobody may wait any more, and every callback has been called."""
        wire = self.wire
        self.sent = wire.transport.sent
        self.was_closed = wire.transport.closed or wire.transport.ended
        self.was_aborted = wire.transport.aborted
        self.was_lost = self.lost
        if not self.lost:
            wire.lose()
        await turns(8)
        assert all(task.done() for task in self.drains), "drain() goes on after the end"
        assert set(self.closed) <= {1}, f"callbacks of on_close() were called {self.closed} times"
        assert not wire.service.connections


def read(play: Play) -> None:
    """Has h11 read what was sent, and compares."""
    script, answers = play.script, play.answers
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=2**24)
    if play.sent:
        connection.receive_data(play.sent)
    if play.was_closed and not play.was_aborted:
        connection.receive_data(b"")
    for number, kind in enumerate(script.kinds):
        method, minor, _ = KINDS[kind]
        connection.send(h11.Request(method=method, target="a:1" if method == CONNECT else "/", headers=[("Host", "a")]))
        connection.send(h11.EndOfMessage())
        status, body, trailers, complete, error = 0, b"", None, False, None
        try:
            while not complete:
                event = connection.next_event()
                if isinstance(event, h11.InformationalResponse):
                    assert minor or not status
                elif isinstance(event, h11.Response):
                    status = event.status_code
                    assert event.http_version == b"1.1"
                    complete = method == CONNECT and 200 <= status < 300
                elif isinstance(event, h11.Data):
                    body += bytes(event.data)
                elif isinstance(event, h11.EndOfMessage):
                    trailers, complete = list(event.headers), True
                else:
                    break
        except h11.RemoteProtocolError as problem:
            error = str(problem)
            # the only thing that may be wrong: the end of the connection in the middle of a message
            cut = "peer closed connection without sending complete message body"
            assert error.startswith(cut if status else "can't handle event type ConnectionClosed"), error
        if not status:
            # nothing more: the connection has ended, or the answer is still to come
            assert connection.trailing_data[0] == b""
            if not play.was_closed and not play.was_lost and number < len(answers):
                assert answers[number].state != "complete", f"the answer {number} was never sent: {answers[number]}"
            return
        if number >= len(answers) or (status in (400, 408) and answers[number].state == "ready"):
            assert complete
            assert status in (400, 408)  # refused
            return
        answer = answers[number]
        # a tunnel has no content: of what is given for one, nothing is looked at, and no fault of it is found
        assert status == answer.status or (method == CONNECT and status == 200), (number, answer)
        if complete:
            no_body = method == HEAD or status in (204, 205, 304) or (method == CONNECT and status < 300)
            assert answer.state == "complete" or (no_body and answer.state != "ready"), (
                number,
                status,
                body[:50],
                answer,
            )
            assert body == (b"" if no_body else answer.body), (number, body[:80], answer.body[:80])
            wanted = answer.trailers if minor and not no_body else []
            assert (trailers or []) == wanted, (number, trailers, wanted)
            assert answer.state != "streaming" or no_body  # its head is all there is of it
        else:
            assert play.was_lost or play.was_closed or answer.state == "streaming", (number, answer)
            assert play.was_lost or play.was_aborted or error is not None or answer.state != "complete", (
                number,
                answer,
            )
            return
        if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
            assert connection.trailing_data[0] == b"", connection.trailing_data
            assert play.was_closed or play.was_lost
            return
        connection.start_next_cycle()
    assert connection.trailing_data[0] == b""


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    # what is logged with a traceback keeps the responders of its frames
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


TWINS = [Twin("pure")] if PURE_ONLY else [Twin("pure"), Twin("compiled")]


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(scripts())
@example(Script(["head", "get"], [["begin"], ["write(data)"]], ["keep"] * 2, [("eof", 0, 0)], False, True))
@example(
    Script(
        ["get", "head", "get", "get", "post"], [[], ["begin"], [], [], []], ["keep"] * 5,
        [("tick", 0, 0), ("write(data)", 0, 0), ("write(data)", 2, 0)], False, True,
    )
)  # fmt: skip
def test_whatever_handlers_do(script: Script) -> None:
    plays = []
    with asyncio.Runner() as runner:
        for twin in TWINS:
            play = runner.run(Play(twin, script).run())
            read(play)
            plays.append((play.sent, play.was_closed, play.was_aborted, play.notes, play.closed))
    assert plays[0] == plays[-1]
