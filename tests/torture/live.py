"""A plan played over sockets: a server in this thread's loop, clients in threads of their own."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
from typing import Any

from torture.clients import Client
from torture.fakes import Player
from torture.reading import Problem, read

from fastresp import Config, Server
from fastresp.engine import Engine

__all__ = ["play"]

PATIENCE = 15.0


class Live:
    """One plan, on one twin and loop."""

    def __init__(self, plan: dict[str, Any], engine: dict[str, Any], scene: Any) -> None:
        self.plan, self.scene = plan, scene
        made = Engine(engine["new_service"], engine["new_connection"], engine["new_tls"], engine["prepare"])
        server_class = type("TwinServer", (Server,), {"engine": made})
        self.server = server_class(scene.handler(), config=Config(date_header=False, access_log=plan["access_log"]))
        self.clients: list[Client] = []

    async def run(self) -> None:
        scene, server = self.scene, self.server
        await server.start("127.0.0.1", 0)
        for number, about in enumerate(self.plan["connections"]):
            self.clients.append(Client(about, server.port or 0, f"{self.plan['seed']} {number}"))
        if self.plan["threshold"]:
            gc.set_threshold(self.plan["threshold"], 1, 1)
        try:
            for client in self.clients:
                client.start()
            if self.plan["drain"]:
                await asyncio.sleep(0.01)
                server._service.drain()
            await self.wait()
        finally:
            gc.set_threshold(700, 10, 10)
        self.check()
        if not self.plan["drain"]:
            await self.probe()
        await self.none_left()
        scene.finish()
        await server.close(1.0)
        self.clients.clear()
        busy = asyncio.all_tasks() - {asyncio.current_task()}
        if busy:
            await asyncio.wait(busy, timeout=5)
        if busy := {task for task in busy if not task.done()}:
            scene.fault(f"tasks go on after the end: {busy}")

    async def wait(self) -> None:
        """Until the clients are gone; what is held is let go, again and again."""
        for number in range(int(PATIENCE / 0.01)):
            await asyncio.sleep(0.002 if number < 10 else 0.01)
            if number > 5:
                self.scene.finish()
                if number % 10 == 6:
                    gc.collect()
            if not any(client.is_alive() for client in self.clients):
                return
        self.scene.fault("the clients are never served")

    def check(self) -> None:
        scene = self.scene
        lost = 0
        errors = sum(level in ("ERROR", "CRITICAL") for level, _ in scene.lines)
        for number, client in enumerate(self.clients):
            if client.hung:
                scene.fault(f"connection {number}: the client waits for ever, after {client.got[-200:]!r}")
            torn = client.has_left or client.was_reset or not client.is_over
            requests = client.about["requests"]
            whole = sum(request["kind"] != "half" for request in requests)
            try:
                answers = read(
                    client.got,
                    requests,
                    ended=True,
                    clean=client.is_over and not client.was_reset,
                    torn=torn,
                    whole=0 if self.plan["drain"] or errors else whole,
                    shared=frozenset(scene.shared),
                )
            except Problem as problem:
                scene.fault(f"connection {number}: {problem}")
                continue
            lost += sum(answer.status == 500 for answer in answers)
        if lost > errors:
            scene.fault(f"{lost} answers were lost, {errors} faults logged")

    async def probe(self) -> None:
        """The server still serves."""

        def ask() -> bytes:
            with socket.create_connection(("127.0.0.1", self.server.port or 0), 10) as sock:
                sock.sendall(b"GET /probe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                got = b""
                while data := sock.recv(65536):
                    got += data
            return got

        try:
            got = await asyncio.get_running_loop().run_in_executor(None, ask)
        except OSError as error:
            self.scene.fault(f"the server does not serve any more: {error!r}")
            return
        if not got.startswith(b"HTTP/1.1 200 ") or not got.endswith(b"\r\n\r\nprobe"):
            self.scene.fault(f"the server answered a probe with {got!r}")

    async def none_left(self) -> None:
        connections = self.server._service.connections
        for number in range(500):
            self.scene.finish()
            if number % 10 == 5:
                gc.collect()  # a client that has closed its side may be waiting for what only garbage could answer
            if not connections:
                return
            await asyncio.sleep(0.01)
        self.scene.fault(f"connections are left: {connections}")

    def result(self) -> dict[str, Any]:
        return {}

    def forget(self) -> None:
        self.clients.clear()
        del self.server


def play(plan: dict[str, Any], engine: dict[str, Any], loop_factory: Any, *, trace: bool = False) -> dict[str, Any]:
    """Plays a plan in a loop of its own; the faults."""
    result = Player(plan, loop_factory, trace).play(lambda scene, loop: Live(plan, engine, scene))
    if threading.active_count() > 100:
        result["faults"].append("threads pile up")
    return result
