"""What is measured on a running call: the same questions to the same page code on both sides."""

import time
from collections.abc import Sequence

from tests.bench.browsing import cpu_s
from tests.bench.call_stage import Seen, Sums, Talk, now_ms
from tests.bench.report import quantile

Figures = dict[str, float]
VOICE, FACE, SECOND = "0", "1", "2"
BACK_LIMIT_S = 30.0
NEVER_S = 999.0  # in a figure of seconds: it did not happen within the limit
_RATE_LOOK_S = 0.5


def grown(before: Sums, after: Sums, section: str, name: str) -> float:
    return float(after.get(section, {}).get(name, 0) - before.get(section, {}).get(name, 0))


def received(talk: Talk, seconds: float) -> Figures:
    """Voice, pictures, readings and round trips over `seconds`, as the physician's page has them."""
    before, voice_before, began_ms = talk.sums(), talk.inward_voice(), now_ms()
    connections = talk.connections()
    talk.wait(seconds)
    after, took_s = talk.sums(), (now_ms() - began_ms) / 1000
    return {
        **_voice(before, after),
        **_pictures(before, after, took_s),
        **_data(talk, began_ms),
        **_inward(talk.inward(began_ms), voice_before, talk.inward_voice(), took_s),
        "rebuilt": talk.connections() - connections,
    }


def _voice(before: Sums, after: Sums) -> Figures:
    total = grown(before, after, VOICE, "totalSamplesReceived")
    concealed = grown(before, after, VOICE, "concealedSamples")
    silent = grown(before, after, VOICE, "silentConcealedSamples")
    return {
        "voice_concealed": round(concealed / total, 4) if total else 1.0,
        "voice_concealed_heard": round((concealed - silent) / total, 4) if total else 1.0,
    }


def _pictures(before: Sums, after: Sums, took_s: float) -> Figures:
    figures: Figures = {}
    for name, section in (("face", FACE), ("second", SECOND)):
        figures[f"{name}_fps"] = round(grown(before, after, section, "framesDecoded") / took_s, 2)
        figures[f"{name}_kbit_s"] = round(
            grown(before, after, section, "bytesReceived") * 8 / 1000 / took_s, 1
        )
        figures[f"{name}_width"] = float(after.get(section, {}).get("width") or 0)
    for name, key in (("freezes", "freezeCount"), ("frozen_s", "totalFreezesDuration")):
        figures[name] = round(sum(grown(before, after, each, key) for each in (FACE, SECOND)), 2)
    figures["key_frames"] = sum(grown(before, after, each, "keyFramesDecoded") for each in (FACE, SECOND))
    return figures


def _data(talk: Talk, began_ms: float) -> Figures:
    """Readings sent again after a rebuilt connection count too: late is late."""
    readings = [entry[1] for entry in talk.noted_since("readings", began_ms)]
    pings = [entry[1] for entry in talk.noted_since("pings", began_ms)]
    return {
        "readings": len(readings),
        **_quantiles("reading_ms", readings),
        "pings": len(pings),
        **_quantiles("ping_ms", pings),
    }


def _quantiles(name: str, values: Sequence[float]) -> Figures:
    """Nothing that arrived at all is later than anything."""
    return {
        f"{name}_p50": round(quantile(values, 0.5), 1) if values else NEVER_S * 1000,
        f"{name}_p95": round(quantile(values, 0.95), 1) if values else NEVER_S * 1000,
    }


def _inward(seen: Seen, before: Figures, after: Figures, took_s: float) -> Figures:
    """A kiosk that was connected anew counts its concealment from 0 again."""
    played_s = after["played_s"] - before["played_s"]
    guessed_s = after.get("guessed_s", 0.0) - before.get("guessed_s", 0.0)
    return {
        "inward_fps": round(len(seen) / took_s, 2),
        "inward_voice_share": round(played_s / took_s, 3),
        "inward_voice_concealed": round(max(0.0, guessed_s) / played_s, 4) if played_s else 1.0,
    }


def joined(talk: Talk) -> Figures:
    return {"joined_s": talk.joined_s}


def cpu(talk: Talk, seconds: float) -> Figures:
    """Processor time of the kiosk's side for each picture that the physician's side has decoded."""
    before, began, cpu_before = talk.sums(), time.perf_counter(), cpu_s(talk.process)
    talk.wait(seconds)
    used_s, took_s = cpu_s(talk.process) - cpu_before, time.perf_counter() - began
    after = talk.sums()
    frames = sum(grown(before, after, section, "framesDecoded") for section in (FACE, SECOND))
    figures = _pictures(before, after, took_s)
    chosen = {
        key: figures[key] for key in ("face_fps", "second_fps", "face_kbit_s", "second_kbit_s", "face_width")
    }
    return {
        "cpu_ms_per_frame": round(used_s * 1000 / frames, 3) if frames else NEVER_S,
        "cores": round(used_s / took_s, 3),
        **chosen,
    }


def ages(talk: Talk, seconds: float) -> Figures:
    """From the camera's time in the picture to the moment it is shown (kiosk inward: put into its slot)."""
    began_ms = now_ms()
    talk.wait(seconds)
    inward = [age for _, age in talk.inward(began_ms)]
    return {
        **_quantiles("outward_ms", _sane(talk.ages_since("face", began_ms))),
        **_quantiles("inward_ms", _sane(inward)),
    }


def _sane(values: Sequence[float]) -> list[float]:
    """Absurd ages are codes that could not be read."""
    return [age for age in values if 0 <= age < 5000]


def back_after(talk: Talk, cut_s: float) -> Figures:
    """Seconds from the line's return until each kind is there again; NEVER_S when not within the limit."""
    talk.line.cut(True)
    talk.wait(cut_s)
    began_ms, connections = now_ms(), talk.connections()
    talk.line.cut(False)
    deadline = time.monotonic() + BACK_LIMIT_S
    while (found := _returned(talk, began_ms)) and NEVER_S in found.values() and time.monotonic() < deadline:
        talk.wait(0.5)
    return {**found, "rebuilt": talk.connections() - connections}


def _returned(talk: Talk, began_ms: float) -> Figures:
    moved, sounds = talk.noted_since("moved", began_ms), talk.noted_since("sounds", began_ms)
    times = {
        "picture_back_s": [at for at, section in moved if section == int(FACE)],
        "second_back_s": [at for at, section in moved if section == int(SECOND)],
        "sound_back_s": [at for at, section in sounds if section == int(VOICE)],
        "reading_back_s": [at for at, *_ in talk.noted_since("readings", began_ms)],
        "inward_picture_back_s": [at for at, _ in talk.inward(began_ms)],
        "inward_sound_back_s": talk.inward_sounds(began_ms),
    }
    return {name: round((min(at) - began_ms) / 1000, 2) if at else NEVER_S for name, at in times.items()}


def time_to_rate(talk: Talk, wanted_kbit_s: float, limit_s: float) -> float:
    """Seconds until two seconds in a row bring this much of both pictures; NEVER_S when not in time."""
    began, samples = time.monotonic(), [(time.monotonic(), _picture_bytes(talk))]
    while (now_s := time.monotonic()) - began < limit_s:
        talk.wait(_RATE_LOOK_S)
        samples.append((time.monotonic(), _picture_bytes(talk)))
        window = [sample for sample in samples if sample[0] >= samples[-1][0] - 2.1]
        (first_s, first), (last_s, last) = window[0], window[-1]
        if last_s - first_s > 1.5 and (last - first) * 8 / 1000 / (last_s - first_s) >= wanted_kbit_s:
            return round(first_s - began, 1)
    return NEVER_S if now_s else 0.0


def _picture_bytes(talk: Talk) -> float:
    sums = talk.sums()
    return sum(float(sums.get(section, {}).get("bytesReceived", 0)) for section in (FACE, SECOND))
