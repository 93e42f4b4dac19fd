"""Calls into a loop that stands still for a while, or for good."""

from __future__ import annotations

import asyncio
import threading

import pytest

from fastresp.qt import calls
from fastresp.qt.calls import Home


class Responder:
    """Tells when it was looked at so often."""

    def __init__(self, looks):
        self.left = looks
        self.looked = threading.Event()
        self.failed = 0

    @property
    def is_response_canceled(self):
        self.left -= 1
        if self.left <= 0:
            self.looked.set()
        return False

    def _fail(self):
        self.failed += 1


class Joined(threading.Event):
    """An event that is waited for until no other thread calls any more."""

    def wait(self, timeout):
        for thread in threading.enumerate():
            if thread.name == "caller":
                thread.join(timeout)
        return super().wait(timeout)


@pytest.fixture
def loop(loop_factory):
    loop = loop_factory()
    yield loop
    loop.close()


def called_in_a_thread(loop, responder):
    """What a call has made and returned, in a loop that runs again once the responder was looked at often enough."""
    made, returned = [], []

    async def settle():
        await asyncio.to_thread(thread.join, 10)
        await loop.shutdown_default_executor()

    async def home():
        return Home()

    home = loop.run_until_complete(home())
    call = lambda: returned.append(home.call(lambda: made.append(1), responder))  # noqa: E731
    thread = threading.Thread(target=call, name="caller")
    thread.start()
    assert responder.looked.wait(10)
    loop.run_until_complete(settle())
    return made, returned


def test_a_loop_that_runs_again(monkeypatch, loop):
    """As one that a program drives by a timer: nothing is lost."""
    monkeypatch.setattr(calls, "LOOK", 0.01)
    monkeypatch.setattr(calls, "PATIENCE", 1000)
    responder = Responder(3)
    assert called_in_a_thread(loop, responder) == ([1], [True])
    assert not responder.failed


def test_a_loop_that_runs_again_too_late(monkeypatch, loop):
    """The call is not made, and its answer is broken off: it has a gap."""
    monkeypatch.setattr(calls, "LOOK", 0.01)
    monkeypatch.setattr(calls, "PATIENCE", 3)
    responder = Responder(1)
    monkeypatch.setattr(responder, "looked", Joined())
    assert called_in_a_thread(loop, responder) == ([], [False])
    assert responder.failed == 1
