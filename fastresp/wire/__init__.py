"""The codecs: bytes in, bytes out. The one place that chooses a twin: all compiled or all pure, never a mix.

`FASTRESP_NO_EXTENSIONS=1` selects the pure twins. Without it the compiled ones are used where they were built; one
that is there but can't be loaded is an error, never a silent step back.
"""

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING

__all__ = ["compiled", "format_chunk", "format_headers", "format_last_chunk", "status_line"]

compiled: bool = (
    os.environ.get("FASTRESP_NO_EXTENSIONS", "") in ("", "0") and find_spec("fastresp.wire.headers_c") is not None
)

if TYPE_CHECKING or not compiled:
    from fastresp.wire.chunks import format_chunk, format_last_chunk
    from fastresp.wire.headers import format_headers
    from fastresp.wire.status import status_line
else:
    from fastresp.wire.chunks_c import format_chunk, format_last_chunk
    from fastresp.wire.headers_c import format_headers
    from fastresp.wire.status_c import status_line
