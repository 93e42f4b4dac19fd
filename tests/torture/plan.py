"""Random programs: what clients send, in which pieces, and what the handlers do; as plain lists and dicts, so that a
plan can be printed, kept, made smaller and played again.
"""

from __future__ import annotations

import random
from typing import Any

__all__ = ["DEVICE_CALLS", "brief", "build", "make"]

RAISED = (
    "Exception", "Exception", "CancelledError", "GeneratorExit", "StopIteration", "StopAsyncIteration", "SystemExit",
    "KeyboardInterrupt", "Odd",
)  # fmt: skip
FINALS = (
    "bytes", "bytes", "bytes", "str", "json", "json_value", "headers", "status", "bytearray", "memoryview", "large",
    "huge", "response", "large_response", "bytesio", "huge_bytesio", "path", "no_path", "aiter", "aread", "sequential",
    "seekable", "stream", "no_content", "own_length", "close",
)  # fmt: skip
HOSTILE = (
    "header_generator", "header_generator", "header_mapping", "type_str", "data_str", "data_bytes", "data_buffer",
    "fspath", "status", "dying_type", "dying_header", "dying_data", "list_subclass", "trailer_names", "trailers",
    "chunk_str", "chunk_buffer", "end_str", "response_data", "response_headers", "interim_headers", "begin_headers",
    "begin_dying", "name_str",
)  # fmt: skip
# Those that run the same number of times on both twins: which method of a subclass of str is called, and when an
# argument is freed, is nothing that they have to have in common.
GENERATORS = ("header_generator", "trailer_names", "trailers", "begin_headers", "interim_headers", "fspath")
DEVICE_CALLS = {
    "sequential": ("read", "close", "closed", "readable", "seekable", "getattr"),
    "seekable": ("tell", "seek", "read", "close", "readable", "seekable"),
    "aread": ("read", "close", "getattr"),
    "aiter": ("aiter", "anext", "aclose", "getattr"),
    "bytesio": ("readable", "seekable", "tell", "seek", "read", "close"),
}
WRONG = (
    "write_none", "two_statuses", "bad_status", "injected", "bad_length", "chunk_none", "coding", "switch", "not_json",
    "swap_none", "on_close_none", "forbidden_trailer", "no_response", "bad_type", "surrogate",
)  # fmt: skip
KINDS = (
    "get", "get", "get", "get", "get", "get", "head", "post", "post", "chunked", "expect", "options", "old", "kept",
    "last",
)  # fmt: skip

Op = list[Any]


class Maker:
    """Makes ops from one source of random numbers."""

    def __init__(self, choice: random.Random, live: bool, without: tuple[str, ...], differential: bool) -> None:
        self.choice = choice
        self.live = live
        self.without = without
        self.hostile = GENERATORS if differential else HOSTILE
        self.raised = [name for name in RAISED if name == "Exception" or "raise" not in without]

    def raising(self) -> str:
        name = self.choice.choice(self.raised)
        return "Odd" if self.live and name == "KeyboardInterrupt" else name

    def final(self) -> Op:
        return ["answer", self.choice.choice(FINALS)]

    def inner(self, depth: int) -> Op:
        """What runs in the middle of something else."""
        way = self.choice.randrange(20)
        if way < 6:
            return self.final()
        if way < 8:
            return ["with", self.choice.randrange(8), self.final()]
        if way < 9:
            return ["with", self.choice.randrange(8), self.one(depth + 1)]
        if way < 11:
            return ["swap", self.choice.randrange(8)]
        if way < 13:
            return ["raise", self.raising()]
        if way < 14:
            return ["all", [["begin"], ["chunk", "small"], self.choice.choice([["end", True], ["collect"]])]]
        if way < 15:
            return ["drop", False]
        if way < 16:
            return ["collect"]
        return self.one(depth + 1) if depth < 3 else self.final()

    def device(self, depth: int) -> Op:
        flavour = self.choice.choice(list(DEVICE_CALLS))
        where = self.choice.choice(DEVICE_CALLS[flavour])
        inner = ["raise", self.raising()] if self.choice.randrange(2) else self.inner(depth)
        if where == "anext" and inner == ["raise", "StopAsyncIteration"]:
            inner = ["raise", "Exception"]  # that would be its proper end
        return ["device", flavour, where, inner, self.choice.choice([10, 10, 1000, 200_000])]

    def one(self, depth: int = 0) -> Op:
        choice = self.choice
        if depth > 3:
            return self.final()
        way = choice.choice(
            ("final",) * 6
            + ("hostile",) * 5
            + ("device",) * 3
            + ("later",) * 4
            + ("stream",) * 4
            + ("cycle",) * 3
            + ("on_close",) * 2
            + ("swap", "swap", "with", "with", "keep", "keep", "drop", "wrong", "wrong", "collect", "on_log", "on_log")
            + ("interim", "poke", "begin", "chunk", "end", "large_chunk", "others", "on_access", "context")
        )
        if way == "final" or way in self.without:
            return self.final()
        if way == "hostile":
            return ["hostile", choice.choice(self.hostile), self.inner(depth + 1)]
        if way == "device":
            return self.device(depth + 1)
        if way == "later":
            hows = ["soon", "soon", "later0", "thread"]
            return ["later", choice.choice(hows), self.one(depth + 1)]
        if way == "stream":
            ops: list[Op] = [["begin"]]
            for _ in range(choice.randrange(3)):
                ops.append(["chunk", choice.choice(["small", "small", "large"])])
                if not choice.randrange(4):
                    ops.append(self.one(depth + 1))
            if choice.randrange(5):
                ops.append(["end", bool(choice.randrange(2))])
            if choice.randrange(2):
                return ["all", ops]
            return ["spread", choice.choice(["soon", "later0"]), ops]
        if way == "cycle":
            return ["cycle", self.inner(depth + 1)]
        if way in ("on_close", "on_log", "on_access", "others"):
            return [way, self.inner(depth + 1)]
        if way == "swap":
            return ["swap", choice.randrange(8)]
        if way == "with":
            return ["with", choice.randrange(8), self.one(depth + 1)]
        if way == "drop":
            return ["drop", bool(choice.randrange(2))]
        if way == "wrong":
            return ["wrong", choice.choice(WRONG)]
        if way == "interim":
            return ["interim", choice.choice([100, 102, 103])]
        if way == "end":
            return ["end", bool(choice.randrange(2))]
        if way in ("chunk", "large_chunk"):
            return ["chunk", "large" if way == "large_chunk" else "small"]
        if way == "poke" and not choice.randrange(4) and "copy" not in self.without:
            return ["copy"]
        return [way]

    def program(self, coroutine: bool) -> dict[str, Any]:
        choice = self.choice
        ops = [self.one() for _ in range(choice.choice((0, 1, 1, 1, 1, 2, 2, 3, 4)))]
        if coroutine:
            for _ in range(choice.randrange(3)):
                ops.insert(choice.randrange(len(ops) + 1), choice.choice([["pause"], ["read"], ["iterate"], ["drain"]]))
        way = choice.randrange(10)
        end: Op = ["return"]
        if way == 0:
            end = ["value", choice.choice(["text", "number", "odd", "responder"])]
        elif way < 3:
            end = ["raise", self.raising()]
        return {"ops": ops, "end": end}


def message(kind: str, token: str, size: int = 20, trailers: bytes = b"") -> tuple[bytes, dict[str, Any]]:
    """A request's bytes, and what its answer depends on."""
    method, minor, body, fields = "GET", 1, b"", []
    if kind in ("head", "options"):
        method = kind.upper()
    elif kind in ("post", "expect", "half"):
        method = "POST"
        body = b"b" * size
        fields.append(f"Content-Length: {len(body) + (kind == 'half')}")
        if kind == "expect":
            fields.append("Expect: 100-continue")
    elif kind == "chunked":
        method = "POST"
        fields.append("Transfer-Encoding: chunked")
        body = b"5\r\nhello\r\n1\r\n!\r\n0\r\n" + trailers + b"\r\n"
    elif kind == "last":
        fields.append("Connection: close")
    elif kind in ("old", "kept"):
        minor = 0
        if kind == "kept":
            fields.append("Connection: keep-alive")
    lines = [f"{method} /{token} HTTP/1.{minor}", "Host: a", *fields, "", ""]
    if kind == "bad":
        lines[1] = "Host : a"
    data = "\r\n".join(lines).encode() + body
    return data, {"token": token, "kind": kind, "method": method, "minor": minor, "size": len(data)}


def make(seed: int, *, live: bool = False, differential: bool = False, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """The plan of a seed. live: over sockets. differential: nothing in it depends on time, threads or the collector.
    without: ways that are left out (hostile, device, copy, raise, swap, cycle ...), to see what is behind them.
    """
    choice = random.Random(f"torture {seed}")
    coroutine = choice.randrange(3) == 0
    if differential:
        without = (*without, "cycle")  # the order in a collection is not defined
    maker = Maker(choice, live, without, differential)
    programs: dict[str, Any] = {}
    connections = []
    for number in range(choice.choice((1, 1, 2, 2, 3, 4))):
        kinds = [choice.choice(KINDS) for _ in range(choice.choice((1, 2, 2, 3, 4, 6)))]
        if not choice.randrange(6):
            kinds.append(choice.choice(["bad", "half"]))
        if choice.randrange(3) == 0:
            kinds = ["get"] * len(kinds)
        data = b""
        requests = []
        for place, kind in enumerate(kinds):
            token = f"t{number:02}x{place:02}"
            more, about = message(kind, token, choice.choice((0, 1, 20, 3000)), choice.choice((b"", b"X-T: 1\r\n")))
            data += more
            requests.append(about)
            programs[token] = maker.program(coroutine)
        whole = choice.randrange(2)
        cuts = [] if whole else sorted(choice.randrange(1, len(data)) for _ in range(choice.randrange(1, 6)))
        manner = choice.choice(("stay", "stay", "stay", "stay", "half", "half", "reset", "close", "mute", "slow"))
        connections.append({
            "requests": requests, "data": data.decode("latin-1"), "cuts": cuts, "manner": manner,
            "until": choice.randrange(len(data) + 1),
        })  # fmt: skip
    steps = []
    for _ in range(choice.randrange(4, 30)):
        name = choice.choice(("feed",) * 8 + ("turn",) * 4 + ("collect", "pause", "resume", "eof", "lose", "sweep"))
        steps.append([name, choice.randrange(len(connections))])
    return {
        "seed": seed,
        "coroutine": coroutine,
        "access_log": not choice.randrange(3),
        "eager": not differential and not choice.randrange(3),
        "threshold": 0 if differential else choice.choice((1, 1, 1, 700)),
        "threads": not differential,
        "drain": not choice.randrange(12),
        "connections": connections,
        "programs": programs,
        "steps": steps,
    }


def build(
    *kinds: list[str],
    programs: dict[str, list[Op]],
    ends: dict[str, Op] | None = None,
    steps: list[list[Any]] | None = None,
    **settings: Any,
) -> dict[str, Any]:
    """A plan from what matters in it: the kinds of requests by connection, the ops by request (`t01x00` is the first of
    the second connection), how their handlers end where they do not return, the steps before the rest is fed.
    """
    connections = []
    for number, names in enumerate(kinds):
        made = [message(kind, f"t{number:02}x{place:02}") for place, kind in enumerate(names)]
        connections.append({
            "requests": [about for _, about in made], "data": b"".join(data for data, _ in made).decode("latin-1"),
            "cuts": settings.pop("cuts", []), "manner": "half", "until": 0,
        })  # fmt: skip
    return {
        "seed": 0,
        "coroutine": False,
        "access_log": False,
        "eager": False,
        "threshold": 0,
        "threads": True,
        "drain": False,
        "connections": connections,
        "programs": {
            token: {"ops": programs.get(token, []), "end": (ends or {}).get(token, ["return"])}
            for token in {**programs, **(ends or {})}
        },
        "steps": steps or [],
        **settings,
    }


def brief(plan: dict[str, Any]) -> str:
    """The call of `build` that comes close to a plan."""
    lines = [repr([about["kind"] for about in connection["requests"]]) for connection in plan["connections"]]
    programs = {token: program["ops"] for token, program in plan["programs"].items() if program["ops"]}
    lines.append(f"programs={programs!r}")
    ends = {token: program["end"] for token, program in plan["programs"].items() if program["end"] != ["return"]}
    if ends:
        lines.append(f"ends={ends!r}")
    if plan["steps"]:
        lines.append(f"steps={plan['steps']!r}")
    for name in ("coroutine", "access_log", "eager", "threshold", "drain"):
        if plan[name]:
            lines.append(f"{name}={plan[name]!r}")
    if plan["connections"][0]["cuts"]:
        lines.append(f"cuts={plan['connections'][0]['cuts']!r}")
    return "build(\n    " + ",\n    ".join(lines) + ",\n)"
