"""The threads that read devices: bounded, files apart from what may never answer, and nothing is lost on the way."""

from __future__ import annotations

import asyncio
import itertools
import os
import threading

import pytest
from responder.devices import TIMEOUT, Device, Gate
from responder.messages import GET, chunks, message, request

from fastresp.core import blocking, regular, sources
from fastresp.core.blocking import Pool

STREAM = message(b"200 OK", b"content-type: a/b", b"transfer-encoding: chunked")
LIMIT = 4


names = itertools.count()


@pytest.fixture
def few(monkeypatch):
    """Few threads of either kind."""
    devices, files = Pool(f"few-{next(names)}", LIMIT), Pool(f"few-{next(names)}", LIMIT)
    monkeypatch.setattr(sources, "DEVICES", devices)
    monkeypatch.setattr(regular, "FILES", files)
    monkeypatch.delattr(os, "RWF_NOWAIT", raising=False)  # no file is in the page cache
    return devices, files


def alive(threads):
    return sum(thread.name == threads.name for thread in threading.enumerate())


def test_many_slow_devices_hold_few_threads_and_no_file(stage, few, tmp_path):
    devices = [Gate(b"abc") for _ in range(10 * LIMIT)]
    path = tmp_path / "file"
    path.write_bytes(b"x" * 1_000_000)
    waiting = iter(devices)
    stage(lambda asked, r: r.write(path if asked.path == "/file" else next(waiting), "a/b"))
    clients = [stage.client() for _ in devices]
    for client in clients:
        client.send(GET)
    for device in devices[:LIMIT]:
        assert device.reading.wait(TIMEOUT)
    for _ in range(2):
        head = message(b"200 OK", b"content-type: a/b", b"content-length: 1000000")
        assert stage.kept(request("GET", "/file")) == head + b"x" * 1_000_000
    assert [device.reads for device in devices[LIMIT:]] == [0] * 9 * LIMIT
    assert alive(few[0]) == LIMIT
    assert 1 <= alive(few[1]) <= LIMIT
    for device in devices:
        device.opened.set()
    for client in clients:
        assert client.until(b"\r\n0\r\n\r\n") == STREAM + chunks(b"abc")
    for device in devices:
        assert device.closing.wait(TIMEOUT)
    assert [device.closes for device in devices] == [1] * len(devices)


def test_one_that_waits_for_a_thread_is_closed_when_its_client_leaves(stage, few):
    gates = [Gate(b"abc") for _ in range(LIMIT)]
    late = Device(b"abc")
    devices = iter([*gates, late])
    stage(lambda _, responder: responder.write(next(devices), "a/b"))
    clients = [stage.client() for _ in gates]
    for client in clients:
        client.send(GET)
    for gate in gates:
        assert gate.reading.wait(TIMEOUT)
    client = stage.client()
    client.send(GET)
    client.until(b"\r\n\r\n")
    client.reset()
    assert late.closing.wait(TIMEOUT)
    for gate in gates:
        gate.opened.set()
    for client in clients:
        client.until(b"\r\n0\r\n\r\n")
    assert (late.reads, late.closes) == (0, 1)


def test_order_and_outcomes():
    threads = Pool("ordered", 1)
    seen = []

    def work(number):
        seen.append(number)
        if number % 2:
            raise StopIteration(number)
        return number

    async def main():
        futures = [threads.call(work, number) for number in range(20)]
        assert threads.withdraw(futures[19])
        assert not threads.withdraw(futures[19])
        return [await future for future in futures[:19]]

    outcomes = asyncio.run(main())
    assert seen == list(range(19))
    assert [result for result, error in outcomes if error is None] == list(range(0, 19, 2))
    assert [type(error) for _, error in outcomes].count(StopIteration) == 9


def test_a_system_that_gives_no_more_threads(monkeypatch):
    threads = Pool("refused", 5)
    gate = threading.Event()
    start = threading.Thread.start

    def refuse(thread):
        if thread.name == "refused":
            raise RuntimeError("can't start new thread")
        start(thread)

    async def main():
        monkeypatch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="can't start"):
            threads.call(int)
        monkeypatch.setattr(threading.Thread, "start", start)
        first = threads.call(gate.wait, TIMEOUT)
        monkeypatch.setattr(threading.Thread, "start", refuse)
        second = threads.call(int)
        gate.set()
        assert await first == (True, None)
        assert await second == (0, None)

    asyncio.run(main())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_process_makes_its_own():
    async def main():
        return await blocking.FILES.call(int, "5")

    assert asyncio.run(main()) == (5, None)
    child = os.fork()
    if not child:
        try:
            os._exit(asyncio.run(asyncio.wait_for(main(), TIMEOUT))[0])
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 5


def test_those_that_a_light_load_does_not_need_end(monkeypatch):
    """All of them get a call now and then."""
    now, gate, pool = [0.0], threading.Event(), Pool("light", 5)
    monkeypatch.setattr(blocking, "monotonic", lambda: now[0])

    async def main():
        burst = [pool.call(gate.wait, TIMEOUT) for _ in range(5)]
        assert alive(pool) == 5
        gate.set()
        await asyncio.gather(*burst)
        while alive(pool) > 1:
            now[0] += 11
            assert await pool.call(int) == (0, None)

    asyncio.run(asyncio.wait_for(main(), TIMEOUT))


def test_they_end_when_they_are_not_needed():
    threads = Pool("ending", 3, 0.01)

    async def main():
        for _ in range(3):
            await asyncio.gather(*[threads.call(int) for _ in range(20)])
            ended = [thread for thread in threading.enumerate() if thread.name == "ending"]
            for thread in ended:
                await asyncio.to_thread(thread.join, TIMEOUT)
            assert alive(threads) == 0

    asyncio.run(main())
