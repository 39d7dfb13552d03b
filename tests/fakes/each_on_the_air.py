"""Every simulated Bluetooth instrument, one of each."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from devices.catalog import by_key
from devices.reading import Kind
from tests.fakes.ble_and import AndCuff, AndScale, AndThermometer
from tests.fakes.ble_body import BodyScale, GlucoseMeter, HeartRateSensor, MiScale, Scale, TaiDocMeter
from tests.fakes.ble_cuffs import Bm85
from tests.fakes.ble_makes import (
    MightySat,
    aoj20a_thermometer,
    jks50f_oximeter,
    temp_sitter,
    vtm20f,
    yonker_cuff,
)
from tests.fakes.ble_oximeters import BerryOximeter, ContecBle, NoninOximeter, Pc60fw
from tests.fakes.ble_peripheral import Peripheral
from tests.fakes.ble_peripherals import Cuff, Pressure, PulseOximeter, Thermometer
from tests.fakes.ble_ring import O2Ring
from tests.fakes.radio import Radio

TODAY = datetime(2026, 11, 28, 9, 30)
PRESSURE = Pressure(121, 79, 93, 68)


@dataclass(frozen=True, slots=True)
class Simulator:
    """`use`: how it gets something to say, where it does not by itself."""

    key: str
    make: Callable[[Radio], Peripheral]
    use: Callable[..., Awaitable[None]] = Peripheral.advertise

    @property
    def kind(self) -> Kind:
        return by_key()[self.key].kind


STREAMS = (
    Simulator("sig_pulse_oximeter", PulseOximeter),
    Simulator("berry_bm1000", BerryOximeter),
    Simulator("nonin_3230", NoninOximeter),
    Simulator("viatom_pc60fw", Pc60fw),
    Simulator("viatom_o2ring", O2Ring),
    Simulator("contec_ble", ContecBle),
    Simulator("masimo_mightysat", MightySat),
    Simulator("viatom_vtm20f", vtm20f),
    Simulator("jks50f", jks50f_oximeter),
    Simulator("sig_heart_rate", HeartRateSensor),
)
SHY_ONES = (
    Simulator("sig_blood_pressure", Cuff, lambda cuff: cuff.measure(PRESSURE)),
    Simulator("beurer_bm85", Bm85, lambda cuff: cuff.measure(PRESSURE)),
    Simulator("and_cuff", AndCuff, lambda cuff: cuff.measure(PRESSURE)),
    Simulator("yonker_ibpa1", yonker_cuff),
    Simulator("sig_thermometer", Thermometer, lambda thermometer: thermometer.measure("37.2")),
    Simulator("aoj20a", aoj20a_thermometer),
    Simulator("biolight_tempsitter", temp_sitter),
    Simulator("sig_weight_scale", Scale, lambda scale: scale.measure(68.4)),
    Simulator("and_thermometer", AndThermometer, lambda thermometer: thermometer.measure("37.2")),
    Simulator("and_scale", AndScale, lambda scale: scale.measure(68.4)),
    Simulator("sig_body_composition", BodyScale, lambda scale: scale.measure(68.4)),
    Simulator("xiaomi_scale_v1", MiScale, lambda scale: scale.measure(68.4)),
    Simulator("sig_glucose", GlucoseMeter, lambda meter: meter.measure("0.00104", meal=3)),
    Simulator("taidoc_glucose", lambda radio: TaiDocMeter(radio, 104, TODAY)),
)
