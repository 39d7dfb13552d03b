"""What decodes the physician's voice: without libopus he is heard, but what a bad line loses is silence."""

from kiosk.call.receiving.opus import Libopus
from kiosk.selftest.report import Check, Part, Problem, amber, green


def check_call_sound() -> Check:
    """Load it as a call does. Blocks for some milliseconds."""
    try:
        Libopus()
    except OSError as error:
        return amber(Part.CALL_SOUND, Problem.LIBRARY_MISSING, detail=str(error))
    return green(Part.CALL_SOUND)
