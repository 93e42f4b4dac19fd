"""Whether an object can be used again: nobody else has it.

Never compiled: references_c.pxd asks the count of references, which is in the object. Here most objects are made anew.
"""

from __future__ import annotations

import gc
import sys
import weakref

__all__ = ["CONTEXT", "COROUTINE", "TASK", "has_attributes", "is_left", "is_shared"]

# References to a task that waits between two handlers, to its coroutine and to its context, where nobody else has any:
# its own, and those of the frames that ask.
TASK = 6
COROUTINE = 6
CONTEXT = 6


def is_shared(thing: object) -> bool:
    """Whether anybody but the caller may still have it."""
    return True


def is_left(thing: object, references: int, mark: weakref.ref[object] | None) -> bool:
    """Whether there are just so many references to it, and no weak one but `mark`."""
    return sys.getrefcount(thing) == references and weakref.getweakrefcount(thing) == (mark is not None)


def has_attributes(task: object) -> bool:
    """Whether anybody has given it attributes."""
    return any(type(thing) is dict for thing in gc.get_referents(task))
