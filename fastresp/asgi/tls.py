"""What an application is told of a TLS connection (the tls extension of ASGI, version 0.2)."""

from __future__ import annotations

import ssl
from typing import Any

__all__ = ["about"]

_SHORT = {
    "commonName": "CN",
    "countryName": "C",
    "domainComponent": "DC",
    "localityName": "L",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "stateOrProvinceName": "ST",
    "streetAddress": "STREET",
    "userId": "UID",
}
"""Names of attribute types (RFC 4514, section 3); any other has OpenSSL's name."""
_SPECIAL = '"+,;<>\\'


def about(tls: Any) -> dict[str, Any]:
    """Return the dict that the extension is, of an ssl.SSLObject or ssl.SSLSocket behind its handshake.

    What the server's own certificate is, Python's ssl does not tell. Before Python 3.13 the chain is the client's own
    certificate alone.
    """
    certificate: bytes | None = tls.getpeercert(True)
    chain: list[bytes] = [certificate] if certificate else []
    if chain and hasattr(tls, "get_unverified_chain"):
        chain = tls.get_unverified_chain()
    version = getattr(ssl.TLSVersion, str(tls.version()).replace(".", "_"), None)
    name = tls.cipher()
    suites = {suite["name"]: suite["id"] & 0xFFFF for suite in tls.context.get_ciphers()}
    return {
        "server_cert": None,
        "client_cert_chain": [ssl.DER_cert_to_PEM_cert(each) for each in chain],
        "client_cert_name": name_of(tls.getpeercert()["subject"]) if certificate else None,
        "client_cert_error": None,  # one that is not valid ends the handshake
        "tls_version": None if version is None else int(version),
        "cipher_suite": suites.get(name[0]) if name else None,
    }


def name_of(subject: tuple[tuple[tuple[str, str], ...], ...]) -> str:
    """Return a distinguished name, as ssl gives it, as text (RFC 4514, section 2)."""
    return ",".join(
        "+".join(f"{_SHORT.get(kind, kind)}={_escaped(value)}" for kind, value in names) for names in reversed(subject)
    )


def _escaped(value: str) -> str:
    text = "".join(f"\\{each}" if each in _SPECIAL else "\\00" if each == "\0" else each for each in value)
    if text.startswith(("#", " ")):
        text = f"\\{text}"
    if value.endswith(" ") and len(value) > 1:
        text = f"{text[:-1]}\\ "
    return text
