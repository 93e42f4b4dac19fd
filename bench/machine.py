"""Where a figure comes from: the machine, the versions, the date. Every table and every raw file says it."""

from __future__ import annotations

import os
import platform
import re
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path


def facts(packages: tuple[str, ...]) -> dict[str, object]:
    """The machine, Python, fastresp and the versions of `packages` that are installed, as JSON can hold them."""
    import fastresp

    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "fastresp": f"{fastresp.__version__} ({'compiled' if fastresp.compiled else 'pure'})",
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "packages": {name: version for name in packages if (version := _version(name)) is not None},
    }


def sentence(facts: dict[str, object]) -> str:
    """The same for people, as one line."""
    packages = facts["packages"]
    assert isinstance(packages, dict)
    names = "".join(f", {name} {version}" for name, version in packages.items())
    loads = facts["load_average"]
    assert isinstance(loads, list)
    return (
        f"{facts['date']}; {facts['cpu']}, {facts['cores']} cores; {facts['kernel']}; {facts['python']}; "
        f"fastresp {facts['fastresp']}{names}; load average at the start {loads[0]}, {loads[1]}, {loads[2]}"
    )


def _cpu() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
