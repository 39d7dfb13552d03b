"""How much memory an object keeps alive."""

import gc
import sys
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType

# What belongs to the program, not to the object. (A bound method does lead to its object.)
_SHARED = (ModuleType, type, FunctionType, BuiltinFunctionType, CodeType)


def held_bytes(root: object) -> int:
    """All that can be reached from it, each object once."""
    seen, found = {id(root)}, [root]
    total = 0
    while found:
        each = found.pop()
        total += sys.getsizeof(each)
        for other in gc.get_referents(each):
            if id(other) not in seen and not isinstance(other, _SHARED):
                seen.add(id(other))
                found.append(other)
    return total
