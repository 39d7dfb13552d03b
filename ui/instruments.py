"""What the states of the instruments mean to a helper. Pure.

No unit of a stranger counts here: what it measures is set aside.
"""

from devices.reading import SHY, Kind
from kiosk.events import InstrumentState, InstrumentStatus

Instruments = tuple[InstrumentStatus, ...]
_WORKING = (InstrumentState.READY, InstrumentState.MEASURING, InstrumentState.POOR_SIGNAL)
_TROUBLE = (InstrumentState.LOST, InstrumentState.FAULTY)
_OF_THE_CALL = (Kind.CAMERA, Kind.MICROPHONE)


def working(instruments: Instruments) -> Instruments:
    return tuple(i for i in instruments if i.known and i.state in _WORKING)


def listed(instruments: Instruments) -> Instruments:
    """What a helper handles; the call's own camera and microphone only when they fail."""
    return tuple(i for i in instruments if i.kind not in _OF_THE_CALL or i.state in _TROUBLE)


def in_trouble(instruments: Instruments) -> Instruments:
    return tuple(i for i in instruments if i.known and i.state in _TROUBLE)


def can_measure(instruments: Instruments, kind: Kind) -> bool:
    """What shows itself only by measuring need not have been seen yet."""
    good = (*_WORKING, InstrumentState.ABSENT) if kind in SHY else _WORKING
    return any(i.known and kind in i.kinds and i.state in good for i in instruments)


def is_measuring(instruments: Instruments, kind: Kind) -> bool:
    return any(i.known and i.kind is kind and i.state is InstrumentState.MEASURING for i in instruments)


def shows_wave(instruments: Instruments, kind: Kind) -> bool:
    return any(i.known and kind in i.kinds for i in instruments)
