"""TaiDoc and FORA glucose meters over Bluetooth (the frames of the TD-42xx).

Source: as `devices/taidoc.py`; the Bluetooth service from one source. The meter is asked for its model, its
clock and its newest result.
"""

from devices.device import BleMatch, Device
from devices.event import Event, FrameError
from devices.gatt import rejected, unexpected
from devices.metrics import GLUCOSE_MASS
from devices.reading import Kind
from devices.taidoc import CLOCK, MODEL, TIME, VALUE, Meter, answer, describe, describe_date_time, request

SERVICE = "00001523-1212-efde-1523-785feabcd123"
CHARACTERISTIC = "00001524-1212-efde-1523-785feabcd123"


class Decoder:
    """One connection."""

    def __init__(self) -> None:
        self._meter = Meter()

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        """One notification, which is one frame."""
        if source != CHARACTERISTIC:
            return [unexpected(source, data)]
        try:
            return self._meter.take(*answer(data), bytes(data))
        except FrameError as error:
            return [rejected(str(error), data)]


DEVICE = Device(
    key="taidoc_glucose",
    name="TaiDoc / FORA glucose meter",
    kind=Kind.GLUCOMETER,
    match=BleMatch(
        SERVICE, (CHARACTERISTIC,), names=("TAIDOC", "TaiDoc", "FORA"), write=CHARACTERISTIC,
        start=(request(MODEL), request(CLOCK), request(TIME), request(VALUE)),
    ),
    metrics=(GLUCOSE_MASS,),
    reference="glucometer-protocols, glucometerutils",
    experimental=True,
    limits="its last result is read, none before; its advertised names are assumed",
    decoder=Decoder,
    protocols=(("td42xx", describe), ("td42xx_datetime", describe_date_time)),
)  # fmt: skip
