"""The states of a connection, as two tables that are walked whole: each state, each event."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from fastresp.http1 import states
from fastresp.http1.states import NEVER, READ_EVENTS, READING, WRITE_EVENTS, WRITING

READ_STATES = ("HEADS", "HELD", "OVERDUE", "BODY", "DISCARDING", "STOPPED")
READ_NAMES = ("HOLD", "TICK", "HANDLE", "CONTENT", "COMPLETE", "ANSWERED", "STOP")
WRITE_STATES = ("OPEN", "CLOSING", "LINGERING", "CLOSED")
WRITE_NAMES = ("CLOSE", "HALF_CLOSE", "ABORT")

# What happens, from the state before to the one behind it; all other pairs can't.
READS = {
    "HEADS": "HOLD-HELD HANDLE-HEADS CONTENT-BODY STOP-STOPPED",
    "HELD": "TICK-OVERDUE HANDLE-HEADS CONTENT-BODY STOP-STOPPED",
    "OVERDUE": "TICK-OVERDUE HANDLE-HEADS CONTENT-BODY STOP-STOPPED",
    "BODY": "COMPLETE-HEADS ANSWERED-DISCARDING STOP-STOPPED",
    "DISCARDING": "COMPLETE-HEADS STOP-STOPPED",
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
