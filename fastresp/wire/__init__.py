"""The codecs: bytes in, bytes out. The one place that chooses a twin: all compiled or all pure, never a mix.

`FASTRESP_NO_EXTENSIONS=1` selects the pure twins. Without it the compiled ones are used where they were built; one
that is there but can't be loaded is an error, never a silent step back. A checkout that lacks them, and may hide what
is installed, is a warning.
"""

import os
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

__all__ = ["compiled", "format_chunk", "format_headers", "format_last_chunk", "status_line"]

_wanted = os.environ.get("FASTRESP_NO_EXTENSIONS", "") in ("", "0")
compiled: bool = _wanted and find_spec("fastresp.wire.headers_c") is not None

_checkout = Path(__file__).parents[2]
if _wanted and not compiled and sys.implementation.name == "cpython" and (_checkout / "setup.py").exists():
    warnings.warn(
        f"fastresp comes from the checkout {_checkout}, which has no compiled modules: it runs in plain Python, far"
        " slower. Build them there (python -m pip install -e .), start Python elsewhere to use what is"
        " installed, or set FASTRESP_NO_EXTENSIONS=1 where this is wanted.",
        RuntimeWarning,
        stacklevel=2,
    )

if TYPE_CHECKING or not compiled:
    from fastresp.wire.chunks import format_chunk, format_last_chunk
    from fastresp.wire.headers import format_headers
    from fastresp.wire.status import status_line
else:
    from fastresp.wire.chunks_c import format_chunk, format_last_chunk
    from fastresp.wire.headers_c import format_headers
    from fastresp.wire.status_c import status_line
