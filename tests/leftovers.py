"""What each test leaves behind: no exchange, request or body of any server may outlive it."""

from __future__ import annotations

import gc
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

KINDS = {"Body", "Http1Exchange", "Connection", "Request", "Responder"}
"""The classes, of either twin, whose objects are counted."""

WAIT = 2.0
"""Seconds in which threads may let go of what they had."""


def alive() -> Counter[str]:
    """How many objects of these kinds there are, but for those in the permanent generation."""
    found: Counter[str] = Counter()
    for kind, count in Counter(map(type, gc.get_objects())).items():
        if kind.__name__ in KINDS and kind.__module__.startswith("fastresp."):
            found[kind.__name__] += count
    return found


class Leftovers:
    """A plugin that fails a test behind which such an object is alive.

    PERF: what there is before the first test, and behind each hundredth, is frozen. Counting looks at what was made
    since, and takes 8 % of small tests' time, where it took 70.
    """

    def __init__(self) -> None:
        self._count = 0

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line("markers", "keeps_objects: what is alive behind this test is its own")

    def pytest_collection_finish(self) -> None:
        self._freeze()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Iterator[None]:
        result: Any = yield
        _forget(item)
        if item.get_closest_marker("keeps_objects") is not None:
            self._freeze()
        elif found := self._left():
            self._freeze()  # one test is told of them
            pytest.fail(f"these objects are alive behind the test: {dict(found)}", pytrace=False)
        self._count += 1
        if self._count % 100 == 0:
            self._freeze()
        return result

    def _freeze(self) -> None:
        gc.collect()
        gc.freeze()

    def _left(self) -> Counter[str]:
        found = alive()
        until = time.monotonic() + WAIT
        while found and time.monotonic() < until:
            gc.collect()
            found = alive()
            time.sleep(0.01 if found else 0)  # a thread may be about to end
        return found


def _forget(item: pytest.Item) -> None:
    """Drops what pytest still has of a test whose fixtures are torn down."""
    for name in ("last_exc", "last_type", "last_value", "last_traceback"):  # what PySide has printed
        if hasattr(sys, name):
            delattr(sys, name)
    logged = item.config.pluginmanager.get_plugin("logging-plugin")
    logged.caplog_handler.reset()
    logged.report_handler.reset()
    if isinstance(item, pytest.Function):
        item.funcargs.clear()
        for value in item.callspec.params.values() if hasattr(item, "callspec") else ():
            if isinstance(value, BaseException):  # raised in the test, it has the frames of that
                value.__traceback__ = value.__context__ = None
