"""What the lab understands of `devices watch` is what that prints."""

import asyncio
import io
from datetime import datetime
from decimal import Decimal
from uuid import uuid4

from devices.metrics import PULSE_RATE, SPO2
from devices.reading import Clock, DeviceIdentity, Kind, Quantity, Reading
from drivers.instrument import InstrumentState, InstrumentStatus, Reason
from kiosk.instrument_watch import Printer
from tests.drivers.listener import Listener
from tests.lab.program import Program


def test_each_state_and_reason_is_heard_as_it_was_told() -> None:
    printed, listener = io.StringIO(), Listener()
    told = [
        InstrumentStatus("usb:10c4:ea60:0001", Kind.UNKNOWN, "Contec CMS50D+ (old)", state, reason)
        for state in InstrumentState
        for reason in Reason
    ]
    for status in told:
        Printer(printed).status(status)
    program = Program("telecabine", listener)
    for line in printed.getvalue().splitlines():
        program.hear(line)
    assert listener.statuses == told


def test_a_reading_is_heard_with_its_device_and_numbers() -> None:
    printed, program = io.StringIO(), Program("telecabine", Listener())
    quantities = (Quantity(SPO2, Decimal(97)), Quantity(PULSE_RATE, Decimal(138)))
    identity = DeviceIdentity("nonin_xpod")
    reading = Reading(uuid4(), Kind.OXIMETER, identity, datetime.now().astimezone(), Clock.KIOSK, quantities)
    asyncio.run(Printer(printed).reading(reading))
    program.hear(printed.getvalue().rstrip())
    assert program.readings == [("nonin_xpod", "spo2 97 %, pulse_rate 138 /min")]
