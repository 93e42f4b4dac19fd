"""A plan played over transports that are not there: in one thread, step by step, and the same each time."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import time
from collections.abc import Callable
from itertools import accumulate
from types import SimpleNamespace
from typing import Any

from connection.fake import Transport, turns
from torture.reading import Answer, Problem, read
from torture.scene import MARK, Scene, Watch

from fastresp import Config
from fastresp.core import closing

__all__ = ["Player", "play"]

OURS = ("Request", "Responder", "Http1Exchange", "Connection")
PATIENCE = 10.0


class Socket(Transport):
    """A transport whose client may read slowly, and what is left to come from it."""

    def __init__(self, about: dict[str, Any]) -> None:
        super().__init__()
        self.about = about
        self.left = about["data"].encode("latin-1")
        self.fed = 0
        self.cuts = [*about["cuts"], len(self.left)]
        self.is_lost = self.has_eof = self.is_paused = False

    @property
    def is_over(self) -> bool:
        return self.closed or self.ended or self.aborted


class Play:
    """One plan, on one twin. What was sent, and what was wrong."""

    def __init__(self, plan: dict[str, Any], engine: dict[str, Any], loop: Any, scene: Scene) -> None:
        self.plan = plan
        self.scene = scene
        self.loop = loop
        self.engine = engine
        self.interrupted = False
        self.sockets: list[Socket] = []
        self.protocols: list[Any] = []

    def guarded(self, what: str, function: Any, *arguments: Any) -> None:
        """Calls what a loop calls. Only a KeyboardInterrupt may come out of it."""
        try:
            function(*arguments)
        except KeyboardInterrupt:
            self.interrupted = True  # a program ends there; what was behind it in the same read is left
        except BaseException as error:
            self.scene.fault(f"{what}() raised {error!r}")

    def connect(self) -> None:
        config = Config(date_header=False, access_log=self.plan["access_log"])
        self.service = self.engine["new_service"](self.scene.handler(), config, self.loop, False, True)
        for about in self.plan["connections"]:
            protocol = self.engine["new_connection"](self.service)
            socket = Socket(about)
            self.guarded("connection_made", protocol.connection_made, socket)
            self.sockets.append(socket)
            self.protocols.append(protocol)

    def result(self) -> dict[str, Any]:
        return {
            "sent": [socket.sent for socket in self.sockets],
            "ends": [(socket.closed, socket.ended, socket.aborted) for socket in self.sockets],
        }

    def forget(self) -> None:
        self.sockets.clear()
        self.protocols.clear()
        del self.service

    async def run(self) -> None:
        self.connect()
        if self.plan["threshold"]:
            gc.set_threshold(self.plan["threshold"], 1, 1)
        try:
            for name, which in self.plan["steps"]:
                self.step(name, which)
                if name in ("turn", "collect"):
                    await turns(3)
            if self.plan["drain"]:
                self.guarded("drain", self.service.drain)
            await self.finish()
        finally:
            gc.set_threshold(700, 10, 10)

    def step(self, name: str, which: int) -> None:
        socket, protocol = self.sockets[which], self.protocols[which]
        if name == "feed":
            self.feed(which)
        elif name == "collect":
            gc.collect()
        elif name == "sweep":
            self.guarded("sweep", self.service.sweep)
        elif name == "pause":
            if not socket.is_lost and not socket.is_paused and not socket.is_over:
                socket.is_paused, socket.unsent = True, 100_000
                self.guarded("pause_writing", protocol.pause_writing)
        elif name == "resume":
            self.resume(which)
        elif name == "eof":
            if socket.about["manner"] == "half" and not socket.is_lost and not socket.has_eof and not socket.is_over:
                socket.has_eof = True
                self.guarded("eof_received", protocol.eof_received)
        elif name == "lose" and socket.about["manner"] in ("reset", "close", "mute") and not socket.is_lost:
            self.lose(which)

    def feed(self, which: int) -> None:
        socket = self.sockets[which]
        if socket.is_lost or socket.has_eof or socket.closed or not socket.reading or not socket.left:
            return
        size = next(cut for cut in socket.cuts if cut > socket.fed) - socket.fed
        data, socket.left = socket.left[:size], socket.left[size:]
        socket.fed += size
        self.guarded("data_received", self.protocols[which].data_received, data)

    def resume(self, which: int) -> None:
        socket = self.sockets[which]
        if socket.is_paused and not socket.is_lost:
            socket.is_paused, socket.unsent = False, 0
            self.guarded("resume_writing", self.protocols[which].resume_writing)

    def lose(self, which: int) -> None:
        socket = self.sockets[which]
        socket.is_lost = socket.deaf = True
        self.guarded("connection_lost", self.protocols[which].connection_lost, None)

    async def finish(self) -> None:
        """All that waits is let go, and all that was asked must have been answered."""
        scene = self.scene
        for _ in range(40):
            scene.finish()
            gc.collect()
            for which in range(len(self.sockets)):
                self.resume(which)
                self.feed(which)
            await turns(6)
            await self.idle(0.02)
            if not any(socket.left and socket.reading and not self.deaf(socket) for socket in self.sockets):
                break
        for number in range(100):  # what is read in threads
            scene.finish()
            gc.collect()
            await turns(6)
            self.check(final=False)
            if scene.faults or not self.open_answers or (number > 5 and not self.busy()):
                break
            await asyncio.sleep(0.01)
        self.check(final=True)
        if scene.copied:
            scene.fault(f"copies were made by {sorted(scene.copied)}")
        for which, socket in enumerate(self.sockets):
            if not socket.is_lost:
                self.lose(which)
        scene.finish()
        await turns(6)
        await self.idle(PATIENCE)
        if busy := self.busy():
            scene.fault(f"tasks go on after the end: {busy}")
            for task in busy:
                task.cancel()
            await turns(6)
        if self.service.connections:
            scene.fault(f"connections are left: {self.service.connections}")

    def deaf(self, socket: Socket) -> bool:
        return socket.is_lost or socket.has_eof or socket.closed

    def busy(self) -> set[Any]:
        return asyncio.all_tasks() - {asyncio.current_task()}

    async def idle(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while (busy := self.busy()) and (
            left := end - loop.time()
        ) > 0:  # what one drops may have to be closed by another
            await asyncio.wait(busy, timeout=left)
            await turns(4)

    def check(self, final: bool) -> None:
        """Reads all that was sent."""
        self.open_answers = 0
        lost = 0
        for which, socket in enumerate(self.sockets):
            about = socket.about
            clean = (socket.closed or socket.ended) and not socket.aborted
            sizes = accumulate(request["size"] for request in about["requests"])
            whole = sum(
                size <= socket.fed and request["kind"] != "half"
                for request, size in zip(about["requests"], sizes, strict=True)
            )
            # an answer that was begun and given up may end the connection before its head is out
            told = any(level == "ERROR" for level, _ in self.scene.lines)
            try:
                answers = read(
                    socket.sent, about["requests"], ended=socket.is_over, clean=clean, torn=socket.is_lost,
                    whole=0 if told else whole, shared=frozenset(self.scene.shared),
                )  # fmt: skip
            except Problem as problem:
                self.scene.fault(f"connection {which}: {problem}")
                continue
            lost += sum(answer.status == 500 for answer in answers)
            if socket.is_lost or socket.is_over:
                lost += sum(not answer.complete for answer in answers) if not socket.is_lost else 0
                continue
            self.open(which, socket, answers, whole, final)
        errors = sum(level in ("ERROR", "CRITICAL") for level, _ in self.scene.lines)
        if final and lost > errors:
            self.scene.fault(f"{lost} answers were lost, {errors} faults logged")

    def open(self, which: int, socket: Socket, answers: list[Answer], wanted: int, final: bool) -> None:
        """A connection that is still there owes an answer to each request that came whole."""
        complete = sum(answer.complete for answer in answers)
        if socket.left and not socket.reading:
            wanted = sum(
                about["kind"] != "half" for about in socket.about["requests"]
            )  # what it does not read it has to answer, too
        if complete < wanted and not self.interrupted:
            self.open_answers += wanted - complete
            if final:
                self.scene.fault(f"connection {which}: {complete} answers to {wanted} requests, and nothing more comes")


def ours() -> list[Any]:
    """Our objects that the collector knows."""
    return [thing for thing in gc.get_objects() if type(thing).__name__ in OURS]


def eager(loop: asyncio.AbstractEventLoop, coroutine: Any, **settings: Any) -> asyncio.Task[Any]:
    """asyncio.eager_task_factory, which does not take all that uvloop gives it."""
    return asyncio.Task(coroutine, loop=loop, **{**settings, "eager_start": True})


class Player:
    """Plays plans in loops of their own, and watches what must not happen in any."""

    def __init__(self, plan: dict[str, Any], loop_factory: Any, trace: bool) -> None:
        self.plan, self.loop_factory, self.trace = plan, loop_factory, trace
        self.logger = logging.getLogger("fastresp")
        self.logger.propagate = False
        self.logger.setLevel(logging.INFO)

    def play(self, make: Callable[[Scene, asyncio.AbstractEventLoop], Any]) -> dict[str, Any]:
        """Plays what `make` makes; the faults, what was logged and noted, and its own result."""
        before = {id(thing) for thing in ours()}  # what an earlier play has left
        with asyncio.Runner(loop_factory=self.loop_factory) as runner:
            loop = runner.get_loop()
            if self.plan["eager"] and sys.version_info >= (3, 12):
                loop.set_task_factory(eager)
            scene = Scene(self.plan, loop)
            scene.trace = self.trace
            played = make(scene, loop)
            watch = Watch(scene)

            def strange(_: Any, context: dict[str, Any]) -> None:
                if not isinstance(context.get("exception"), KeyboardInterrupt):
                    scene.fault(f"the loop was told: {context['message']}: {context.get('exception')!r}")

            def unraisable(told: Any) -> None:
                if getattr(told.exc_value, "args", None) != (MARK,) or "fastresp" in repr(told.object):
                    scene.fault(f"ignored in {told.object!r}: {told.exc_value!r}")

            loop.set_exception_handler(strange)
            self.logger.addHandler(watch)
            hook, sys.unraisablehook = sys.unraisablehook, unraisable
            try:
                self.run(loop, played, scene)
                result = {"lines": scene.lines, "notes": scene.notes, "faults": scene.faults, **played.result()}
                service = getattr(played, "service", None)
                own = SimpleNamespace(devices=set() if service is None else service.devices, loop=loop)
                del service
                played.forget()
                for _ in range(
                    2
                ):  # what is dropped now may have to be closed in a thread, which the loop has to hear of
                    gc.collect()
                    loop.run_until_complete(closing.all_closed(own))
            finally:
                self.logger.removeHandler(watch)
                sys.unraisablehook = hook
        for task in list(closing._open):  # a generator that the loop's end has closed may have dropped a device
            if task.get_loop() is loop:
                if isinstance(task, asyncio.Task):
                    task._log_destroy_pending = False  # type: ignore[attr-defined]
                closing._open.discard(task)
        task = None
        del played, loop, own
        for number in range(50):  # garbage may answer, and hold on to others; so may a thread that still reads
            left: list[Any] = []  # the one before would keep what is in it
            scene.finish()
            gc.collect()
            left = [thing for thing in ours() if id(thing) not in before]
            if number > 1 and not left:
                break
            time.sleep(0.01 if number > 1 else 0)
        if left:
            scene.fault(f"{len(left)} objects are left: {left[:4]}")
        return result

    def run(self, loop: asyncio.AbstractEventLoop, played: Any, scene: Scene) -> None:
        task = loop.create_task(played.run())
        while not task.done():
            try:
                loop.run_until_complete(task)
            except KeyboardInterrupt:
                played.interrupted = True
            except BaseException as error:
                scene.fault(f"{error!r} ended the loop")
                if task.done():
                    break
        if task.exception() is not None:
            task.result()


def play(plan: dict[str, Any], engine: dict[str, Any], loop_factory: Any, *, trace: bool = False) -> dict[str, Any]:
    """Plays a plan; what was sent, logged and noted, and the faults."""
    return Player(plan, loop_factory, trace).play(lambda scene, loop: Play(plan, engine, loop, scene))
