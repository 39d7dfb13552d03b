"""The cases of the call's bench: what is done to the line, and what is wanted of the figures."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tests.bench import call_measures as measure
from tests.bench.call_content import HD30, VGA15, VGA30_TIMED
from tests.bench.call_long import long
from tests.bench.call_measures import Figures
from tests.bench.call_stage import Setting, Talk

Sides = tuple[Literal["kiosk", "chromium"], ...]
SETTLE_S, RATE_SETTLE_S, MEASURE_S = 6.0, 12.0, 20.0
_RTT_50 = 25.0  # ms each way
_CAPPED_S, _LIFT_LIMIT_S = 15.0, 30.0


@dataclass(frozen=True, slots=True)
class Want:
    """`limit` for this kiosk's figure, or (`ratio`) for it divided by Chromium's; `at_least`: not below."""

    figure: str
    limit: float
    ratio: bool = False
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    title: str
    setting: Setting
    play: Callable[[Talk], Figures]
    wants: tuple[Want, ...]
    sides: Sides = ("kiosk", "chromium")


def _on_line(**impairment: float) -> Callable[[Talk], Figures]:
    def play(talk: Talk) -> Figures:
        talk.wait(SETTLE_S)
        talk.line.set(None, **impairment)
        talk.wait(RATE_SETTLE_S)
        return measure.received(talk, MEASURE_S)

    return play


def _processor(talk: Talk) -> Figures:
    talk.wait(2 * SETTLE_S)
    return measure.cpu(talk, MEASURE_S)


def _ages(talk: Talk) -> Figures:
    talk.wait(SETTLE_S)
    return measure.ages(talk, MEASURE_S)


def _cut(seconds: float) -> Callable[[Talk], Figures]:
    def play(talk: Talk) -> Figures:
        talk.line.set(delay_ms=_RTT_50)
        talk.wait(SETTLE_S)
        return measure.back_after(talk, seconds)

    return play


def _lifted(talk: Talk) -> Figures:
    """The rate that counts is that before the cap, on the wide line."""
    talk.line.set(delay_ms=_RTT_50, rate_kbps=3000, queue_ms=400)
    talk.wait(RATE_SETTLE_S + SETTLE_S)
    wide = measure.received(talk, 5.0)
    talk.line.set(rate_kbps=500)
    talk.wait(_CAPPED_S)
    capped = measure.received(talk, 5.0)
    rates = [one["face_kbit_s"] + one["second_kbit_s"] for one in (wide, capped)]
    talk.line.set(rate_kbps=3000)
    back_s = measure.time_to_rate(talk, 0.9 * rates[0], _LIFT_LIMIT_S)
    return {"back_to_90_percent_s": back_s, "wide_kbit_s": round(rates[0]), "capped_kbit_s": round(rates[1])}


_BACK = (
    "picture_back_s", "second_back_s", "sound_back_s", "reading_back_s", "inward_picture_back_s",
    "inward_sound_back_s",
)  # fmt: skip
_BACK_WANTS = tuple(Want(figure, 1.5) for figure in _BACK)
_PLAIN, _QUICK_LOOK = Setting(VGA15), Setting(VGA15, sample_ms=50)
_BOTH: Sides = ("kiosk", "chromium")
_OURS: Sides = ("kiosk",)  # Chromium has not come back after 20 s: it need not be waited for
_CPU_WANTS = (
    Want("cpu_ms_per_frame", 0.8, ratio=True),
    Want("face_width", 1.0, ratio=True, at_least=True),  # smaller pictures are no feat
)

CASES: dict[str, Case] = {
    "cpu720": Case(
        "two 1280x720 at 30 Hz out, one in; Chromium with its own codec (VP8)",
        Setting(HD30, sample_ms=1000, bare=True), _processor, _CPU_WANTS,
    ),
    "cpu720h264": Case(
        "the same, Chromium with H264",
        Setting(HD30, sample_ms=1000, bare=True, codec="h264"), _processor, _CPU_WANTS,
    ),
    "latency": Case(
        "camera to screen, 640x480 at 30 Hz, clean line",
        Setting(VGA30_TIMED, watched=True, sample_ms=1000), _ages,
        (Want("outward_ms_p95", 1.1, ratio=True), Want("inward_ms_p95", 0.8, ratio=True)),
    ),
    "loss10": Case(
        "10 % loss, 50 ms round trip", _PLAIN, _on_line(loss=0.1, delay_ms=_RTT_50),
        (Want("voice_concealed", 0.3, ratio=True), Want("inward_voice_concealed", 0.3, ratio=True),
         Want("freezes", 1.0, ratio=True)),
    ),
    "rate500": Case(
        "500 kbit/s each way, 50 ms round trip, 400 ms queue", _PLAIN,
        _on_line(rate_kbps=500, delay_ms=_RTT_50, queue_ms=400),
        (Want("face_fps", 0.9, ratio=True, at_least=True), Want("second_fps", 0.9, ratio=True, at_least=True),
         Want("voice_concealed", 0.01), Want("ping_ms_p95", 400)),
    ),
    "rate200": Case(
        "200 kbit/s each way, 5 % loss, 50 ms round trip", _PLAIN,
        _on_line(rate_kbps=200, loss=0.05, delay_ms=_RTT_50, queue_ms=400),
        (Want("voice_concealed", 0.02), Want("reading_ms_p95", 500), Want("face_fps", 5, at_least=True)),
    ),
    "rate60": Case(
        "60 kbit/s each way, 50 ms round trip", Setting(VGA15, ping_ms=2000),
        _on_line(rate_kbps=60, delay_ms=_RTT_50, queue_ms=400),
        (Want("voice_concealed", 0.05), Want("reading_ms_p95", 2000),
         Want("inward_voice_share", 0.9, at_least=True)),
    ),
    "lifted": Case(
        "500 kbit/s for 15 s, then 3 Mbit/s again", _PLAIN, _lifted, (Want("back_to_90_percent_s", 10),),
    ),
    **{
        f"turn_{way}": Case(
            f"relay forced ({way}), the first server is dead: from the click to connected",
            Setting(VGA15, turn=way), measure.joined, (Want("joined_s", 2.0),), ("kiosk",),
        )
        for way in ("udp", "tcp", "tls")
    },
    **{
        f"cut{seconds}": Case(
            f"nothing passes for {seconds} s", _QUICK_LOOK, _cut(seconds), _BACK_WANTS, sides
        )
        for seconds, sides in ((5, _BOTH), (20, _BOTH), (45, _OURS), (180, _OURS))
    },
    "long": Case(
        "a changing line for TELECABINE_BENCH_MINUTES (60)", Setting(VGA15, sample_ms=500), long,
        (Want("rss_growth_mb", 15), Want("picture_delay_growth_ms", 50), Want("voice_delay_growth_ms", 50),
         Want("reading_delay_growth_ms", 50), Want("lips_ms_p95", 80),
         Want("inward_lips_ms_p95", 80)), ("kiosk",),
    ),
}  # fmt: skip
