"""The states of a connection, as two tables that are walked whole: each state, each event."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from connection.fake import Wire, turns
from connection.tools import message, post

from fastresp.http1 import states
from fastresp.http1.states import NEVER, READ_EVENTS, READING, WRITE_EVENTS, WRITING

READ_STATES = ("HEADS", "BODY", "DISCARDING", "HELD", "OVERDUE", "ASKED", "UPGRADED", "STOPPED")
READ_NAMES = ("HOLD", "TICK", "HANDLE", "CONTENT", "ASK", "COMPLETE", "ANSWERED", "UPGRADE", "STOP")
WRITE_STATES = ("OPEN", "CLOSING", "LINGERING", "CLOSED")
WRITE_NAMES = ("CLOSE", "HALF_CLOSE", "ABORT")

# What happens, from the state before to the one behind it; all other pairs can't.
READS = {
    "HEADS": "HOLD-HELD HANDLE-HEADS CONTENT-BODY ASK-ASKED STOP-STOPPED",
    "BODY": "COMPLETE-HEADS ANSWERED-DISCARDING STOP-STOPPED",
    "DISCARDING": "COMPLETE-HEADS STOP-STOPPED",
    "HELD": "TICK-OVERDUE HANDLE-HEADS CONTENT-BODY ASK-ASKED STOP-STOPPED",
    "OVERDUE": "TICK-OVERDUE HANDLE-HEADS CONTENT-BODY ASK-ASKED STOP-STOPPED",
    "ASKED": "ANSWERED-HEADS UPGRADE-UPGRADED STOP-STOPPED",
    "UPGRADED": "STOP-STOPPED",
    "STOPPED": " ".join(f"{name}-STOPPED" for name in READ_NAMES),
}
WRITES = {
    "OPEN": "CLOSE-CLOSING HALF_CLOSE-LINGERING ABORT-CLOSED",
    "CLOSING": "ABORT-CLOSED",
    "LINGERING": "ABORT-CLOSED",
    "CLOSED": " ".join(f"{name}-CLOSED" for name in WRITE_NAMES),
}
PAIRS = [
    (half, state, event)
    for half, all_states, names in (("read", READ_STATES, READ_NAMES), ("write", WRITE_STATES, WRITE_NAMES))
    for state in all_states
    for event in names
]


@pytest.mark.parametrize(("half", "state", "event"), PAIRS)
def test_each_event_in_each_state(half, state, event):
    wanted = dict(pair.split("-") for pair in (READS if half == "read" else WRITES)[state].split())
    kept = "reading" if half == "read" else "writing"
    connection = SimpleNamespace(**{kept: getattr(states, state)})
    go = getattr(states, half)
    if event in wanted:
        go(connection, getattr(states, event))
        assert getattr(connection, kept) == getattr(states, wanted[event])
    else:
        with pytest.raises(RuntimeError, match=kept):
            go(connection, getattr(states, event))
        assert getattr(connection, kept) == getattr(states, state)


def test_the_tables_have_no_other_pair():
    assert (len(READ_STATES), len(READ_NAMES)) == (len(READING) // READ_EVENTS, READ_EVENTS)
    assert (len(WRITE_STATES), len(WRITE_NAMES)) == (len(WRITING) // WRITE_EVENTS, WRITE_EVENTS)
    assert set(READING) - {NEVER} == set(range(len(READ_STATES)))
    assert set(WRITING) - {NEVER} == set(range(1, len(WRITE_STATES)))


def test_a_connection_walks_them(twin):
    """Both twins, from one state to the next, as messages come and answers go."""

    async def main():
        kept = []
        wire = Wire(twin, lambda _, responder: kept.append(responder))
        seen = []

        def look():
            seen.append((READ_STATES[wire.protocol.reading], WRITE_STATES[wire.protocol.writing]))

        look()
        wire.feed(message("GET", "/") + post("/", b"held"))
        look()
        kept.pop().write(b"first", "text/plain")
        await turns()
        kept.pop().write(b"second", "text/plain")
        await turns()
        look()
        wire.feed(post("/", b"0123456789")[:-5])
        look()
        wire.feed(b"56789")
        kept.pop().write(b"third", "text/plain")
        await turns()
        look()
        wire.feed(message("GET", "/", "Connection: close"))
        look()
        kept.pop().write(b"last", "text/plain")
        await turns()
        look()
        wire.lose()
        look()
        assert seen == [
            ("HEADS", "OPEN"),
            ("HELD", "OPEN"),
            ("HEADS", "OPEN"),
            ("BODY", "OPEN"),
            ("HEADS", "OPEN"),
            ("STOPPED", "OPEN"),
            ("STOPPED", "CLOSING"),
            ("STOPPED", "CLOSED"),
        ]

    asyncio.run(main())
