"""fastresp: the fastest and most trustworthy way to answer an HTTP request from Python.

A handler is a plain or a coroutine function of a `Request` and a `Responder`; `run` serves it until a signal, `Server`
in a running event loop or in a thread of its own:

    from fastresp import run

    def handle(request, responder):
        responder.write(b"Hello, World!", "text/plain")

    run(handle, port=8000)

`Headers`, `Response`, `Json`, `StatusCode` and `Config` are values. `HeaderError` and `ResponderStateError` are a
handler's mistakes, `BodyError` is a client's fault. `compiled` tells whether the compiled twins are in use.
Beside it: fastresp.asgi and fastresp.wsgi (applications as handlers), fastresp.qt (Qt's spelling), fastresp.wire (the
codecs alone).
"""

from fastresp.config import Config
from fastresp.engine import Request, Responder
from fastresp.errors import BodyError, HeaderError, ResponderStateError
from fastresp.headers import Headers
from fastresp.response import Json, Response
from fastresp.runner import run
from fastresp.server import Server
from fastresp.status import StatusCode
from fastresp.wire import compiled

__all__ = [
    "BodyError",
    "Config",
    "HeaderError",
    "Headers",
    "Json",
    "Request",
    "Responder",
    "ResponderStateError",
    "Response",
    "Server",
    "StatusCode",
    "compiled",
    "run",
]

__version__ = "0.1.0"
