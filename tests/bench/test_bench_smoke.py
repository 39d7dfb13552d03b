"""The bench's own arithmetic and files; no figure is judged here."""

import json
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import sync_playwright

from devices.catalog import by_key
from tests.bench import (
    call_content,
    decoder_pace,
    instrument_hours,
    part_call,
    part_echo,
    part_outbox,
    report,
)
from tests.bench.call_cases import CASES, Case, Want
from tests.bench.call_measures import received
from tests.bench.call_stage import talk
from tests.bench.part_wire import _left_at
from tests.bench.picture_age import read_row
from tests.fakes import pictures
from tests.fakes.frames import contec_v7_frame


def test_a_part_becomes_a_table_and_a_file(tmp_path: Path) -> None:
    begun = report.origin("outbox")
    result = part_outbox.run(tmp_path, rounds=3, patience_s=0)
    written = json.loads(report.save("outbox", begun, result, tmp_path / "out").read_text())
    assert written["command"] == "./run bench outbox"
    assert written["machine"]["cores"] >= 1
    assert written["rounds"] == 3
    for key in ("store_to_plain", "outbox_to_plain_hop", "outbox_to_plain"):
        assert written[key] > 0
        assert f"{written[key]:.2f}" in part_outbox.show(result)


def test_quantiles() -> None:
    assert report.quantile([1, 2, 3, 4, 5], 0.5) == 3
    assert report.quantile([0, 10], 0.95) == pytest.approx(9.5)
    assert report.quantile([7], 0.99) == 7
    with pytest.raises(ValueError, match="no samples"):
        report.quantile([], 0.5)


def test_growth_is_a_slope_with_its_error() -> None:
    grows = [{"hour": float(hour), "kb": 100.0 + 3 * hour} for hour in range(8)]
    assert instrument_hours.slope(grows, "kb") == {"slope": 3, "error": 0}
    jumps = [{"hour": float(hour), "kb": float(hour % 2)} for hour in range(8)]
    found = instrument_hours.slope(jumps, "kb")
    assert abs(found["slope"]) < 2 * found["error"]


def test_hours_of_every_decoder_are_played() -> None:
    played = instrument_hours.run(hours=0.002)
    assert played["devices"] == len(decoder_pace.decoding())
    assert played["readings"] and played["chunks"]


@pytest.mark.parametrize(
    ("key", "seconds"),
    [("contec_cms50_v7", 6 / 60), ("nonin_3230", 5 / 10)],
    ids=["wave", "notices"],
)
def test_a_device_is_as_fast_as_its_wave_or_its_notifications(key: str, seconds: float) -> None:
    pieces = decoder_pace.pieces_of(key)
    frames = {"contec_cms50_v7": [(contec_v7_frame(), "")] * 7, "nonin_3230": pieces[:1] * 5}[key]
    assert float(decoder_pace.device_time_s(by_key()[key], frames)) == pytest.approx(seconds)


def test_a_reading_is_matched_with_the_last_time_its_values_were_sent() -> None:
    def sent(at_s: float, device: str, spo2: int) -> dict[str, object]:
        return {"t": at_s, "device": device, "spo2": spo2, "pulse_rate": 72}

    stamps = [sent(1.0, "contec", 97), sent(9.0, "contec", 97), sent(9.5, "sig", 97), sent(9.6, "contec", 98)]
    reading = {"t": 10.0, "values": {"spo2": "97", "pulse_rate": "72"}}
    assert _left_at(reading, "contec", stamps) == 9.0
    assert _left_at({**reading, "t": 0.5}, "contec", stamps) is None


def test_the_barcode_is_read_from_a_scaled_picture() -> None:
    image = np.zeros((pictures.HEIGHT, pictures.WIDTH, 3), dtype=np.uint8)
    pictures.stamp_barcode(image, 0xA5C3_0F96)
    wide = np.repeat(image, 2, axis=1)
    assert read_row(wide[8, :, 1], x=0, width=2 * pictures.WIDTH) == 0xA5C3_0F96


def test_the_barcode_of_the_engine_is_the_one_of_the_camera() -> None:
    planes = call_content.stamped(call_content.loop(call_content.VGA15)[0], 0x5A3C_F069)
    assert read_row(planes[8], x=0, width=640) == 0x5A3C_F069


def test_a_case_is_judged_by_its_medians() -> None:
    wants = (Want("a", 0.5, ratio=True), Want("b", 5, at_least=True))
    case = Case("a case", CASES["loss10"].setting, lambda _: {}, wants)
    samples = {"kiosk": {"a": [1.0, 2.0, 9.0], "b": [4.0]}, "chromium": {"a": [4.0], "b": [0.0]}}
    verdicts = part_call.judged(case, samples)["wanted"]
    assert [(verdict["value"], verdict["met"]) for verdict in verdicts] == [(0.5, True), (4.0, False)]
    samples["chromium"]["a"] = [0.0]
    assert not part_call.judged(case, samples)["wanted"][0]["met"]


def test_an_echo_is_measured_in_a_room_and_without_a_canceller_nothing_is_taken_out() -> None:
    result = part_echo.run(rooms=(part_echo.Room(80, 300),), seeds=(3,))
    plain, *_, guard = (result["worst"][way] for way in part_echo.WAYS)
    assert plain["reduction_db"] == pytest.approx(0, abs=0.1)
    assert guard["reduction_db"] > 20
    assert f"{guard['reduction_db']:.1f}" in part_echo.show(result)


@pytest.mark.parametrize("side", ["kiosk", "chromium"])
def test_a_call_over_the_line_is_measured_on_both_sides(side: str) -> None:
    with sync_playwright() as playwright, talk(side, playwright, CASES["loss10"].setting) as running:
        figures = received(running, 1.5)
        assert min(way["packets"] for way in running.line.counters().values()) > 100
    assert figures["face_fps"] > 0
    assert figures["voice_concealed"] < 1
    assert 0 < figures["reading_ms_p95"] < 5000
    assert 0 < figures["ping_ms_p95"] < 5000
    assert figures["inward_fps"] > 0
    assert figures["inward_voice_share"] > 0
