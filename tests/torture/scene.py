"""Plays what handlers do: each op of a plan is a method here."""

from __future__ import annotations

import asyncio
import copy
import gc
import logging
import pickle
import re
import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from torture import devices, hostile
from torture.answers import ANSWERS, LARGE, THREADED, WRONG, text

from fastresp import Headers
from fastresp.errors import BodyError, ResponderStateError

__all__ = ["Hand", "Scene", "Watch"]

# What a wrong call may raise. All else that comes out of a call is ours, and marked, or a fault.
EXPECTED = (TypeError, ValueError, RuntimeError, BufferError)
MARK = "torture"
# What no handler of these raises: it comes from inside.
FAULTS = re.compile(
    r"\b(AttributeError|AssertionError|SystemError|IndexError|NameError|UnboundLocalError)\b|'NoneType' object"
)
seen: ContextVar[str] = ContextVar("seen", default="")


class Odd(BaseException):
    """Neither an Exception nor one of Python's own."""


EXCEPTIONS: dict[str, type[BaseException]] = {
    "Exception": LookupError,
    "CancelledError": asyncio.CancelledError,
    "GeneratorExit": GeneratorExit,
    "StopIteration": StopIteration,
    "StopAsyncIteration": StopAsyncIteration,
    "SystemExit": SystemExit,
    "KeyboardInterrupt": KeyboardInterrupt,
    "Odd": Odd,
}


class Hand:
    """Who holds a responder, and the request that it answers at the moment."""

    __slots__ = ("__weakref__", "busy", "request", "responder", "token")

    def __init__(self, request: Any, responder: Any, token: str) -> None:
        self.request, self.responder, self.token = request, responder, token
        self.busy = 0  # calls of the responder that have not returned


class Cycle:
    """Garbage that acts when it is found."""

    def __init__(self, scene: Scene, hand: Hand, op: Any) -> None:
        self.me, self.scene, self.hand, self.op = self, scene, hand, op

    def __del__(self) -> None:
        # A responder whose own __del__ was called already, in the same collection, would take another's exchange with
        # it by a swap: Python finalizes nothing twice.
        self.scene.collecting += 1
        self.scene.calmly(self.op, self.hand)
        self.scene.collecting -= 1


class Watch(logging.Handler):
    """Notes what is logged, then does what a scene has for that moment."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(logging.INFO)
        self.scene = scene

    def emit(self, record: logging.LogRecord) -> None:
        scene = self.scene
        text = record.getMessage()
        if record.exc_info:
            text += " | " + logging.Formatter().formatException(record.exc_info)
            if fault := FAULTS.search(text):
                scene.fault(f"logged {fault[0]}: {text[-1500:]}")
            record.exc_info = None
        is_access = record.name == "fastresp.access"
        error = re.sub(r" at 0x[0-9a-f]+", "", text.partition(" | ")[0])
        scene.lines.append((record.levelname, re.sub(r"127\.0\.0\.1:\d+", "", error)))
        waiting = scene.on_access if is_access else scene.on_log
        if waiting:
            hand, op = waiting.pop()
            scene.calmly(op, hand)


class Scene:
    """What the handlers of one play share. `faults` is what must not have happened."""

    def __init__(self, plan: dict[str, Any], loop: asyncio.AbstractEventLoop) -> None:
        self.plan = plan
        self.loop = loop
        self.thread = threading.get_ident()
        self.faults: list[str] = []
        self.lines: list[tuple[str, str]] = []
        self.notes: list[Any] = []
        self.pool: list[Hand] = []
        self.on_log: list[Any] = []
        self.on_access: list[Any] = []
        self.others: list[Any] = []
        self.in_callbacks: list[Hand] = []
        self.shared: set[bytes] = set()
        self.called: set[str] = set()
        self.copied: set[str] = set()
        self.fuel = 3000
        self.depth = 0
        self.collecting = 0
        self.trace = False

    def fault(self, text: str) -> None:
        if len(self.faults) < 10 and text not in self.faults:
            self.faults.append(text)

    def finish(self) -> None:
        """Lets go of all that is held."""
        self.on_log.clear()
        self.on_access.clear()
        self.others.clear()
        self.pool.clear()
        while self.in_callbacks:
            self.in_callbacks.pop().responder = None

    # -- handlers

    def handler(self) -> Callable[..., Any]:
        if self.plan["coroutine"]:

            async def handle(request: Any, responder: Any) -> Any:
                if request.path == "/probe":
                    responder.write(b"probe")
                    return None
                if seen.get():
                    self.fault("a coroutine handler sees what another one has set")
                program, hand = self.enter(request, responder)
                del request, responder
                for op in program["ops"]:
                    if not await self.waiting(op, hand):
                        self.do(op, hand)
                return self.leave(program, hand)

            return handle

        def plain(request: Any, responder: Any) -> Any:
            if request.path == "/probe":
                responder.write(b"probe")
                return None
            program, hand = self.enter(request, responder)
            del request, responder
            for op in program["ops"]:
                self.do(op, hand)
            return self.leave(program, hand)

        return plain

    def enter(self, request: Any, responder: Any) -> tuple[Any, Hand]:
        token = request.target[1:].decode()
        if token in self.called:
            self.fault(f"{token} is handled twice")
        self.called.add(token)
        program = self.plan["programs"].get(token, {"ops": [], "end": ["return"]})
        if self.others:
            other, op = self.others.pop()
            self.calmly(op, other)
        return program, Hand(request, responder, token)

    def leave(self, program: Any, hand: Hand) -> Any:
        name, *rest = program["end"]
        if name == "raise":
            raise EXCEPTIONS[rest[0]](MARK)
        if name == "value":
            return {"text": "text", "number": 5, "odd": object(), "responder": hand.responder}[rest[0]]
        return None

    async def waiting(self, op: Any, hand: Hand) -> bool:
        name = op[0]
        if name == "pause":
            await asyncio.sleep(0)
        elif name in ("read", "iterate"):
            try:
                if name == "read":
                    await hand.request.read()
                else:
                    async for _ in hand.request:
                        pass
            except (BodyError, RuntimeError):
                pass
        elif name == "drain":
            if hand.responder is not None:
                await hand.responder.drain()
        else:
            return False
        return True

    # -- ops

    def calmly(self, op: Any, hand: Hand) -> None:
        """Does `op` where nothing may be raised."""
        try:
            self.do(op, hand)
        except BaseException as error:
            if error.args != (MARK,):
                self.fault(f"{op}: {error!r}")

    def do(self, op: Any, hand: Hand) -> None:
        name, *rest = op
        if name == "raise":
            raise EXCEPTIONS[rest[0]](MARK)
        if threading.get_ident() != self.thread:
            self.loop.call_soon_threadsafe(self.calmly, op, hand)
            return
        self.fuel -= 1
        if self.fuel < 0 or self.depth > 25:
            return
        if self.trace:
            print("  " * self.depth, hand.token, op, flush=True)
        self.depth += 1
        try:
            getattr(self, f"do_{name}")(hand, *rest)
        finally:
            self.depth -= 1

    def call(self, hand: Hand, function: Callable[..., object], *arguments: Any) -> None:
        """Calls the responder; what it refuses is noted."""
        if hand.responder is None:
            return
        hand.busy += 1
        try:
            function(hand.responder, *arguments)
        except BaseException as error:
            if error.args == (MARK,):
                raise
            text = re.sub(r" at 0x[0-9a-f]+", "", str(error))
            if not isinstance(error, EXPECTED) or FAULTS.search(f"{type(error).__name__} {text}"):
                # PEP 479 turns one that leaves a generator into a RuntimeError
                self.fault(f"a call of {hand.token} raised {error!r}")
            self.notes.append((hand.token, type(error).__name__, text))
        finally:
            hand.busy -= 1

    def do_answer(self, hand: Hand, kind: str) -> None:
        if kind in (*THREADED, "path") and not self.plan["threads"]:
            kind = "aread"
        self.call(hand, ANSWERS[kind], hand.token)

    def do_hostile(self, hand: Hand, kind: str, op: Any) -> None:
        do = self.calmly if "dying" in kind else self.do  # what is raised in __del__ gets nowhere
        self.call(hand, hostile.ARGUMENTS[kind], lambda: do(op, hand), hand.token, text(hand.token))

    def do_device(self, hand: Hand, flavour: str, where: str, op: Any, size: int) -> None:
        if flavour in (*THREADED, "bytesio") and not self.plan["threads"]:  # of its own class, so read in threads
            flavour = "aiter"
        # the device refers to its hand, which a swap may give what waits for this answer: see finish()
        self.in_callbacks.append(hand)
        thing = devices.device(flavour, lambda: self.do(op, hand), where, text(hand.token, size))
        self.call(hand, lambda r, t: r.write(thing, f"a/{t}"), hand.token)

    def do_begin(self, hand: Hand) -> None:
        self.call(hand, lambda r: r.write_begin_chunked({"x-token": hand.token}, ["x-t"]))

    def do_chunk(self, hand: Hand, size: str) -> None:
        data = f"c{hand.token}." + "." * (LARGE if size == "large" else 0)
        self.call(hand, lambda r: r.write_chunk(data))

    def do_end(self, hand: Hand, trailers: bool) -> None:
        token = hand.token
        self.call(hand, lambda r: r.write_end_chunked(f"E{token}", {"x-t": token} if trailers else None))

    def do_interim(self, hand: Hand, status: int) -> None:
        self.call(hand, lambda r: r.write(Headers({"x-token": hand.token}), status))

    def do_wrong(self, hand: Hand, kind: str) -> None:
        self.call(hand, WRONG[kind])

    def do_all(self, hand: Hand, ops: list[Any]) -> None:
        for op in ops:
            self.do(op, hand)

    def do_spread(self, hand: Hand, how: str, ops: list[Any]) -> None:
        if ops:
            self.do(ops[0], hand)
            self.do(["later", how, ["spread", how, ops[1:]]], hand)

    def do_later(self, hand: Hand, how: str, op: Any) -> None:
        if self.loop.is_closed():
            return
        if how == "soon":
            self.loop.call_soon(self.calmly, op, hand)
        elif how == "later0":
            self.loop.call_later(0, self.calmly, op, hand)
        else:
            thread = threading.Thread(target=self.loop.call_soon_threadsafe, args=(self.calmly, op, hand))
            thread.start()
            thread.join()

    def other(self, hand: Hand, index: int) -> Hand:
        return self.pool[index % len(self.pool)] if self.pool else hand

    def do_with(self, hand: Hand, index: int, op: Any) -> None:
        self.do(op, self.other(hand, index))

    def do_swap(self, hand: Hand, index: int) -> None:
        other = self.other(hand, index)
        if hand.responder is None or other.responder is None or other is hand or self.collecting:
            return
        if hand.busy or other.busy:
            self.shared |= {hand.token.encode(), other.token.encode()}
        try:
            hand.responder.swap(other.responder)
        except ResponderStateError:  # one was found by the collector, and answered for
            return
        hand.token, other.token = other.token, hand.token

    def do_keep(self, hand: Hand) -> None:
        if hand not in self.pool:
            self.pool.append(hand)

    def do_cycle(self, hand: Hand, op: Any) -> None:
        Cycle(self, hand, op)

    def do_drop(self, hand: Hand, in_thread: bool) -> None:
        if hand.busy:
            return
        if in_thread:
            held = [hand.responder]
            hand.responder = None
            thread = threading.Thread(target=held.clear)
            thread.start()
            thread.join()
        hand.responder = None

    def do_on_close(self, hand: Hand, op: Any) -> None:
        # a callback that mentions its responder keeps it: see finish()
        self.in_callbacks.append(hand)
        self.call(hand, lambda r: r.on_close(lambda: self.do(op, hand)))

    def do_on_log(self, hand: Hand, op: Any) -> None:
        self.on_log.append((hand, op))

    def do_on_access(self, hand: Hand, op: Any) -> None:
        self.on_access.append((hand, op))

    def do_others(self, hand: Hand, op: Any) -> None:
        self.others.append((hand, op))

    def do_collect(self, hand: Hand) -> None:
        gc.collect()

    def do_context(self, hand: Hand) -> None:
        if self.plan["coroutine"]:
            seen.set(hand.token)

    def do_poke(self, hand: Hand) -> None:
        request = hand.request
        self.notes.append((repr(request), request.path, request.query_string, list(request.headers), request.host))
        self.notes.append((repr(hand.responder), request.remote_address is None))

    def do_copy(self, hand: Hand) -> None:
        for name, thing in (("responder", hand.responder), ("request", hand.request)):
            for way in (copy.copy, copy.deepcopy, pickle.dumps):
                try:
                    made = way(thing)
                except (TypeError, AttributeError):  # what pickle says of a lambda within
                    continue
                if thing is not None and made is not None:
                    self.copied.add(f"{way.__name__}({name})")
                    made = None

    # what only coroutines can do
    def do_pause(self, hand: Hand) -> None:
        pass

    do_read = do_iterate = do_drain = do_pause
