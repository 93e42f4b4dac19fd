"""What can go wrong, by whose fault: the handler's (HeaderError, ResponderStateError) or the client's (BodyError)."""

__all__ = ["BodyError", "HeaderError", "ResponderStateError"]


class HeaderError(ValueError):
    r"""A field name or value that must not go on the wire (RFC 9110, section 5). Nothing was sent.

    >>> Headers({"location": "/a\r\nset-cookie: b=c"})
    Traceback (most recent call last):
    fastresp.errors.HeaderError: the value of the field 'location' must hold no control character ...
    """


class ResponderStateError(RuntimeError):
    """A call that does not fit what the responder has already done. The wire is untouched.

    >>> def handle(request, responder):
    ...     responder.write("first")
    ...     responder.write("second")  # raises it
    """


class BodyError(ConnectionError):
    """The request's body can't be read to its end: the client left, broke the framing, or passed a limit.

    >>> async def handle(request, responder):
    ...     try:
    ...         responder.write(await request.read())
    ...     except BodyError as error:
    ...         print(error)
    """

    told = False
    """Whether the log has a line on it."""
