"""What the torture has found, in the smallest form that shows it. `python -m torture.found [NAME ...]` plays them."""

from __future__ import annotations

import sys
from typing import Any

from torture.plan import DEVICE_CALLS, build
from torture.run import batch

__all__ = ["FOUND", "groups"]


def _ends(*names: str) -> dict[str, Any]:
    """Handlers, plain and coroutines, that raise what few expect: 500, a line in the log, and the server goes on."""
    found = {}
    for name in names:
        for coroutine in (False, True):
            way = "coroutine" if coroutine else "handler"
            ends = {"t00x01": ["raise", name]}
            found[f"{name} in a {way}"] = build(["get", "get", "get"], programs={}, ends=ends, coroutine=coroutine)
            found[f"{name} in a {way}, in the middle"] = build(
                ["get"], programs={"t00x00": [["begin"], ["chunk", "small"], ["raise", name]]}, coroutine=coroutine
            )
            found[f"{name} in a {way}, after its answer"] = build(
                ["get", "get"], programs={"t00x00": [["answer", "bytes"], ["raise", name]]}, coroutine=coroutine
            )
    return found


def _devices(*names: str) -> dict[str, Any]:
    return {
        f"{name} in {where} of a device ({flavour})": build(
            ["get", "get"], programs={"t00x01": [["device", flavour, where, ["raise", name], 10]]}
        )
        for name in names
        for flavour, places in DEVICE_CALLS.items()
        for where in places
        if (name, where) != ("StopAsyncIteration", "anext")
    }


def _arguments(*kinds: str) -> dict[str, Any]:
    inner = {
        "answers": ["answer", "bytes"],
        "answers a device": ["answer", "aiter"],
        "begins": ["begin"],
        "streams": ["answer", "stream"],
        "swaps": ["with", 0, ["swap", 1]],
        "answers another": ["with", 0, ["answer", "bytes"]],
    }
    return {
        f"{kind} that {name}": build(
            ["get", "get", "get"],
            ["get"],
            programs={"t00x00": [["keep"]], "t01x00": [["keep"]], "t00x01": [["hostile", kind, op]]},
            steps=[["feed", 1], ["feed", 0]],
        )
        for kind in kinds
        for name, op in inner.items()
    }


FOUND: dict[str, Any] = {
    "a copy": build(["get"], programs={"t00x00": [["copy"]]}),
    "a copy, and then an answer": build(["get", "get"], programs={"t00x01": [["copy"], ["begin"]]}),
    "fspath() that answers with a device": build(
        ["get"], programs={"t00x00": [["hostile", "fspath", ["answer", "no_path"]]]}
    ),
    **{
        f"an eager pump, {place} behind": build(
            ["get"],
            ["get"] * 4,
            programs={
                "t01x00": [["later", "later0", ["answer", "large"]]],
                f"t01x0{place}": [["answer", kind]],
            },
            steps=[["feed", 1]],
            eager=True,
        )
        for place, kind in ((1, "aread"), (2, "aread"), (3, "aiter"))
    },
    "an eager pump, a collection": build(
        ["get"],
        ["get"] * 3,
        programs={
            "t01x00": [["later", "later0", ["answer", "large"]]],
            "t01x01": [["begin"], ["cycle", ["end", True]]],
            "t01x02": [["answer", "aread"]],
        },
        steps=[["feed", 1]],
        eager=True,
        threshold=1,
    ),
    **{
        f"a swap from the access log, {kind}": build(
            ["get", "get"],
            ["get"],
            programs={"t01x00": [["keep"]], "t00x00": [["on_access", ["swap", 0]], ["answer", kind]]},
            steps=[["feed", 1], ["feed", 0]],
            access_log=True,
        )
        for kind in ("bytes", "large", "response", "bytesio", "stream", "path")
    },
    **{
        f"a collection within an answer, {kind}, {'coroutine' if coroutine else 'plain'}": build(
            ["get"] * 4,
            programs={f"t00x0{place}": [["cycle", ["answer", "json_value"]], ["answer", kind]] for place in range(3)},
            coroutine=coroutine,
            threshold=1,
        )
        for kind in ("bytes", "str", "large", "response", "stream", "aiter", "bytesio")
        for coroutine in (False, True)
    },
    "a chunk from the access log": build(
        ["get", "get"],
        programs={
            "t00x00": [["pause"]],
            "t00x01": [["on_access", ["chunk", "small"]], ["spread", "soon", [["begin"]]]],
        },
        coroutine=True,
        access_log=True,
    ),
    **{
        f"{name} from the {log} log": build(
            ["get", "get", "get"],
            programs={
                "t00x00": [["later", "later0", ["answer", "bytes"]]],
                "t00x01": [["keep"], ["begin"], ["chunk", "small"], [f"on_{log}", op]],
                "t00x02": [["answer", "bytes"]],
            },
            ends={"t00x00": ["raise", "Exception"]} if log == "log" else None,
            access_log=True,
        )
        for log in ("access", "log")
        for name, op in {
            "an end": ["end", True],
            "a chunk": ["chunk", "small"],
            "a drop": ["with", 0, ["drop", False]],
            "a collection": ["collect"],
        }.items()
    },
    **{
        f"a begun answer that is collected, threshold {threshold}, {'eager' if eager else 'lazy'}": build(
            ["get"] * 4,
            programs={
                "t00x00": [["later", "later0", ["answer", "large"]]],
                "t00x01": [["begin"], ["chunk", "small"], ["cycle", ["drop", False]]],
                "t00x02": [["cycle", ["answer", "bytes"]]],
            },
            threshold=threshold,
            eager=eager,
        )
        for threshold in (0, 1)
        for eager in (False, True)
    },
    **{
        f"{where} of a device ({flavour}), which answers {kind}": build(
            ["get", "get", "get"], programs={"t00x01": [["device", flavour, where, ["answer", kind], 10]]}
        )
        for flavour, places in DEVICE_CALLS.items()
        for where in places
        for kind in ("bytes", "large", "aiter")
    },
    "StopIteration in the loop": build(
        ["get"], programs={"t00x00": [["device", "sequential", "read", ["raise", "StopIteration"], 10]]}
    ),
    **{
        f"{name} in on_close()": build(
            ["get", "get"], programs={"t00x00": [["on_close", ["raise", name]], ["answer", "bytes"]]}
        )
        for name in ("CancelledError", "GeneratorExit", "SystemExit", "StopIteration", "Odd")
    },
    **_ends("CancelledError", "GeneratorExit", "StopIteration", "StopAsyncIteration", "SystemExit", "Odd"),
    **_devices("CancelledError", "GeneratorExit", "SystemExit", "Odd", "StopIteration", "KeyboardInterrupt"),
    **_arguments(
        "header_generator", "header_mapping", "type_str", "data_str", "data_bytes", "data_buffer", "fspath", "status",
        "dying_type",
        "dying_header", "dying_data", "list_subclass", "trailer_names", "trailers", "chunk_str",
        "end_str", "chunk_buffer", "response_data", "response_headers", "interim_headers", "begin_headers",
        "begin_dying",
        "name_str",
    ),
}  # fmt: skip


def groups() -> dict[str, list[str]]:
    """The names by what they have in common, so that one process plays many."""
    found: dict[str, list[str]] = {}
    for name in FOUND:
        group = next(
            (
                part
                for part in ("on_close", "handler", "coroutine", "which answers", "device (", " that ")
                if part in name
            ),
            "",
        )
        found.setdefault(group.strip(" (") or "others", []).append(name)
    return found


def main() -> None:
    names = sys.argv[1:] or list(FOUND)
    for twin in ("pure", "compiled"):
        bad = 0
        for name in names:
            outcome = batch("fake", twin, "asyncio", plans=[FOUND[name]])
            if outcome.faults:
                bad += 1
                print(f"{twin}: {name}\n    {str(outcome)[:300]}", flush=True)
        print(f"{twin}: {bad} of {len(names)} fail")


if __name__ == "__main__":
    main()
