"""The status codes of HTTP and their reason phrases.

`StatusCode` has the member names of Qt's `QHttpServerResponder.StatusCode`; the phrases are those of IANA's registry of
today (RFC 9110, section 15), which differ from Qt's here and there.
"""

from __future__ import annotations

from enum import IntEnum

__all__ = ["CONTENT_FREE", "REASONS", "UNDESCRIBED", "StatusCode", "status_code"]


class StatusCode(IntEnum):
    """A status code by Qt's name for it; equal to its number, and to the `http.HTTPStatus` of that number.

    >>> StatusCode.NotFound == 404
    True
    """

    Continue = 100
    SwitchingProtocols = 101
    Processing = 102
    EarlyHints = 103

    Ok = 200
    Created = 201
    Accepted = 202
    NonAuthoritativeInformation = 203
    NoContent = 204
    ResetContent = 205
    PartialContent = 206
    MultiStatus = 207
    AlreadyReported = 208
    IMUsed = 226

    MultipleChoices = 300
    MovedPermanently = 301
    Found = 302
    SeeOther = 303
    NotModified = 304
    UseProxy = 305
    TemporaryRedirect = 307
    PermanentRedirect = 308

    BadRequest = 400
    Unauthorized = 401
    PaymentRequired = 402
    Forbidden = 403
    NotFound = 404
    MethodNotAllowed = 405
    NotAcceptable = 406
    ProxyAuthenticationRequired = 407
    RequestTimeout = 408
    Conflict = 409
    Gone = 410
    LengthRequired = 411
    PreconditionFailed = 412
    PayloadTooLarge = 413
    UriTooLong = 414
    UnsupportedMediaType = 415
    RequestRangeNotSatisfiable = 416
    ExpectationFailed = 417
    ImATeapot = 418
    MisdirectedRequest = 421
    UnprocessableEntity = 422
    Locked = 423
    FailedDependency = 424
    TooEarly = 425
    UpgradeRequired = 426
    PreconditionRequired = 428
    TooManyRequests = 429
    RequestHeaderFieldsTooLarge = 431
    UnavailableForLegalReasons = 451

    InternalServerError = 500
    NotImplemented = 501
    BadGateway = 502
    ServiceUnavailable = 503
    GatewayTimeout = 504
    HttpVersionNotSupported = 505
    VariantAlsoNegotiates = 506
    InsufficientStorage = 507
    LoopDetected = 508
    NotExtended = 510
    NetworkAuthenticationRequired = 511
    NetworkConnectTimeoutError = 599


REASONS: dict[int, str] = {
    100: "Continue",
    101: "Switching Protocols",
    102: "Processing",
    103: "Early Hints",
    200: "OK",
    201: "Created",
    202: "Accepted",
    203: "Non-Authoritative Information",
    204: "No Content",
    205: "Reset Content",
    206: "Partial Content",
    207: "Multi-Status",
    208: "Already Reported",
    226: "IM Used",
    300: "Multiple Choices",
    301: "Moved Permanently",
    302: "Found",
    303: "See Other",
    304: "Not Modified",
    305: "Use Proxy",
    307: "Temporary Redirect",
    308: "Permanent Redirect",
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    409: "Conflict",
    410: "Gone",
    411: "Length Required",
    412: "Precondition Failed",
    413: "Content Too Large",
    414: "URI Too Long",
    415: "Unsupported Media Type",
    416: "Range Not Satisfiable",
    417: "Expectation Failed",
    418: "I'm a teapot",
    421: "Misdirected Request",
    422: "Unprocessable Content",
    423: "Locked",
    424: "Failed Dependency",
    425: "Too Early",
    426: "Upgrade Required",
    428: "Precondition Required",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    451: "Unavailable For Legal Reasons",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    505: "HTTP Version Not Supported",
    506: "Variant Also Negotiates",
    507: "Insufficient Storage",
    508: "Loop Detected",
    510: "Not Extended",
    511: "Network Authentication Required",
    599: "Network Connect Timeout Error",
}
"""The reason phrase of each registered code. Two are not IANA's: 418 (RFC 2324; reserved as unused there) and 599."""


CONTENT_FREE = frozenset({204, 205, 304})
"""The final statuses whose responses have no content, to any method (RFC 9110, sections 6.4.1 and 15.3.6)."""

UNDESCRIBED = frozenset({204, 205})
"""Those of them that describe no content either: of what a handler gives for it, nothing is read."""


def status_code(status: object) -> int:
    """The plain number of a StatusCode, an http.HTTPStatus or an int from 100 to 999 (RFC 9110, section 15).

    Raises TypeError for any other type (bool is one of them), ValueError for a number out of range.
    """
    if not isinstance(status, int) or isinstance(status, bool):
        raise TypeError(
            f"a status is a StatusCode, an http.HTTPStatus or an int from 100 to 999, not {type(status).__name__}"
        )
    # A subclass may redefine what it likes: its number is what int says.
    code = int.__index__(status)
    if not 100 <= code <= 999:
        # Python refuses to spell an int of thousands of digits.
        shown = str(code) if -(10**60) < code < 10**60 else "a number of more than 60 digits"
        raise ValueError(f"a status is from 100 to 999, not {shown}")
    return code
