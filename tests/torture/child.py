"""The process that plays plans: it may crash. `python -m torture.child`, with its task as JSON on stdin.

Before each plan its seed is said, so that a crash has an address; then the faults, if there were any.
"""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import importlib
import json
import sys
import time
from contextvars import copy_context
from itertools import count, zip_longest
from typing import Any

from torture.plan import make
from torture.shrinking import kind_of

__all__ = ["engine"]


def engine(twin: str) -> dict[str, Any]:
    """What makes the connections of a twin."""
    end = "_c" if twin == "compiled" else ""
    places = ("core.service", "http1.connection", "net.tls", "core.dispatch")
    names = ("new_service", "new_connection", "new_tls", "prepare")
    return {
        name: getattr(importlib.import_module(f"fastresp.{place}{end}"), name)
        for place, name in zip(places, names, strict=True)
    }


def stop_time() -> None:
    """How much of a burst is handled in a turn is a matter of time, too, and so is when a thread has closed a device:
    the twins are compared where no time passes.
    """
    sources = importlib.import_module("fastresp.core.sources")
    closing = importlib.import_module("fastresp.core.closing")
    sources.close_in_thread = closing.close_quietly  # type: ignore[attr-defined]
    for end in ("", "_c"):
        importlib.import_module(f"fastresp.http1.reading{end}").monotonic = float  # type: ignore[attr-defined]


def loop_factory(name: str) -> Any:
    if name == "uvloop":
        import uvloop

        return uvloop.new_event_loop
    return asyncio.new_event_loop


def difference(compiled: dict[str, Any], pure: dict[str, Any]) -> dict[str, Any]:
    """What a play came to on one twin and not on the other."""
    faults = []
    for what in ("sent", "ends", "lines", "notes"):
        for number, (one, other) in enumerate(zip_longest(compiled[what], pure[what])):
            if _plain(one) != _plain(other):
                faults.append(f"{what} {number} differ: compiled {_short(one)}, pure {_short(other)}")
                break
    return {"faults": faults}


def _plain(thing: Any) -> Any:
    """Without what a line of the log quotes of a traceback: compiled code stands differently in it."""
    if isinstance(thing, tuple) and len(thing) == 2 and isinstance(thing[1], str):
        return thing[0], thing[1].partition("Traceback")[0]
    return thing


def _short(thing: Any) -> str:
    text = repr(thing)
    return text if len(text) < 800 else f"{text[:400]} ... {text[-400:]}"


def main() -> None:
    task = json.load(sys.stdin)
    faulthandler.enable()
    parts, factory = engine(task["twin"]), loop_factory(task["loop"])
    live = task["mode"] == "live"
    differs = task["mode"] == "twins"
    if differs:
        stop_time()
    if live:
        from torture.live import play
    else:
        from torture.fakes import play  # type: ignore[assignment]

    def played(parts: dict[str, Any]) -> dict[str, Any]:
        # in a context of its own, as a finalizer sets variables in whatever context it runs in
        return copy_context().run(play, plan, parts, factory, trace=task["trace"])

    gc.collect()
    gc.freeze()  # what was imported is never garbage, and the collector is called often
    end = time.monotonic() + task["seconds"]
    settings = {"live": live, "differential": differs, "without": tuple(task["without"])}
    plans = iter(task["plans"] or (make(seed, **settings) for seed in count(task["seed"])))
    for number, plan in enumerate(plans):
        if number == task["count"] or (not task["plans"] and time.monotonic() > end):
            break
        print(json.dumps({"number": number, "seed": plan["seed"]}), flush=True)
        faulthandler.dump_traceback_later(60, exit=True)
        if differs:
            gc.disable()
        result = played(parts)
        if differs:
            result = difference(result, played(engine("pure")))
        faulthandler.cancel_dump_traceback_later()
        if result["faults"]:
            print(json.dumps({"seed": plan["seed"], "faults": result["faults"]}), flush=True)
            if task["stop"] is True or task["stop"] in [kind_of(fault) for fault in result["faults"]]:
                break


if __name__ == "__main__":
    main()
