"""What the length of an answer's content is, and whether it has any (RFC 9110, sections 6.4 and 8.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastresp.headers import HAS_TRANSFER_ENCODING
from fastresp.status import CONTENT_FREE
from fastresp.wire.blocks import without_field

if TYPE_CHECKING:
    from fastresp.core import exchange as exchanges

__all__ = ["check", "check_framing", "is_empty", "is_unmeasured", "without_length"]


def is_empty(exchange: exchanges.Exchange, status: int) -> bool:
    """Whether an answer of this status to this request has no content (RFC 9110, section 6.4.1)."""
    return exchange.is_head or status in CONTENT_FREE or is_unmeasured(exchange, status)


def is_unmeasured(exchange: exchanges.Exchange, status: int) -> bool:
    """Whether it states no content-length, to GET either (RFC 9110, sections 8.6, 15.3.5 and 9.3.6)."""
    return status == 204 or (exchange.is_connect and 200 <= status < 300)


def without_length(fields: Any) -> Any:
    """The fields, as format_fields returns them, without a content-length."""
    if fields is None or fields[2] == -1:
        return fields
    return without_field(fields[0], b"content-length"), fields[1], -1


def check(exchange: exchanges.Exchange, declared: int, length: int, bare: bool) -> None:
    """Raise ValueError where the handler's own content-length is wrong; where only a head is sent, it knows best."""
    if declared == -2:
        raise ValueError("the content-length among the headers is not one whole number")
    if declared != length and not (bare and (exchange.is_head or length < 0)):
        raise ValueError(f"the content-length among the headers is {declared}, but the content has {length} bytes")


def check_framing(facts: int) -> None:
    """Raise ValueError for fields that say how the content is framed, which is the protocol's business."""
    if facts & HAS_TRANSFER_ENCODING:
        raise ValueError("transfer-encoding is fastresp's to choose: leave it out of the headers")
