"""The life of a server's process, and what the system knows of it: CPU time and peak memory of its tree, from /proc.

Only processes that were started here are ended, each by its id, and only while it is still the same one.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from bench import ROOT
from bench.arena.profiles import Profile
from bench.arena.servers import APPS, Server

START_SECONDS = 15.0
END_SECONDS = 5.0
_TICKS = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A measurement that can't be had, and why."""


class Wrong(Failed):
    """It can't be had, and asking again would not help: the server ends at once, or answers wrongly."""


class _Stat(NamedTuple):
    pid: int
    parent: int
    started: int  # ticks since boot: with the pid it names a process for ever
    ticks: int  # user and system time, its own and that of its children that are gone


class Process:
    """A running server: `port` to ask, `pid` to look at."""

    def __init__(self, popen: subprocess.Popen[bytes], port: int, output: Path) -> None:
        self.popen = popen
        self.pid = popen.pid
        self.port = port
        self._output = output

    def cpu(self) -> float:
        """Seconds of user and system time that the process and its descendants have used."""
        return sum(stat.ticks for stat in _tree(self.pid)) / _TICKS

    def peak_memory(self) -> int:
        """Bytes: the sum of the peaks (VmHWM) of the process and its descendants."""
        total = 0
        for stat in _tree(self.pid):
            with suppress(OSError):
                for line in Path(f"/proc/{stat.pid}/status").read_text().splitlines():
                    if line.startswith("VmHWM:"):
                        total += int(line.split()[1]) * 1024
        return total

    def said(self) -> str:
        """The last lines of what it printed; files of the project by their names in it."""
        printed = self._output.read_text(errors="replace").replace(f"{ROOT}{os.sep}", "")
        return " / ".join(printed.strip().splitlines()[-3:])


@contextmanager
def serving(server: Server, profile: Profile, core: int) -> Iterator[Process]:
    """Runs a server on one core while the block runs. Raises Failed if it does not listen in time."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "output"
        port = _free_port()
        try:
            command = ["taskset", "-c", str(core), *server.command_for(profile, port)]
        except (OSError, subprocess.SubprocessError) as error:  # of what is made first: a certificate, a program
            raise Wrong(f"it can't be started: {error}") from None
        with output.open("wb") as file:
            popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=_environment(server),
                cwd=folder,
            )
        process = Process(popen, port, output)
        try:
            _wait_until_it_listens(process)
            yield process
        finally:
            _end(popen)


def busy_seconds(core: int) -> float:
    """Seconds that anybody has used a core since the machine started, the time that its host took away included."""
    for line in Path("/proc/stat").read_text().splitlines():
        fields = line.split()
        if fields[0] == f"cpu{core}":
            user, nice, system, _idle, _iowait, irq, softirq, steal = (int(field) for field in fields[1:9])
            return (user + nice + system + irq + softirq + steal) / _TICKS
    raise Failed(f"there is no core {core}")


def _environment(server: Server) -> dict[str, str]:
    path = [str(APPS), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path), **server.environment}


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def _wait_until_it_listens(process: Process) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.popen.poll() is not None:
            raise Wrong(f"it ended with status {process.popen.returncode}: {process.said() or 'without a word'}")
        with suppress(OSError), socket.create_connection(("127.0.0.1", process.port), 1.0):
            return
        time.sleep(0.02)
    raise Failed(f"it did not listen within {START_SECONDS:g} s: {process.said() or 'without a word'}")


def _end(popen: subprocess.Popen[bytes]) -> None:
    tree = _tree(popen.pid)
    popen.terminate()
    try:
        popen.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        popen.kill()
        popen.wait()
    for stat in tree:  # workers that have outlived their parent
        now = _stat(stat.pid)
        if now is not None and now.started == stat.started:
            with suppress(ProcessLookupError):
                os.kill(stat.pid, signal.SIGKILL)


def _tree(root: int) -> list[_Stat]:
    """The process and its descendants, as they are now."""
    all_of_them = [stat for entry in os.listdir("/proc") if entry.isdigit() and (stat := _stat(int(entry)))]
    members = {root}
    grown = True
    while grown:
        found = {stat.pid for stat in all_of_them if stat.parent in members} - members
        members |= found
        grown = bool(found)
    return [stat for stat in all_of_them if stat.pid in members]


def _stat(pid: int) -> _Stat | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # the name before it may hold anything
    return _Stat(pid, int(fields[1]), int(fields[19]), sum(int(field) for field in fields[11:15]))
