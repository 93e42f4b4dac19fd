"""What a server or an application can't run without, and what of it is not here."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from importlib.util import find_spec


def missing(modules: Iterable[str], programs: Iterable[str] = ()) -> str:
    """Names what is not here, or ""."""
    absent = [f"the Python package {name}" for name in modules if not _is_there(name)]
    absent += [f"the program {name}" for name in programs if shutil.which(name) is None]
    return " and ".join(absent)


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # not even the package that it is in
        return False
