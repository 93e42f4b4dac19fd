"""Clients that leave while the server reads nothing from them: that must be noticed too, or handlers wait for nobody.

What pauses the reading: as many unanswered requests as are allowed, a request that has to wait for its turn, and a
body that the handler does not read.
"""

from __future__ import annotations

import pytest
from connection.test_disconnects import LEAVING, go
from connection.tools import Gate, Inbox, message, post, settle, wait_for_no_connection

REQUESTS = {
    "pipeline": message("GET", "/") * 100,
    "turn": post("/", b"body") * 2,
    "body": message("POST", "/", "Content-Length: 900000", body=b"x" * 400000),
}


@LEAVING
@pytest.mark.parametrize("reason", REQUESTS)
def test_is_noticed(serve, connect, leave, reason):
    started, closed, gate = Inbox(), Inbox(), Gate()

    async def handle(request, responder):
        responder.on_close(lambda: closed.put(responder))
        started.put()
        await gate.passed()
        responder.write(204)

    # how often the server looks follows the shortest time-out
    server = serve(handle, head_timeout=0.2)
    client = connect(server)
    client.send(REQUESTS[reason])
    started.get()
    settle(server)
    go(client, leave)
    assert closed.get(timeout=3).is_response_canceled is (leave == "reset" or reason == "body")
    gate.open()
    wait_for_no_connection(server)
