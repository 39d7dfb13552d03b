"""An exception in a Qt slot ends nothing by itself: it is logged and shown, never lost.

The log carries where it happened and the type, not the message: a message may quote what a person typed.
"""

import faulthandler
import sys
from collections.abc import Callable
from types import TracebackType


def install(show: Callable[[], None]) -> None:
    """Replace `sys.excepthook`; `show` tells the helper. A crash prints every thread's stack."""
    if not faulthandler.is_enabled() and sys.stderr is not None:
        faulthandler.enable()

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        import logging  # both cost more than the first picture may
        import traceback

        logging.getLogger(__name__).critical(
            "unexpected %s\n%s", kind.__name__, "".join(traceback.format_tb(trace))
        )
        show()

    sys.excepthook = hook
