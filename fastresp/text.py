"""Text from anywhere: its own octets and characters, and how a message shows it."""

from __future__ import annotations

from typing import Any

__all__ = ["exact", "host_port", "named", "shown"]


def exact(text: Any) -> Any:
    """The text itself as a plain str or bytes, whatever its class says that it is; anything else as it is.

    Each check, and each message, is of what will be sent: no encode(), strip() or __len__ of a subclass is asked.
    """
    if isinstance(text, str):
        return text if type(text) is str else str.__str__(text)
    if isinstance(text, bytes):
        return text if type(text) is bytes else bytes.__getitem__(text, slice(None))
    return text


def host_port(host: str, port: object) -> str:
    """A TCP address as one text, an IPv6 host in brackets (RFC 3986, section 3.2.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def named(name: str | bytes) -> str:
    """A field's name in a message."""
    name = exact(name)
    return shown(name.decode("latin-1") if isinstance(name, bytes) else name)


def shown(value: Any) -> str:
    """The repr of a value, if it has one, shortened for a message."""
    value = exact(value)
    if type(value) in (str, bytes, bytearray):
        value = value[:60]
    try:
        text = repr(value)
    except Exception:  # a message about a bad value must not fail for it
        text = "whose repr fails"
    return text if len(text) <= 60 else text[:57] + "..."
