"""What every test shares: the two twins, side by side in one process."""

from __future__ import annotations

import importlib
import importlib.util
import os
from types import ModuleType

import pytest

PURE_ONLY = os.environ.get("FASTRESP_NO_EXTENSIONS", "") not in ("", "0")


class Twin:
    """One of the two implementations: `twin("wire.headers")` is its module of that name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.compiled = name == "compiled"

    def __call__(self, module: str) -> ModuleType:
        return importlib.import_module(f"fastresp.{module}{'_c' if self.compiled else ''}")

    def __repr__(self) -> str:
        return self.name


@pytest.fixture(params=["pure", "compiled"], scope="session")
def twin(request: pytest.FixtureRequest) -> Twin:
    if request.param == "compiled" and PURE_ONLY:
        pytest.skip("FASTRESP_NO_EXTENSIONS is set: the pure twins alone are under test")
    return Twin(request.param)
