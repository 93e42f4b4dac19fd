"""What a server takes for a coroutine function: it is called when the head is complete, not the body."""

from __future__ import annotations

from functools import partial
from unittest.mock import Mock

import pytest

from fastresp.core.handlers import is_coroutine_function


async def coroutine(request, responder, more=None):
    pass


def plain(request, responder, more=None):
    pass


class Coroutine:
    async def __call__(self, request, responder, more=None):
        pass

    async def method(self, request, responder):
        pass


class Plain:
    def __call__(self, request, responder):
        pass


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        (coroutine, True),
        (plain, False),
        (Coroutine(), True),
        (Coroutine().method, True),
        (Plain(), False),
        (partial(coroutine, more=1), True),
        (partial(partial(coroutine), more=1), True),
        (partial(Coroutine(), more=1), True),
        (partial(plain, more=1), False),
        (Mock(), False),
    ],
)
def test_is_coroutine_function(handler, expected):
    assert is_coroutine_function(handler) is expected
