"""Responders that are swapped by what the collector runs in the middle of a call that fails."""

from __future__ import annotations

import asyncio
import gc
from contextlib import suppress

import pytest
from connection.fake import Wire, turns
from connection.tools import Log, message

from fastresp.errors import ResponderStateError

TRAILER = [("x-a", "1")]
CALLS = {
    "write": lambda responder: responder.write(b"x", {"content-length": "5"}),
    "begin": lambda responder: responder.write_begin_chunked({"content-length": "5"}, 200),
    "end": lambda responder: responder.write_end_chunked(b"", TRAILER),
}


class Swap:
    """Swaps two responders once it is collected within a call of the first, which has changed its state by then."""

    def __init__(self, first, other, before):
        self.things = first, other, before
        self.cycle = self

    def __del__(self):
        first, other, before = self.things
        if not Swap.is_on:
            return
        if repr(first) == before:
            Swap(first, other, before)  # too early: for the next collection
        else:
            Swap.is_on = False
            first.swap(other)


@pytest.mark.parametrize("call", CALLS)
def test_each_request_is_answered(twin, call, log: Log):
    """What the failed call gives up has no responder any more, and is answered as any that is dropped."""

    async def main():
        kept = []
        wires = [Wire(twin, lambda _, responder: kept.append(responder)) for _ in range(2)]
        for wire in wires:
            wire.feed(message("GET", "/"))
        first, other = kept
        if call == "end":
            first.write_begin_chunked("text/plain", 200)
        thresholds = gc.get_threshold()
        Swap.is_on = True
        for _ in range(3):
            Swap(first, other, repr(first))
        gc.set_threshold(1, 1, 1)
        try:
            with pytest.raises(ValueError, match=r"content-length|announced"):
                CALLS[call](first)
        finally:
            gc.set_threshold(*thresholds)
            was_swapped, Swap.is_on = not Swap.is_on, False
        for responder in kept:
            with suppress(ResponderStateError):
                responder.write(b"answered", "text/plain")
        kept.clear()
        del first, other, responder
        gc.collect()  # what has not swapped them
        await turns()
        for wire in wires:
            assert wire.transport.sent.endswith((b"answered", b"error\n")) or wire.transport.closed
            wire.lose()
        return was_swapped

    was_swapped = asyncio.run(main())
    while log.lines:
        assert "was dropped" in log.expect()
    if not was_swapped:  # not before: what is skipped in the middle leaves its responders
        pytest.skip("nothing was collected within the call")
