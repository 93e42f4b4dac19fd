"""Whether an object can be used again: nobody else has it.

Never compiled: references_c.pxd asks the count of references, which is in the object. Here the objects are made anew.
"""

from __future__ import annotations

__all__ = ["is_shared"]


def is_shared(thing: object) -> bool:
    """Whether anybody but the caller may still have it."""
    return True
