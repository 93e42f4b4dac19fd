"""What the tests of faults share: an answer that is begun and not ended, a request that the log can be asked for."""

from __future__ import annotations

import re

from responder.messages import begun, message, request

STREAM = message(b"200 OK", b"content-type: a/b", b"transfer-encoding: chunked")
BEGUN = STREAM + begun(b"begun")


def begin(responder):
    responder.write_begin_chunked("a/b")
    responder.write_chunk(b"begun")


class Where:
    """A connection that asks for /where?it=was."""

    def __init__(self, stage, *, then=b""):
        self.client = stage.client()
        self.port = self.client.socket.getsockname()[1]
        self.client.send(request("GET", "/where?it=was") + then)

    def is_told(self, line, *texts):
        """Whether a line of the log says whose request it was, and these texts."""
        assert re.search(rf"GET /where\?it=was from 127\.0\.0\.1:{self.port}\b", line), line
        for text in texts:
            assert text in line
