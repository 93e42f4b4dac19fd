"""fastresp: the fastest and most trustworthy way to answer an HTTP request from Python."""

from fastresp.config import Config
from fastresp.errors import BodyError, HeaderError, ResponderStateError
from fastresp.headers import Headers
from fastresp.http import Request, Responder
from fastresp.response import Json, Response
from fastresp.server import Server, run
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
