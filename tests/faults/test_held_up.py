"""A loop that was held up, by a handler that blocks or a process that was stopped: no client pays for that."""

from __future__ import annotations

import threading
import time

from client import TIMEOUT
from connection.tools import Inbox, message


def test_what_came_meanwhile_is_read_before_the_clock(serve, connect):
    """It is late for the server alone: the bytes were there in time."""
    blocked, sent = Inbox(), threading.Event()

    def handle(request, responder):
        if request.path == "/block":
            blocked.put()
            sent.wait(TIMEOUT)
            time.sleep(2.5)
        responder.write(request.body or request.target, "text/plain")

    server = serve(handle, head_timeout=1.0, body_timeout=1.0, keep_alive_timeout=1.0)
    idle, in_head, in_body, blocking = (connect(server) for _ in range(4))
    idle.get("/idle")
    assert idle.answer().body == b"/idle"
    in_head.send(b"GET /head HTTP/1.1\r\n")
    in_body.send(message("POST", "/", "Content-Length: 10", body=b"01234"))
    blocking.get("/block")
    blocked.get()
    idle.get("/again")
    in_head.send(b"Host: test\r\n\r\n")
    in_body.send(b"56789")
    sent.set()
    assert idle.answer().body == b"/again"
    assert in_head.answer().body == b"/head"
    assert in_body.answer().body == b"0123456789"
