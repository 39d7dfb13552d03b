"""The self-test against the simulators: all green, then one fault at a time, each one red line."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.config import Config, DevicesConfig, RendezvousConfig
from kiosk.selftest.alone import check_alone
from kiosk.selftest.report import Part, Problem, Report, Verdict
from tests.fakes.call_bench import PAGE_DIR
from tests.fakes.fhir_server import FhirServer, fhir_server
from tests.kiosk.simulators import Simulators, simulators
from tests.kiosk.whole import config_in

SECONDS = 3.0
LACKING = {Part.SCALE, Part.GLUCOMETER, Part.HEART_RATE_MONITOR}  # what the stage has no simulator of
OWNED = ("oximeter", "cuff", "thermometer", "otoscope", "stethoscope")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FhirServer]:
    with fhir_server(tmp_path_factory.mktemp("sekmet")) as running:
        yield running


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulators]:
    with simulators(tmp_path_factory.mktemp("stage")) as running:
        yield running


@pytest.fixture
def config(server: FhirServer, tmp_path: Path) -> Config:
    usual = config_in(tmp_path, devices=DevicesConfig(expected=OWNED), rendezvous=RendezvousConfig(port=0))
    return replace(usual, fhir=replace(usual.fhir, base_url=server.url, ca_file=server.ca))


def reds(report: Report) -> list[tuple[Part, Problem]]:
    return [(check.part, check.problem) for check in report.checks if check.verdict is Verdict.RED]


def settings_file(config: Config, directory: Path) -> Path:
    """The same settings as an installer writes them."""
    path = directory / "telecabine.toml"
    owned = json.dumps(OWNED)
    path.write_text(
        f'[site]\nname = "TEST"\nfiness = "990000001"\norganization_id = "1990000001"\n'
        f'[kiosk]\nid = "{config.kiosk.id}"\nname = "Cabine 01"\ndata_dir = "data"\n'
        f'[physician]\nrpps = "99900000011"\nfamily = "TEST-MEDECIN"\n'
        f'[fhir]\nbase_url = "{config.fhir.base_url}"\nca_file = "{config.fhir.ca_file}"\n'
        f"[rendezvous]\nport = 0\n[devices]\nexpected = {owned}\n"
    )
    return path


def run_selftest(settings: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "kiosk",
        "--config",
        str(settings),
        "selftest",
        "--seconds",
        "3",
        *options,
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=os.environ)


def test_the_command_is_green_when_everything_works(
    stage: Simulators, config: Config, tmp_path: Path
) -> None:
    done = run_selftest(settings_file(config, tmp_path), "--json")
    report = json.loads(done.stdout)
    assert {check["part"] for check in report["checks"]} == set(Part) - LACKING
    assert [check for check in report["checks"] if check["verdict"] == "red"] == []
    assert (done.returncode, report["verdict"]) == (0, "green")


def test_the_command_fails_and_says_what_to_do(stage: Simulators, config: Config, tmp_path: Path) -> None:
    stage.media.do("unplug_camera")
    try:
        done = run_selftest(settings_file(config, tmp_path))
    finally:
        stage.media.do("plug_camera")
    (red,) = (line for line in done.stdout.splitlines() if "toscope" in line and "thoscope" not in line)
    assert done.returncode == 1
    assert "ranche" in red, "what to do: plug it in"
    assert "Traceback" not in done.stderr


@contextmanager
def broken(stage: Simulators, fault: str) -> Iterator[None]:
    """One fault, mended afterwards."""
    faults = {
        "otoscope stalls": (stage.media, {"do": "stall_camera"}, {"do": "resume_camera"}),
        "face camera unplugged": (
            stage.media,
            {"do": "unplug_camera", "camera": "face"},
            {"do": "plug_camera", "camera": "face"},
        ),
        "stethoscope removed": (stage.media, {"do": "remove_stethoscope"}, {"do": "restore_stethoscope"}),
        "contec unplugged": (stage.instruments, {"do": "unplug"}, {"do": "replug"}),
        "bluetooth off": (stage.instruments, {"do": "bluetooth_off"}, {"do": "bluetooth_on"}),
    }
    control, harm, mend = faults[fault]
    control.do(harm.pop("do"), **harm)
    try:
        yield
    finally:
        control.do(mend.pop("do"), **mend)


@pytest.mark.parametrize(
    ("fault", "bluetooth", "found"),
    [
        ("otoscope stalls", False, (Part.OTOSCOPE, Problem.NOT_WORKING)),
        ("face camera unplugged", False, (Part.FACE_CAMERA, Problem.NOT_FOUND)),
        ("stethoscope removed", False, (Part.STETHOSCOPE, Problem.NOT_FOUND)),
        ("contec unplugged", False, (Part.OXIMETER, Problem.NOT_FOUND)),
        ("bluetooth off", True, (Part.BLUETOOTH, Problem.NOT_WORKING)),
    ],
)
async def test_one_fault_is_one_red_line(
    stage: Simulators, config: Config, fault: str, bluetooth: bool, found: tuple[Part, Problem]
) -> None:
    with broken(stage, fault):
        devices = replace(config.devices, bluetooth=bluetooth)
        report = await check_alone(replace(config, devices=devices), PAGE_DIR, SECONDS)
    assert reds(report) == [found]
