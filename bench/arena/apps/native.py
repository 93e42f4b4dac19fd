"""The arena's answers by fastresp's own API: `native.py plain|coroutine PORT`."""

from __future__ import annotations

import sys
from pathlib import Path

# An installed fastresp goes before the one of this tree.
sys.path.append(str(Path(__file__).resolve().parents[3]))

import fastresp

TEXTS = {"/": b"Hello, World!", "/pipeline": b"ok"}


def plain(request: fastresp.Request, responder: fastresp.Responder) -> None:
    text = TEXTS.get(request.path)
    if text is None:
        responder.write(fastresp.StatusCode.NotFound)
    else:
        responder.write(text, "text/plain")


async def coroutine(request: fastresp.Request, responder: fastresp.Responder) -> None:
    plain(request, responder)


if __name__ == "__main__":
    fastresp.run({"plain": plain, "coroutine": coroutine}[sys.argv[1]], port=int(sys.argv[2]))
