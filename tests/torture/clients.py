"""Clients over real sockets, each in a thread: they send in pieces, read at once, slowly or not at all, and leave."""

from __future__ import annotations

import random
import select
import socket
import struct
import threading
import time
from contextlib import suppress
from typing import Any

from torture.reading import TOKEN, Problem, read

__all__ = ["Client"]

PATIENCE = 10.0


class Client(threading.Thread):
    """One connection of a plan. After it: what came, and how it ended."""

    def __init__(self, about: dict[str, Any], port: int, seed: str) -> None:
        super().__init__(daemon=True)
        self.about = about
        self.port = port
        self.choice = random.Random(seed)
        self.got = b""
        self.is_over = False  # the server has ended the connection
        self.was_reset = False
        self.has_left = False
        self.hung = False
        self.end = time.monotonic() + PATIENCE

    def run(self) -> None:
        sock = socket.socket()
        with sock, suppress(OSError):
            if self.about["manner"] in ("slow", "mute"):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.settimeout(PATIENCE)
            sock.connect(("127.0.0.1", self.port))
            self.talk(sock)

    def talk(self, sock: socket.socket) -> None:
        manner = self.about["manner"]
        data = self.about["data"].encode("latin-1")
        leaving = manner in ("reset", "close")
        if leaving:
            data = data[: self.about["until"]]
        place = 0
        for cut in [*self.about["cuts"], len(data)]:
            if cut <= place or self.is_over:
                continue
            try:
                sock.sendall(data[place:cut])
            except OSError:
                self.was_reset = True  # told here, it is not told again where this reads
                break
            place = cut
            if self.choice.randrange(2):
                time.sleep(self.choice.random() * 0.003)
            if manner != "mute" and self.choice.randrange(2):
                self.some(sock, 0)
        if leaving or manner == "mute":
            if manner != "mute" and self.choice.randrange(2):
                self.some(sock, 0.005)
            elif self.choice.randrange(2):
                time.sleep(self.choice.random() * 0.02)
            self.has_left = not self.is_over
            if manner == "reset":
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        if manner == "half":
            with suppress(OSError):
                sock.shutdown(socket.SHUT_WR)
        self.to_the_end(sock)

    def to_the_end(self, sock: socket.socket) -> None:
        requests = [about for about in self.about["requests"] if about["kind"] != "half"]
        is_done = self.about["manner"] == "half"
        while not self.is_over:
            if not is_done:
                # whose an answer is does not matter here: a swap may have moved it
                tokens = frozenset([*TOKEN.findall(self.got), *(each["token"].encode() for each in requests)])
                with suppress(Problem):
                    answers = read(self.got, self.about["requests"], shared=tokens)
                    is_done = sum(answer.complete for answer in answers) >= len(requests)
                if is_done:
                    with suppress(OSError):
                        sock.shutdown(socket.SHUT_WR)
            self.some(sock, 0.5)
            if time.monotonic() > self.end:
                self.hung = True
                return

    def some(self, sock: socket.socket, seconds: float) -> None:
        """Reads what there is within that time."""
        if not select.select([sock], [], [], seconds)[0]:
            return
        is_slow = self.about["manner"] == "slow"
        try:
            data = sock.recv(3000 if is_slow and len(self.got) < 50_000 else 1 << 18)
        except OSError:
            self.is_over = self.was_reset = True
            return
        if is_slow and len(self.got) < 50_000:
            time.sleep(0.001)
        self.got += data
        self.is_over = not data
