"""The fuzzer's engine for where there is no atheris: the corpus as it is, then blind mutations of it.

The random numbers start from a seed, so that a run in CI is the same everywhere but for how far it comes in its time.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

TOKENS = (
    b"\r\n", b"\r\n\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b",", b";", b"=", b'"', b"0\r\n\r\n", b"0", b"9",
    b"ff", b"GET ", b"HEAD ", b"POST ", b" HTTP/1.1\r\n", b" HTTP/1.0\r\n", b"Host: a\r\n", b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n", b"Expect: 100-continue\r\n", b"\x7f", b"\xff", b"%00",
    b"/late", b"/chunked", b"/file", b"/raise", b"/broken", b"/echo",
)  # fmt: skip
MAX_SIZE = 8192


def mutate(data: bytes, others: list[bytes], choice: random.Random) -> bytes:
    """A relation of `data`: octets changed, taken out, doubled, tokens put in, a part of another one spliced."""
    changed = bytearray(data)
    for _ in range(1 + choice.randrange(4)):
        place = choice.randrange(len(changed) + 1)
        way = choice.randrange(7)
        if way == 0 and place < len(changed):
            changed[place] = choice.randrange(256)
        elif way == 1 and place < len(changed):
            changed[place] ^= 1 << choice.randrange(8)
        elif way == 2:
            del changed[place : place + 1 + choice.randrange(8)]
        elif way == 3:
            changed[place:place] = choice.choice(TOKENS)
        elif way == 4:
            changed[place:place] = changed[place : place + choice.randrange(64)] * (1 + choice.randrange(3))
        elif way == 5:
            other = choice.choice(others)
            start = choice.randrange(len(other) + 1)
            changed[place:place] = other[start : start + choice.randrange(200)]
        elif changed:
            changed[choice.randrange(min(4, len(changed)))] = choice.randrange(256)
    return bytes(changed[:MAX_SIZE])


def explore(
    one_input: Callable[[bytes], None], corpus: Path, seconds: float, seed: int, findings: Path | None = None
) -> int:
    """Runs the corpus and then mutations of it until the time is over; how many inputs that were.

    Raises what an input raises, when that input is in a file among `findings`, with the path in a note.
    """
    choice = random.Random(seed or None)
    seeds = [path.read_bytes() for path in sorted(corpus.iterdir())]
    assert seeds, f"there is no corpus in {corpus}"
    end = time.monotonic() + seconds
    count = 0
    while count < len(seeds) or time.monotonic() < end:
        data = seeds[count] if count < len(seeds) else mutate(choice.choice(seeds), seeds, choice)
        count += 1
        try:
            one_input(data)
        except Exception as error:
            error.add_note(f"the input is {data!r}")
            if findings is not None:
                path = findings / f"fastresp-crash-{sha256(data).hexdigest()[:12]}"
                path.write_bytes(data)
                error.add_note(f"and is written to {path}")
            raise
    return count


def replay(one_input: Callable[[bytes], None], path: Path) -> None:
    """Runs one file. Raises what it raises."""
    one_input(path.read_bytes())
    print(f"{path}: no failure")
