"""Calls all that one compiled module shows, with whatever arguments: `python tests/misuse.py fastresp.core.query_c`.

Every exception is right. What must not happen is the end of the interpreter: the test that runs this looks at how the
process ended. Each step is named in the file that MISUSE_TRACE names, so that the last line is the one to look at.
"""

from __future__ import annotations

import asyncio
import copy
import faulthandler
import gc
import importlib
import logging
import os
import pickle
import random
import re
import ssl
import sys
from collections.abc import Callable, Sequence

from fastresp import Config, Headers, Response

EXPECTED = re.compile(r"expected (\w+), got")
CALLS = 400
"""Of each function; a method is called a fifth as often on each object."""


class Transport:
    """A transport that does nothing."""

    def get_extra_info(self, name: str, default: object = None) -> object:
        return default

    def __getattr__(self, name: str) -> Callable[..., object]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *arguments: 0


def made() -> list[object]:
    """One of each class, as the server makes it, which has not served yet."""
    loop = asyncio.new_event_loop()

    def module(name: str) -> object:
        return importlib.import_module(f"fastresp.{name}_c")

    service = module("core.service").new_service(lambda request, responder: None, Config(), loop)
    new_connection = module("http1.connection").new_connection
    connected = new_connection(service)
    connected.connection_made(Transport())
    parser = module("http1.parser").new_parser(Config())
    parser.feed(b"GET /a%20b?c=d HTTP/1.1\r\nhost: a\r\n\r\n")
    parser.next()
    peer = module("core.request").new_peer(Transport(), False)
    exchange = module("http1.exchange").new_exchange(service)
    protocol = new_connection(service)
    return [
        service,
        connected,
        protocol,
        parser,
        module("http1.parser").new_parser(Config()),
        peer,
        exchange,
        module("http1.requests").new_request(parser, peer, None),
        module("core.query").new_query(b"a=1&a=2&b=", 0, 10),
        module("core.responder").new_responder(module("http1.exchange").new_exchange(service), None),
        module("net.receiver").new_receiver(protocol),
        module("net.receiver").new_whole(-1),
        module("net.tls").new_tls(service, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), new_connection),
        module("wire.buffer").new_buffer(100),
    ]


def junk() -> list[object]:
    numbers = [0, 1, -1, 7, 10**5, 2**31 - 1, 2**31, -(2**31), 2**62, 2**63 - 1, -(2**63), 2**63, 10**400]
    texts = [
        b"",
        b"x",
        b"a: b\r\n\r\n",
        bytes(300),
        "",
        "x",
        "\xe9",
        "\u20ac",
        "\ud800",
        bytearray(9),
        memoryview(b"abc"),
    ]
    others = [None, True, 1.5, float("nan"), float("inf"), [], [None], (), ("a", "b"), [("a", "b")], {}, {"a": "b"}]
    values = [Headers(), Response(), Config(), object(), Transport(), str.upper, type, os.devnull]
    return [*numbers, *texts, *others, *values]


class Walk:
    def __init__(self, name: str) -> None:
        self.module = importlib.import_module(name)
        self.random = random.Random(name)
        self.trace = open(os.environ.get("MISUSE_TRACE", os.devnull), "w")  # noqa: SIM115
        self.pool = junk() + made()

    def run(self) -> None:
        kinds = []
        for name, thing in vars(self.module).items():
            if isinstance(thing, type):
                if thing.__module__ == self.module.__name__:
                    kinds.append(thing)
            elif callable(thing) and getattr(thing, "__module__", None) == self.module.__name__:
                self.call(name, thing, CALLS)
        for kind in kinds:
            self.walk(kind)
        for thing in self.pool:
            if type(thing) in kinds:
                self.look(f"a {type(thing).__name__}", thing)
        self.pool.clear()
        gc.collect()

    def walk(self, kind: type) -> None:
        """A class, by hand."""
        self.call(kind.__name__, kind, CALLS)
        self.call(f"{kind.__name__}.__new__", lambda *arguments: kind.__new__(kind, *arguments), 40)
        self.step(f"{kind.__name__}: unpickled by hand", lambda: kind.__setstate__(kind.__new__(kind), None))
        empty = [self.step(f"{kind.__name__}.__new__", lambda: kind.__new__(kind))]
        derived = self.step(f"{kind.__name__}: derived", lambda: type("Derived", (kind,), {}))
        if derived is not None:
            empty.append(self.step("its __new__", lambda: derived.__new__(derived)))
        for thing in empty:
            if thing is not None:
                self.pool.append(thing)
                self.look(f"an empty {kind.__name__}", thing)

    def look(self, what: str, thing: object) -> None:
        """All that an object shows, thrice, in any order: what a call has left behind is there for the next one."""
        for action in (repr, len, iter, list, hash, bool, bytes, memoryview, copy.copy, copy.deepcopy, pickle.dumps):
            self.step(f"{action.__name__}() of {what}", lambda action=action: action(thing))
        names = [name for name in dir(thing) if name not in ("__class__", "__del__", "__dict__", "__doc__")]
        for _ in range(3):
            self.random.shuffle(names)
            for name in names:
                value = self.step(f"{name} of {what}", lambda name=name: getattr(thing, name))
                if callable(value):
                    self.call(f"{name}() of {what}", value, CALLS // 5 if name.strip("_") == name else 20)
                elif not name.startswith("__"):
                    for new in self.random.sample(self.pool, 3):
                        self.step(f"{name} of {what} set", lambda name=name, new=new: setattr(thing, name, new))

    def call(self, what: str, function: Callable[..., object], times: int) -> None:
        wanted: set[str] = set()  # the types that it has asked for
        self.step(what, function)
        for _ in range(times):
            fitting = [value for value in self.pool if type(value).__name__ in wanted or isinstance(value, int)]
            pool = fitting if wanted and self.random.random() < 0.8 else self.pool
            arguments = self.random.choices([*pool, None], k=self.random.randrange(8))
            self.step(what, lambda arguments=arguments: function(*arguments), wanted, arguments)

    def step(
        self, what: str, action: Callable[[], object], wanted: set[str] | None = None, arguments: Sequence[object] = ()
    ) -> object:
        self.trace.seek(0)
        self.trace.write(f"{what} with {[shown(argument) for argument in arguments]}\n")
        self.trace.truncate()
        self.trace.flush()
        try:
            result = action()
            if hasattr(result, "send") and hasattr(result, "close"):
                try:
                    result.send(None)
                finally:
                    result.close()
            return result
        except BaseException as error:
            asked = EXPECTED.search(str(error))
            if asked and wanted is not None:
                wanted.add(asked[1])
        return None


def shown(value: object) -> str:
    plain = type(value) in (int, str, bytes, bool, float, type(None))
    return ascii(value)[:60] if plain and not (type(value) is int and abs(value) > 2**64) else type(value).__name__


if __name__ == "__main__":
    faulthandler.enable()
    logging.disable()
    sys.unraisablehook = lambda unraisable: None
    Walk(sys.argv[1]).run()
