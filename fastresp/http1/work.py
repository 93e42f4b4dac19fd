"""What works for a connection behind its answers, and its place among the connections, which it keeps meanwhile.

Coroutine handlers, calls in threads and devices that are being closed hold what the client has sent. These are
functions over a connection.
"""

from __future__ import annotations

from typing import Any

__all__ = ["begin_call", "end", "is_free", "lose_place", "occupy", "vacate"]


def occupy(connection: Any, future: Any) -> None:
    """Count what goes on until `future` is done."""
    connection.at_work += 1
    connection.hear_of(future)


def end(connection: Any) -> None:
    """A handler has ended, or a device is closed: where the client has left, the place may be free now."""
    connection.at_work -= 1
    if connection.transport is None:
        vacate(connection)
    elif connection.read_paused or connection.is_held():
        connection.proceed_soon()


def begin_call(connection: Any, end: Any) -> None:
    """A thread works on one of the requests until `end.wait()`, which returns a future, returns None."""
    is_free(connection)
    connection.call = end
    connection.at_work += 1


def is_free(connection: Any) -> bool:
    """Return whether nothing works for the connection; where a thread does, its end is awaited from now on."""
    call = connection.call
    if call is not None:
        connection.call = None
        connection.at_work -= 1
        end = call.wait()
        if end is not None:
            occupy(connection, end)
    return not connection.at_work


def vacate(connection: Any) -> None:
    """The client has left: give up the place among the connections, once nothing is at work for it."""
    service = connection.service
    if not connection.admitted:
        return
    if not connection.at_work:
        connection.admitted = False
        service.left.pop(connection, None)
        service.vacate(connection.host)
    elif (service.max_connections or service.max_per_host) and connection not in service.left:
        service.left[connection] = service.now + service.pace + service.write_timeout


def lose_place(connection: Any) -> None:
    """What is at work may never end, and must not keep others out for ever."""
    service = connection.service
    service.left.pop(connection, None)
    if connection.admitted:
        connection.admitted = False
        service.vacate(connection.host)
        what = "a handler, or a device, of a client that has left works on"
        service.remark(what, f"its place among the connections is given up after {service.write_timeout:g} s")
