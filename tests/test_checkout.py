"""A checkout that hides what is installed says so: its modules are not compiled."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import fastresp

pytestmark = pytest.mark.skipif(sys.implementation.name != "cpython", reason="compiled modules are CPython's")


def warnings_of(folder: Path, **environment: str) -> str:
    """What a program in this folder is told as it imports fastresp."""
    inherited = {name: value for name, value in os.environ.items() if name != "FASTRESP_NO_EXTENSIONS"}
    command = [sys.executable, "-c", "import fastresp; print(fastresp.__file__, fastresp.compiled)"]
    done = subprocess.run(
        command, cwd=folder, env={**inherited, **environment}, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{folder / 'fastresp' / '__init__.py'} False\n"
    return done.stderr


def test_a_checkout_without_compiled_modules(tmp_path):
    shutil.copytree(
        Path(fastresp.__file__).parent,
        tmp_path / "fastresp",
        ignore=shutil.ignore_patterns("*.so", "*.pyd", "__pycache__"),
    )
    assert warnings_of(tmp_path) == ""  # a pure wheel, as it is installed
    (tmp_path / "setup.py").touch()
    told = warnings_of(tmp_path)
    assert told.count("RuntimeWarning") == 1
    assert f"the checkout {tmp_path}, which has no compiled modules" in told
    assert "pip install -e ." in told
    assert warnings_of(tmp_path, FASTRESP_NO_EXTENSIONS="1") == ""
