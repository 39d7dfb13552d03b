"""The whole session, played: refuse once, consent, measure, cut the line, kill, resume, close, deliver."""

import json
import ssl
import time
import urllib.request
from pathlib import Path
from typing import Any

from tests.demo import table
from tests.demo.helper import Helper, kept, wait_ready
from tests.demo.physician import Physician
from tests.demo.processes import DemoError, Process
from tests.demo.screen import Screen
from tests.demo.stage import PIN, Stage

CUT_S = 60.0
DELIVERY_S = 180.0
COUNTED = (
    "Organization", "Location", "Practitioner", "Device", "Patient", "Encounter", "Consent", "Observation",
    "Media", "DocumentReference",
)  # fmt: skip


def play(directory: Path, output: Path) -> int:
    """Returns 0 when every reading was captured, seen and delivered once."""
    started_s = time.monotonic()
    screen = Screen(directory)
    try:
        with Stage(directory) as stage:
            problems = _Session(stage, screen, output).run()
    finally:
        screen.stop()
    for problem in problems:
        print(f"MISMATCH: {problem}")
    print(
        f"{len(list(output.glob('*.png')))} pictures in {output.name}/; {time.monotonic() - started_s:.0f} s"
    )
    return 1 if problems else 0


class _Session:
    def __init__(self, stage: Stage, screen: Screen, output: Path) -> None:
        self.stage = stage
        self.helper = Helper(screen, output)
        self.output = output
        self.problems: list[str] = []
        self.kiosk = self._start(1)

    def run(self) -> list[str]:
        self.helper.look("welcome")
        self._refuse_once()
        self._receive()
        with Physician(self.helper.link()) as physician:
            physician.page.wait_for_selector("#precheck:not([hidden])")
            physician.picture(self.output / "physician-0-invited.png")
            physician.join()
            self._measure(physician)
            self._cut_and_kill(physician)
            self._measure_again(physician)
            seen = self._close(physician)
        self._check(seen)
        self.stage.media.do("plug_speaker")
        self.helper.technician(PIN)
        return self.problems

    def _start(self, times: int) -> Process:
        kiosk = self.stage.kiosk(self.helper.screen.display)
        wait_ready(kiosk, times)
        time.sleep(3)  # instruments show up
        return kiosk

    def _refuse_once(self) -> None:
        _say("a first patient refuses: nothing may be sent")
        self.helper.begin()
        self.helper.identify()
        self.helper.refuse()
        self._expect("patients on the server after a refusal", self._count("Patient"), 0)

    def _receive(self) -> None:
        _say("a patient is received and consents")
        self.helper.begin()
        self.helper.identify()
        self.helper.accept()
        self.helper.look("waiting-for-physician")

    def _measure(self, physician: Physician) -> None:
        _say("the physician joins; every instrument measures")
        physician.page.get_by_test_id("words-same").click()
        physician.wait_for_reading("oximeter", set())
        instruments = self.stage.instruments
        instruments.do("old_bp", systolic=177, diastolic=99)
        physician.page.wait_for_timeout(3000)
        self.helper.look("old-reading-set-aside")
        self._pressure(physician, 128, "cuff-inflating")
        self._temperature(physician, "37.2")
        self._otoscope(physician)
        self._stethoscope(physician)
        self.helper.look("consultation")
        physician.picture(self.output / "physician-3-readings.png")

    def _pressure(self, physician: Physician, systolic: int, name: str) -> None:
        before = set(physician.seen())
        self.stage.instruments.do("measure_bp", systolic=systolic, diastolic=78)
        physician.page.wait_for_timeout(2500)
        self.helper.look(name)
        physician.wait_for_reading("cuff", before)

    def _temperature(self, physician: Physician, celsius: str) -> None:
        before = set(physician.seen())
        self.stage.instruments.do("measure_temperature", celsius=celsius)
        physician.wait_for_reading("thermometer", before)

    def _otoscope(self, physician: Physician) -> None:
        before = set(physician.seen())
        physician.page.get_by_test_id("otoscope-switch").click()
        physician.wait_for_frames("otoscope-video", 30)
        physician.picture(self.output / "physician-1-otoscope.png")
        self.helper.look("otoscope")
        physician.page.get_by_test_id("otoscope-keep").click()
        physician.wait_for_reading("otoscope", before)
        physician.page.get_by_test_id("otoscope-freeze").click()  # back to the live picture
        physician.page.get_by_test_id("otoscope-switch").click()

    def _stethoscope(self, physician: Physician) -> None:
        before = set(physician.seen())
        physician.page.get_by_test_id("stethoscope-switch").click()
        physician.picture(self.output / "physician-2-headphones.png")
        physician.page.get_by_test_id("headphones-on").click()
        physician.page.wait_for_timeout(1500)
        physician.page.get_by_test_id("stethoscope-record").click()
        physician.wait_for_reading("stethoscope", before)
        physician.page.get_by_test_id("stethoscope-switch").click()

    def _cut_and_kill(self, physician: Physician) -> None:
        _say("the line to the record's server is cut; the oximeter is unplugged; the kiosk is killed")
        self.stage.line.do("cut")
        cut_at_s = time.monotonic()
        instruments = self.stage.instruments
        instruments.do("corrupt", frames=5)
        instruments.do("finger_out")
        physician.page.wait_for_timeout(4000)
        instruments.do("finger_in")
        instruments.do("unplug")
        physician.page.wait_for_timeout(3000)
        self.helper.look("oximeter-unplugged")
        instruments.do("replug", node="ttyUSB1")
        self._pressure(physician, 133, "line-cut")
        self.kiosk.kill()
        physician.wait_for("reconnecting")
        physician.picture(self.output / "physician-4-kiosk-killed.png")
        self.kiosk = self._start(2)
        self.helper.resume()
        physician.wait_for("connected")
        self.helper.look("resumed")
        physician.page.wait_for_timeout(max(0.0, CUT_S - (time.monotonic() - cut_at_s)) * 1000)
        self.stage.line.do("restore")

    def _measure_again(self, physician: Physician) -> None:
        _say("the line is back; more readings")
        self._pressure(physician, 126, "after-resume")
        self._temperature(physician, "36.9")

    def _close(self, physician: Physician) -> set[str]:
        _say("the session is closed and everything delivered")
        self.helper.end()
        physician.wait_for("ended")
        physician.picture(self.output / "physician-5-ended.png")
        seen = set(physician.seen())
        self.helper.look("closing")
        self._wait_delivered()
        self.helper.look("closing-delivered")
        self.helper.finish()
        self.helper.look("welcome-again")
        return seen

    def _wait_delivered(self) -> None:
        deadline = time.monotonic() + DELIVERY_S
        while not any(e["status"] == "finished" for e in self._all("Encounter")):
            if time.monotonic() > deadline:
                raise DemoError("the session was not delivered to the server")
            time.sleep(0.5)

    def _check(self, seen: set[str]) -> None:
        observations, media = self._all("Observation"), self._all("Media")
        lines = table.account(self._frames_sent(), kept(self.kiosk), seen, [*observations, *media])
        print(table.show(lines))
        self.problems += [f"{line.instrument}: {line}" for line in lines if not line.good]
        counts = {each: self._count(each) for each in COUNTED}
        print("on the FHIR server: " + ", ".join(f"{number} {each}" for each, number in counts.items()))
        for each in ("Patient", "Encounter", "Consent", "DocumentReference"):
            self._expect(each, counts[each], 1)
        systolics = sorted(c for o in observations for c in _systolic(o))
        temperatures = sorted(o["valueQuantity"]["value"] for o in observations if _has(o, "8310-5"))
        self._expect("temperatures on the server", temperatures, [36.9, 37.2])
        self._expect("blood pressures on the server, the old one not among them", systolics, [126, 128, 133])

    def _frames_sent(self) -> dict[str, int]:
        played, media = self.stage.instruments.do("stats"), self.stage.media.do("stats")
        return {
            "contec_cms50_v7": played["contec"]["frames_sent"],
            "sig_pulse_oximeter": played["oximeter"]["frames_sent"],
            "sig_blood_pressure": played["cuff"]["frames_sent"],
            "sig_thermometer": played["thermometer"]["frames_sent"],
            "uvc_otoscope": media["cameras"]["otoscope"]["sent"],
            "usb_stethoscope": round(sum(media["played_s"].values()) * 50),
        }

    def _expect(self, what: str, found: object, wanted: object) -> None:
        if found != wanted:
            self.problems.append(f"{what}: {found} instead of {wanted}")

    def _count(self, resource_type: str) -> int:
        return int(self._get(f"{resource_type}?_count=1")["total"])

    def _all(self, resource_type: str) -> list[dict[str, Any]]:
        return [entry["resource"] for entry in self._get(f"{resource_type}?_count=5000").get("entry", [])]

    def _get(self, path: str) -> dict[str, Any]:
        trust = ssl.create_default_context(cafile=str(self.stage.fhir_ca))
        with urllib.request.urlopen(f"{self.stage.fhir_url}/{path}", context=trust, timeout=30) as answer:
            document: dict[str, Any] = json.load(answer)
        return document


def _systolic(observation: dict[str, Any]) -> list[float]:
    return [c["valueQuantity"]["value"] for c in observation.get("component", []) if _has(c, "8480-6")]


def _has(part: dict[str, Any], code: str) -> bool:
    return any(coding["code"] == code for coding in part["code"]["coding"])


def _say(what: str) -> None:
    print(f"- {what}", flush=True)
