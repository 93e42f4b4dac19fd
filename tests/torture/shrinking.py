"""Makes a plan that fails smaller, as long as it fails in the same way."""

from __future__ import annotations

import copy
import re
import time
from collections.abc import Callable, Iterator
from itertools import chain, combinations
from typing import Any

__all__ = ["kind_of", "shrink"]


def kind_of(fault: str) -> str:
    """A fault without what differs from one seed to the next."""
    if fault.startswith("the process ended"):
        place = re.search(r'Current thread.*?\n  File ".*?/([^/"]*)", line \d+ in (\S+)', fault, re.DOTALL)
        return " ".join(fault.split()[:6]) + (f" {place[1]} {place[2]}" if place else "")
    if fault.startswith("copies"):
        return "copies were made"
    return re.sub(r"0x[0-9a-f]+|t\d\dx\d\d|\d+", "#", fault)[:70]


def _parts(thing: Any) -> Iterator[Callable[[Any], None]]:
    """Ways to make a plan smaller: to leave something out of a list, to put an inner op in its outer one's place."""

    def walk(node: Any, path: tuple[Any, ...]) -> Iterator[Callable[[Any], None]]:
        if isinstance(node, dict):
            for key in node:
                yield from walk(node[key], (*path, key))
        elif isinstance(node, list):
            is_op = bool(node) and isinstance(node[0], str)
            for place in range(len(node) - 1, -1, -1):
                if not is_op:
                    yield lambda root, path=path, place=place: _at(root, path).pop(place)
                elif isinstance(node[place], list) and node[place] and isinstance(node[place][0], str):
                    yield lambda root, path=path, place=place: _set(root, path, _at(root, (*path, place)))
            for place in range(len(node)):
                yield from walk(node[place], (*path, place))

    def without_connection(root: Any) -> None:
        root["connections"].pop()
        last = len(root["connections"]) - 1
        root["steps"] = [[name, min(which, last)] for name, which in root["steps"]]

    def without_last(root: Any, number: int) -> None:
        connection = root["connections"][number]
        gone = connection["requests"].pop()
        connection["data"] = connection["data"][: -gone["size"]]
        connection["cuts"] = [cut for cut in connection["cuts"] if cut < len(connection["data"])]

    there = {about["token"] for connection in thing["connections"] for about in connection["requests"]}
    for token in set(thing["programs"]) - there:
        del thing["programs"][token]
    tokens = list(thing["programs"])
    if len(tokens) > 3:
        for kept in chain(combinations(tokens, 1), combinations(tokens, 2)):
            yield lambda root, kept=kept: root.update(programs={token: root["programs"][token] for token in kept})
    for token in tokens:
        yield lambda root, token=token: root["programs"].pop(token)
    if len(thing["connections"]) > 1:
        yield without_connection
    for number, connection in enumerate(thing["connections"]):
        if len(connection["requests"]) > 1:
            yield lambda root, number=number: without_last(root, number)
        if connection["cuts"]:
            yield from walk(connection["cuts"], ("connections", number, "cuts"))
    half = len(thing["steps"]) // 2
    if half:
        yield lambda root: root.update(steps=[])
        yield lambda root: root.update(steps=root["steps"][:half])
        yield lambda root: root.update(steps=root["steps"][half:])
    yield from walk(thing["steps"], ("steps",))
    for token in list(thing["programs"]):
        if thing["programs"][token]["end"] != ["return"]:
            yield lambda root, token=token: root["programs"][token].update(end=["return"])
        yield from walk(thing["programs"][token]["ops"], ("programs", token, "ops"))
    for key, value in (("access_log", False), ("eager", False), ("drain", False), ("threshold", 0)):
        if thing[key] != value:
            yield lambda root, key=key, value=value: root.update({key: value})


def _at(root: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        root = root[key]
    return root


def _set(root: Any, path: tuple[Any, ...], value: Any) -> None:
    _at(root, path[:-1])[path[-1]] = value


def shrink(plan: Any, first: Callable[[list[Any]], int], seconds: float = 60.0) -> Any:
    """The smallest plan found. `first`: the number of the first of some plans that fails as this one does, or -1."""
    end = time.monotonic() + seconds
    start = 0
    whole = False  # all ways were tried since the last that helped
    while time.monotonic() < end and not whole:
        trials = []
        for part in list(_parts(plan))[start:]:
            trial = copy.deepcopy(plan)
            part(trial)
            next(_parts(trial), None)  # leaves out the programs that are not played any more
            trials.append(trial)
        found = first(trials) if trials else -1
        if found >= 0:
            plan = trials[found]
            start = max(0, start + found - 1)
        else:
            whole = start == 0
            start = 0
    return plan


def _at(root: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        root = root[key]
    return root


def _set(root: Any, path: tuple[Any, ...], value: Any) -> None:
    _at(root, path[:-1])[path[-1]] = value
