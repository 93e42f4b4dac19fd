"""What is asked, and what the right answer is: one table, an entry for each profile.

A profile is a list of batches. A connection sends a batch whole, waits for all its answers, and sends the next one, in
turn for ever. A new profile is a new entry here, and its answer in the applications (apps/).
"""

from __future__ import annotations

from typing import NamedTuple


class Answer(NamedTuple):
    """What a right answer has: its status, its media type (without parameters), its content."""

    status: int
    content_type: str
    body: bytes


class Batch(NamedTuple):
    """Requests as they are sent, back to back, and what has to come back, in order."""

    requests: bytes
    answers: tuple[Answer, ...]


class Profile(NamedTuple):
    """One way to ask. `connections`: how many of them ask at once."""

    name: str
    text: str
    connections: int
    batches: tuple[Batch, ...]

    @property
    def depth(self) -> int:
        """How many requests are sent back to back."""
        return len(self.batches[0].answers)


def get(path: str, body: bytes, times: int = 1) -> Batch:
    """`times` GETs of a path whose answer is this plain text."""
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    return Batch(request * times, (Answer(200, "text/plain", body),) * times)


_ALL = (
    Profile(
        "plaintext", "`GET /`, keep-alive; the answer is 13 bytes of plain text", 128, (get("/", b"Hello, World!"),)
    ),
    Profile("pipelined", "16 x `GET /pipeline` back to back; each answer is `ok`", 128, (get("/pipeline", b"ok", 16),)),
)

PROFILES = {profile.name: profile for profile in _ALL}
