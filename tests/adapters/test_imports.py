"""Who serves handlers of fastresp's own kind pays for no adapter, and who serves one interface not for the other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import fastresp


@pytest.mark.parametrize(
    ("module", "packages"),
    [
        ("fastresp", []),
        ("fastresp.cli", []),
        ("fastresp.asgi", ["fastresp.asgi"]),
        ("fastresp.wsgi", ["fastresp.wsgi"]),
    ],
)
def test_what_is_imported(module, packages):
    program = f"import {module}, json, sys; print(json.dumps(sorted(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": str(Path(fastresp.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-P", "-c", program], check=True, stdout=subprocess.PIPE, env=environment)
    modules = json.loads(done.stdout)
    assert [name for name in ("fastresp.asgi", "fastresp.qt", "fastresp.wsgi") if name in modules] == packages
