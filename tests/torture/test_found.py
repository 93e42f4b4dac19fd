"""What the torture has found stays found. Each group is played in one process; one that crashes names the plan."""

from __future__ import annotations

import asyncio
import errno
import subprocess
import sys
from typing import Any

import pytest
from connection.fake import Transport, Wire, turns
from torture.found import FOUND, groups
from torture.run import batch


@pytest.mark.parametrize("group", groups())
def test_found(twin: Any, group: str) -> None:
    names = groups()[group]
    bad: dict[str, str] = {}
    while names:
        plans = [{**FOUND[name], "seed": number} for number, name in enumerate(names)]
        outcome = batch("fake", twin.name, "asyncio", plans=plans, stop=False)
        bad |= {names[number]: faults[0][:300] for number, faults in outcome.faults}
        names = names[outcome.next :]  # behind a crash
    assert not bad, "\n".join(f"{name}: {fault}" for name, fault in bad.items())


class Reset(Transport):
    """A socket that the client has reset, before the loop has seen it: asyncio's write_eof() raises then."""

    def write_eof(self) -> None:
        raise OSError(errno.ENOTCONN, "Transport endpoint is not connected")


def test_the_end_of_a_connection_that_is_reset(twin: Any) -> None:
    """Rule 7 of the responder: after a disconnect every call is a silent no-op."""

    async def play() -> list[BaseException]:
        raised: list[BaseException] = []
        later: list[Any] = []

        def handler(request: Any, responder: Any) -> None:
            later.append(responder)

        wire = Wire(twin, handler, transport=Reset())
        wire.feed(b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx")
        wire.feed(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")  # behind the last request, and unread
        try:
            later.pop().write(b"x", "text/plain")
        except OSError as error:
            raised.append(error)
        await turns()
        wire.lose()
        return raised

    with asyncio.Runner() as runner:
        assert runner.run(play()) == []


@pytest.mark.parametrize("name", ["Request", "Responder"])
def test_made_by_hand(twin: Any, name: str) -> None:
    """What was not made by the server can be looked at without a crash, or not be made at all."""
    code = f"""
import importlib
kind = importlib.import_module("fastresp.core.{name.lower()}{"_c" if twin.compiled else ""}").{name}
for make in (kind, lambda: kind.__new__(kind)):
    try:
        thing = make()
    except TypeError:
        continue
    for name in dir(thing):
        if name.startswith("__") and name != "__repr__":
            continue
        try:
            value = getattr(thing, name)
            if name in ("__repr__", "read", "__aiter__", "write"):
                value()
        except (TypeError, AttributeError, RuntimeError, ValueError):
            pass
        print(name)
"""
    done = subprocess.run([sys.executable, "-P", "-X", "faulthandler", "-W", "ignore", "-c", code], capture_output=True)
    assert done.returncode == 0, done.stderr[-3000:]
