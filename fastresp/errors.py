"""What can go wrong, by whose fault: the handler's (HeaderError, ResponderStateError) or the client's (BodyError)."""

__all__ = ["BodyError", "HeaderError", "ResponderStateError"]


class HeaderError(ValueError):
    """A field name or value that must not go on the wire (RFC 9110, section 5). Nothing was sent."""


class ResponderStateError(RuntimeError):
    """A call that does not fit what the responder has already done. The wire is untouched."""


class BodyError(ConnectionError):
    """The request's body can't be read to its end: the client left, broke the framing, or passed a limit."""

    told = False
    """Whether the log has a line on it."""
