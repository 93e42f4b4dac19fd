"""The threads of a WSGI application: no client gets all of them, and no job is lost."""

from __future__ import annotations

import asyncio
import sys
import threading

import pytest
from client import TIMEOUT
from connection.tools import Inbox, message

from fastresp.core.blocking import Pool
from fastresp.wsgi import WsgiHandler


@pytest.fixture
def gate():
    gate = threading.Event()
    yield gate
    gate.set()


@pytest.mark.parametrize("threads", [1, 3])
def test_what_waits_when_it_is_closed(gate, threads):
    """It is done, and then the threads end."""
    before = set(threading.enumerate())
    pool = Pool("some", threads)
    done = Inbox()
    for number in range(20):
        pool.start(object(), gate.wait, 10)
        pool.start(object(), done.put, number)
    workers = set(threading.enumerate()) - before
    assert len(workers) == threads
    pool.close()
    gate.set()
    assert sorted(done.take(20)) == list(range(20))
    for worker in workers:
        worker.join(10)
        assert not worker.is_alive()


def test_one_that_is_withdrawn(gate):
    async def main():
        pool = Pool("some", 1)
        done = Inbox()
        pool.start("running", gate.wait, 10)
        for job in range(4):
            pool.start(job, done.put, job)
        assert [pool.withdraw(job) for job in (0, 3, 3)] == [True, True, False]
        gate.set()
        await asyncio.wait_for(pool.drained(), 10)
        assert not any(pool.withdraw(job) for job in ("running", *range(4)))
        assert pool._open == 0
        assert done.take(done.count) == [1, 2]
        pool.start("more", done.put, "more")  # the thread has not ended
        assert done.get() == "more"
        assert pool._count == 1
        pool.close()

    asyncio.run(main())


def test_one_client_that_pipelines(serve, connect, gate):
    """Another one waits for one of its requests, not for all."""
    called, queued = Inbox(), Inbox()

    def app(environ, start_response):
        called.put(environ["PATH_INFO"])
        gate.wait(10)
        start_response("200 OK", [])
        return [b""]

    class Noting(WsgiHandler):
        def __call__(self, request, responder):
            super().__call__(request, responder)
            queued.put(request.path)

    server = serve(Noting(app, threads=1))
    client, other = connect(server), connect(server)
    client.send(b"".join(message("GET", f"/slow/{number}") for number in range(10)))
    assert called.get() == "/slow/0"
    other.get("/other")
    while queued.get() != "/other":
        pass
    gate.set()
    assert called.take(2) == ["/other", "/slow/1"]
    assert other.answer().status == 200


@pytest.mark.parametrize("where", ["_jobs", "_tokens"])
def test_memory_that_runs_out_as_a_call_is_queued(monkeypatch, where):
    """Nothing of it is left: the next call is the next that runs."""

    def fail(*_):
        raise MemoryError("on purpose")

    async def main():
        pool = Pool("test", 2)
        await pool.call(int)
        await pool.drained()  # its thread is free, and no other one made below
        ran = []
        with monkeypatch.context() as patch:
            broken = type("Broken", (type(getattr(pool, where)),), {"__setitem__": fail, "put": fail})
            patch.setattr(pool, where, broken())
            with pytest.raises(MemoryError, match="on purpose"):
                pool.call(ran.append, "failed")
        for number in range(3):
            await asyncio.wait_for(pool.call(ran.append, number), TIMEOUT)
        await asyncio.wait_for(pool.drained(), TIMEOUT)
        assert ran == [0, 1, 2]
        pool.close()

    asyncio.run(main())


def test_drained():
    async def main():
        pool = Pool("some", 2)
        await pool.drained()  # nothing has begun
        gate = threading.Event()
        for _ in range(5):
            pool.start(object(), gate.wait, 10)
        waiting = [asyncio.ensure_future(pool.drained()) for _ in range(3)]
        given_up = asyncio.ensure_future(pool.drained())
        await asyncio.sleep(0)
        assert not any(task.done() for task in waiting)
        given_up.cancel()
        gate.set()
        await asyncio.wait_for(asyncio.gather(*waiting), 10)
        assert pool._open == 0
        pool.close()
        await pool.drained()

    asyncio.run(main())


def test_drained_of_one_of_two_servers():
    """What one of them has it work on is none of the other's."""

    async def main():
        pool = Pool("some", 1)
        gate = threading.Event()
        for _ in range(3):
            pool.start(object(), gate.wait, 10)
        await asyncio.to_thread(asyncio.run, asyncio.wait_for(pool.drained(), 5))
        assert pool._open == 3
        gate.set()
        await asyncio.wait_for(pool.drained(), 10)
        assert pool._open == 0
        pool.close()

    asyncio.run(main())


def test_one_of_two_servers_ends_while_the_other_has_it_work():
    """No job is lost, and no thread left over."""
    interval = sys.getswitchinterval()

    def end_again_and_again():
        while not over.is_set():
            pool.close()

    async def main():
        for _ in range(3000):
            pool.start(object(), int)
        await asyncio.wait_for(pool.drained(), 20)

    pool, over = Pool("some", 4), threading.Event()
    ending = threading.Thread(target=end_again_and_again)
    ending.start()
    sys.setswitchinterval(1e-5)
    try:
        asyncio.run(main())
    finally:
        sys.setswitchinterval(interval)
        over.set()
        ending.join()
    pool.close()
    assert pool._open == 0
