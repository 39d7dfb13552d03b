"""The consultation: what is shown is what the instrument gave, and every tool asks the kiosk."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QLabel, QWidget

from devices import metrics
from devices.event import Battery
from devices.reading import Absent, Kind, Quality
from kiosk.events import (
    CallPhase,
    InstrumentState,
    InstrumentStatus,
    Light,
    LineQuality,
    NoticeReason,
    PictureFrozen,
    Reason,
    SoundHeard,
    SoundQuality,
    WaveformShown,
)
from tests.ui import samples, steps
from tests.ui.conftest import Desk
from tests.ui.small_kiosk import LINK, WORDS
from ui import theme
from ui.reasons import Step
from ui.screens.consultation import Consultation
from ui.text import fr, fr_first


def _words(widget: QWidget) -> list[str]:
    return [line.text() for line in widget.findChildren(QLabel) if line.isVisible() and line.text()]


def _screen(desk: Desk) -> Consultation:
    screen = desk.screen
    assert isinstance(screen, Consultation)
    return screen


@pytest.fixture
def talking(desk: Desk) -> Desk:
    steps.consultation(desk)
    desk.kiosk.plug(*samples.instruments())
    desk.kiosk.connect()
    desk.settle()
    return desk


def test_values_are_shown_exactly_as_given(talking: Desk) -> None:
    talking.kiosk.measure(samples.thermometer())
    talking.kiosk.measure(samples.oximeter())
    talking.settle()
    words = _words(_screen(talking).board)
    assert "36.60" in words and "°C" in words
    assert "2.50" in words and "97" in words and "72" in words


def test_no_value_says_why_and_quality_is_in_words(talking: Desk) -> None:
    flags = frozenset({Quality.CUFF_LOOSE, Quality.MOTION})
    absent = samples.reading(Kind.CUFF, (metrics.SYSTOLIC, Absent.SENSOR_OFF), quality=flags)
    talking.kiosk.measure(absent)
    talking.settle()
    words = _words(_screen(talking).board)
    assert fr.READING.absent[Absent.SENSOR_OFF] in words
    assert "\n".join([fr.READING.quality[Quality.MOTION], fr.READING.quality[Quality.CUFF_LOOSE]]) in words


def test_a_cuff_that_failed_is_shown_and_says_why(talking: Desk) -> None:
    air = frozenset({Quality.CUFF_AIR})
    talking.kiosk.measure(samples.reading(Kind.CUFF, (metrics.SYSTOLIC, Absent.INVALID), quality=air))
    talking.settle()
    words = _words(_screen(talking).board)
    assert fr.READING.absent[Absent.INVALID] in words and fr.READING.quality[Quality.CUFF_AIR] in words


def test_the_latest_of_each_kind_is_large_and_all_can_be_seen(talking: Desk) -> None:
    for spo2 in ("91", "92", "93"):
        talking.kiosk.measure(samples.oximeter(spo2))
    talking.settle()
    words = _words(_screen(talking).board)
    assert "93" in words and "91" not in words
    talking.press("all_readings")
    listed = " ".join(_words(talking.find("panel")))
    assert listed.index("93 %") < listed.index("92 %") < listed.index("91 %")


def test_the_wave_is_drawn(talking: Desk) -> None:
    pleth = _screen(talking).pleth
    talking.qtbot.waitUntil(pleth.isVisible)
    talking.kiosk.publish(WaveformShown(samples.pleth(tuple(range(100)))))
    talking.settle()
    picture = pleth.grab().toImage()
    drawn = _pixels(picture, theme.PLETH)
    assert len(drawn) > 50
    assert drawn[:, 0].max() - drawn[:, 0].min() > pleth.height() / 2, "the wave fills the strip"


def test_a_gap_breaks_the_wave(talking: Desk) -> None:
    pleth = _screen(talking).pleth
    talking.kiosk.publish(WaveformShown(samples.pleth((0,) * 70)))
    talking.kiosk.publish(WaveformShown(samples.pleth((100,) * 10, gap=True, sequence=1)))
    talking.settle()
    drawn = _pixels(pleth.grab().toImage(), theme.PLETH)
    middle = abs(drawn[:, 0] - pleth.height() / 2) < pleth.height() / 8
    assert len(drawn) > 50 and not middle.any(), "nothing joins what a gap parts"


def test_the_wave_stays_when_its_strip_changes_its_width(talking: Desk) -> None:
    pleth = _screen(talking).pleth
    talking.qtbot.waitUntil(pleth.isVisible)
    talking.kiosk.publish(WaveformShown(samples.pleth(tuple(range(100)))))
    talking.settle()
    pleth.resize(pleth.width() - 14, pleth.height())
    assert len(_pixels(pleth.grab().toImage(), theme.PLETH)) > 50


def test_the_ecg_has_a_trace_of_its_own(talking: Desk) -> None:
    screen = _screen(talking)
    talking.kiosk.plug(InstrumentStatus("ecg", Kind.ECG, "ECG", InstrumentState.MEASURING))
    talking.qtbot.waitUntil(screen.ecg.isVisible)
    talking.kiosk.publish(WaveformShown(samples.ecg(tuple(range(-300, 300)))))
    talking.settle()
    drawn = _pixels(screen.ecg.grab().toImage(), theme.ECG)
    assert len(drawn) > 50
    assert drawn[:, 0].max() - drawn[:, 0].min() > screen.ecg.height() / 2, "the wave fills the strip"
    assert not screen.pleth.started


def test_an_ecg_without_electrodes_asks_for_them_and_not_for_a_finger(talking: Desk) -> None:
    off = (InstrumentState.READY, Reason.SENSOR_OFF)
    talking.kiosk.plug(InstrumentStatus("ecg", Kind.ECG, "ECG", *off))
    talking.settle()
    words = " ".join(_words(_screen(talking).instruments))
    assert "électrodes" in words and "doigt" not in words


def _pixels(picture: QImage, colour: str) -> np.ndarray:
    """(y, x) of every pixel of that colour."""
    picture = picture.convertToFormat(QImage.Format.Format_RGB32)
    data = np.frombuffer(picture.constBits(), np.uint32).reshape(picture.height(), picture.width())
    return np.argwhere((data & 0xFFFFFF) == (QColor(colour).rgb() & 0xFFFFFF))


def test_the_cuff_pressure_is_live_only_while_it_measures(talking: Desk) -> None:
    cuff = InstrumentStatus("cuff", Kind.CUFF, "Cuff", InstrumentState.MEASURING)
    talking.kiosk.plug(cuff)
    talking.kiosk.publish(WaveformShown(samples.pressure(142)))
    talking.settle()
    assert _screen(talking).pressure.text() == "Pression du brassard\u00a0: 142 mmHg"
    assert _screen(talking).pressure.isVisible()
    talking.kiosk.plug(replace(cuff, state=InstrumentState.READY))
    talking.settle()
    assert not _screen(talking).pressure.isVisible()


def test_an_instrument_in_trouble_says_what_to_do(talking: Desk) -> None:
    lost = InstrumentStatus("x", Kind.OXIMETER, "x", InstrumentState.LOST, Reason.UNPLUGGED)
    talking.kiosk.plug(lost)
    talking.settle()
    words = _words(_screen(talking).instruments)
    assert words == ["Oxymètre", "Débranché ou éteint", fr.INSTRUMENT.reasons[Reason.UNPLUGGED]]


def test_a_low_battery_is_said_beside_the_instrument(talking: Desk) -> None:
    cuff = InstrumentStatus("x", Kind.CUFF, "x", InstrumentState.READY, battery=Battery(12, is_low=True))
    talking.kiosk.plug(cuff)
    talking.settle()
    assert _words(_screen(talking).instruments)[-1] == fr.INSTRUMENT.low_battery
    talking.kiosk.plug(replace(cuff, battery=Battery(90, is_low=False)))
    talking.settle()
    assert fr.INSTRUMENT.low_battery not in _words(_screen(talking).instruments)


def test_a_box_that_does_several_things_has_one_row(talking: Desk) -> None:
    box = InstrumentStatus("x", Kind.OXIMETER, "x", InstrumentState.READY, also=(Kind.CUFF, Kind.THERMOMETER))
    talking.kiosk.plug(box)
    talking.settle()
    words = _words(_screen(talking).instruments)
    assert words[0] == "Oxymètre, Tensiomètre, Thermomètre"
    assert words[1:] == [fr.INSTRUMENT.states[InstrumentState.READY]]


def test_a_camera_reads_the_link_from_the_screen(desk: Desk) -> None:
    steps.consultation(desk)
    picture = desk.window.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    data = np.frombuffer(picture.constBits(), np.uint8).reshape(picture.height(), picture.bytesPerLine())
    pixels = np.ascontiguousarray(
        data[:, : picture.width() * 3].reshape(picture.height(), picture.width(), 3)
    )
    found, *_ = cv2.QRCodeDetector().detectAndDecode(pixels)
    assert found == LINK


def test_the_words_and_the_line_are_written(talking: Desk) -> None:
    talking.kiosk.set_call(replace(talking.kiosk.call, line=LineQuality.POOR))
    talking.settle()
    words = _words(_screen(talking))
    assert "  ".join(WORDS) in words
    assert fr.CONSULTATION.lines[LineQuality.POOR] in words


def test_tools_appear_with_their_instrument_and_ask_the_kiosk(talking: Desk) -> None:
    assert not talking.is_shown("keep_picture") and not talking.is_shown("record_sound")
    talking.press("otoscope")
    talking.press("keep_picture")
    assert talking.kiosk.asked[-1] == "freeze_picture"  # it is of this moment, not of the answer's
    talking.press("keep_ear_left")
    talking.press("stethoscope")
    talking.press("record_sound")
    talking.press("point_mitral")
    assert talking.kiosk.asked[-2:] == ["keep_picture", "record_sound"]
    assert talking.kiosk.sites == ["ear_left", "mitral"]
    talking.kiosk.plug()
    talking.press("otoscope")
    talking.settle()
    assert not talking.is_shown("otoscope"), "no otoscope, no button"


def test_the_helper_sees_how_the_stethoscope_sounds(talking: Desk) -> None:
    meter, sounds = _screen(talking).sound, fr.CONSULTATION.sounds
    assert not meter.isVisible()
    talking.press("stethoscope")
    assert meter.words.text() == sounds[SoundQuality.LISTENING]
    talking.kiosk.publish(SoundHeard(-30.0, SoundQuality.NOISY))
    talking.settle()
    assert meter.words.text() == meter.accessibleName() == sounds[SoundQuality.NOISY]
    assert (meter.lamp.light, meter.bar.level) == (Light.ORANGE, 0.5)
    talking.press("stethoscope")
    assert not meter.isVisible()
    talking.kiosk.publish(SoundHeard(-30.0, SoundQuality.NOISY))  # on its way when it was switched off
    talking.press("stethoscope")
    assert (meter.words.text(), meter.bar.level) == (sounds[SoundQuality.LISTENING], 0.0)


def test_the_button_of_the_otoscope_asks_for_the_ear(talking: Desk) -> None:
    talking.press("otoscope")
    talking.kiosk.publish(PictureFrozen())
    talking.settle()
    talking.press("keep_ear_right")
    talking.settle()
    assert talking.kiosk.sites == ["ear_right"]
    assert "freeze_picture" not in talking.kiosk.asked, "it was held when the button was pressed"


def test_the_ear_is_asked_for_when_the_technician_has_left(talking: Desk) -> None:
    talking.press("otoscope")
    talking.window.open_technician()
    talking.kiosk.publish(PictureFrozen())
    talking.settle()
    assert not talking.is_shown("keep_ear_right")
    talking.click("close_technician")
    talking.press("keep_ear_right")
    assert talking.kiosk.sites == ["ear_right"]
    talking.window.open_technician()
    talking.click("close_technician")
    assert not talking.is_shown("keep_ear_right"), "once is enough"


def test_another_press_says_that_the_first_picture_waits(talking: Desk) -> None:
    talking.press("otoscope")
    talking.kiosk.publish(PictureFrozen())
    talking.settle()
    assert fr.CONSULTATION.keep_explain in _words(talking.window)
    talking.kiosk.publish(PictureFrozen(first_waits=True))
    talking.settle()
    assert fr.CONSULTATION.keep_first in _words(talking.window)
    assert "drop_picture" not in talking.kiosk.asked, "it is asked for again, not given up"
    talking.press("keep_ear_left")
    assert talking.kiosk.sites == ["ear_left"] and "drop_picture" not in talking.kiosk.asked


def test_a_picture_without_an_ear_is_given_up_and_said(talking: Desk) -> None:
    sentence = fr.NOTICES[NoticeReason.PICTURE_NOT_KEPT]
    talking.press("otoscope")
    talking.press("keep_picture")
    talking.press("panel_close")
    assert talking.kiosk.asked[-1] == "drop_picture"
    assert sentence not in _words(talking.window), "it was the answer"
    talking.press("keep_picture")
    talking.press("keep_ear_left", Qt.Key.Key_Escape)
    assert talking.kiosk.asked[-1] == "drop_picture" and talking.kiosk.sites == []
    assert sentence in _words(talking.window)


def test_who_leaves_the_question_for_another_screen_is_told_so(talking: Desk) -> None:
    talking.press("otoscope")
    talking.press("keep_picture")
    talking.window.open_technician()
    talking.settle()
    assert talking.kiosk.asked[-1] == "drop_picture"
    assert fr.NOTICES[NoticeReason.PICTURE_NOT_KEPT] in _words(talking.window)


def test_the_otoscope_s_picture_is_turned_and_mirrored(talking: Desk) -> None:
    assert not talking.is_shown("turn_picture")
    talking.press("otoscope")
    talking.press("turn_picture")
    assert talking.kiosk.asked[-1] == "turn_picture"
    assert talking.find("turn_picture").accessibleDescription() == fr.CONSULTATION.otoscope_picture
    talking.press("mirror_picture")
    assert talking.find("mirror_picture").accessibleName() == fr.CONSULTATION.picture_unmirror
    talking.press("mirror_picture")
    assert talking.find("mirror_picture").accessibleName() == fr.CONSULTATION.picture_mirror


def test_ending_asks_first(talking: Desk) -> None:
    talking.press("end")
    talking.press("end_continue")
    assert "end_consultation" not in talking.kiosk.asked
    assert talking.window.name == "consultation"


def test_a_tampered_call_offers_a_new_link_and_says_when_it_failed(talking: Desk) -> None:
    talking.kiosk.set_call(replace(talking.kiosk.call, phase=CallPhase.TAMPERED))
    talking.settle()
    assert _screen(talking).title.text() == fr.CONSULTATION.steps[Step.TAMPERED]
    talking.press("new_link")
    talking.press("new_link_confirm")
    talking.qtbot.waitUntil(lambda: talking.is_shown("notice"), timeout=10_000)
    assert fr_first.COMMON.not_done in _words(talking.find("notice"))
