"""The self-test against the simulators: all green, then one fault at a time, each one red line.

One set-up for all. Each fault is looked for where it can be seen: what is plugged in, or
what is elsewhere (the machine itself: test_machine.py). The whole report is made twice.
"""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from kiosk.__main__ import main
from kiosk.config import Config, RendezvousConfig
from kiosk.devices_config import DevicesConfig
from kiosk.meeting import Meeting
from kiosk.rendezvous.server import Rendezvous
from kiosk.rendezvous.settings import RendezvousSettings
from kiosk.rendezvous.tls import self_signed, server_context
from kiosk.rendezvous.turn import TurnSettings
from kiosk.selftest.alone import _check_senses
from kiosk.selftest.causes import name_once
from kiosk.selftest.chosen import ALWAYS
from kiosk.selftest.instruments import PARTS
from kiosk.selftest.report import Check, Part, Problem, Verdict
from kiosk.selftest.servers import check_servers
from tests.fakes import turn_server
from tests.fakes.call_bench import PAGE_DIR
from tests.fakes.cut_off import run_cut_off
from tests.fakes.fhir_server import FhirServer, fhir_server, free_port
from tests.kiosk.selftest.found import Found, reds
from tests.kiosk.simulators import Simulators, simulators
from tests.kiosk.whole import config_in

SECONDS = 3.0
OWNED = ("oximeter", "cuff", "thermometer", "otoscope", "stethoscope")
NOT_THERE = {Part.TURN, Part.PRINTER, Part.UNKNOWN} | {
    part for kind, part in PARTS.items() if kind not in (*OWNED, *ALWAYS)
}  # not every site has them, and this one does not
TOKEN = "the-kiosks-token-at-the-rendezvous"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FhirServer]:
    with fhir_server(tmp_path_factory.mktemp("sekmet")) as running:
        yield running


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulators]:
    with simulators(tmp_path_factory.mktemp("stage")) as running:
        running.media.do("plug_speaker")
        yield running


@pytest.fixture
def config(server: FhirServer, tmp_path: Path) -> Config:
    usual = config_in(tmp_path, devices=DevicesConfig(expected=OWNED), rendezvous=RendezvousConfig(port=0))
    return replace(usual, fhir=replace(usual.fhir, base_url=server.url, ca_file=server.ca))


# The whole report.


def run_selftest(
    config: Config, directory: Path, *options: str, owned: tuple[str, ...] = OWNED, bluetooth: bool = True
) -> int:
    """The command, with the same settings as an installer writes them."""
    path = directory / "telecabine.toml"
    path.write_text(
        f'[site]\nname = "TEST"\nfiness = "990000001"\norganization_id = "1990000001"\n'
        f'[kiosk]\nid = "{config.kiosk.id}"\nname = "Cabine 01"\ndata_dir = "data"\n'
        f'[physician]\nrpps = "99900000011"\nfamily = "TEST-MEDECIN"\n'
        f'[fhir]\nbase_url = "{config.fhir.base_url}"\nca_file = "{config.fhir.ca_file}"\n'
        f"[rendezvous]\nport = 0\n"
        f"[devices]\nexpected = {json.dumps(owned)}\nbluetooth = {json.dumps(bluetooth)}\n"
        f'units = ["OX-0001", "BP-0001", "TH-0001"]\n'
    )
    return main(["--config", str(path), "selftest", "--seconds", str(SECONDS), *options])


def test_the_command_is_green_when_everything_works(
    stage: Simulators, config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run_selftest(config, tmp_path, "--json")
    report = json.loads(capsys.readouterr().out)
    assert {check["part"] for check in report["checks"]} >= set(Part) - NOT_THERE
    assert [check for check in report["checks"] if check["verdict"] == "red"] == []
    assert (code, report["verdict"]) == (0, "green")
    verdicts = {check["part"]: check["verdict"] for check in report["checks"]}
    for part in (Part.SPEAKER, Part.MICROPHONE, Part.FACE_CAMERA, Part.LINE, Part.DISK):
        assert verdicts[part] == "green"


def test_the_command_fails_and_says_what_to_do(
    stage: Simulators, config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with broken(stage, "speaker muted"):
        code = run_selftest(config, tmp_path, owned=(), bluetooth=False)
    (red,) = (line for line in capsys.readouterr().out.splitlines() if "En panne" in line)
    assert code == 1
    assert "Haut-parleur" in red and "Montez le volume" in red


# What is plugged in.

FACE = {"camera": "face"}
HARMS: dict[str, tuple[str, str, str, dict[str, str]]] = {
    "otoscope stalls": ("media", "stall_camera", "resume_camera", {}),
    "face camera unplugged": ("media", "unplug_camera", "plug_camera", FACE),
    "face camera frozen": ("media", "freeze_camera", "mend_camera", FACE),
    "face camera covered": ("media", "cover_camera", "mend_camera", FACE),
    "stethoscope removed": ("media", "remove_stethoscope", "restore_stethoscope", {}),
    "contec unplugged": ("instruments", "unplug", "replug", {}),
    "contec silent": ("instruments", "silence", "mend", {}),
    "contec garbled": ("instruments", "corrupt", "mend", {"frames": "100000"}),
    "bluetooth off": ("instruments", "bluetooth_off", "bluetooth_on", {}),
    "microphone muted": ("media", "mute_microphone", "unmute_microphone", {}),
    "speaker muted": ("media", "mute_speaker", "unmute_speaker", {}),
    "speaker without its cable": ("media", "unplug_speaker", "plug_speaker", {}),
    "no sound server": ("media", "stop_sound", "start_sound", {}),
}


@contextmanager
def broken(stage: Simulators, fault: str) -> Iterator[None]:
    """One fault, mended afterwards."""
    who, harm, mend, arguments = HARMS[fault]
    control = getattr(stage, who)
    control.do(harm, **arguments)
    try:
        yield
    finally:
        control.do(mend, **arguments)


@pytest.mark.parametrize(
    ("fault", "owned", "bluetooth", "found"),
    [
        ("otoscope stalls", OWNED, False, (Part.OTOSCOPE, Problem.NOT_WORKING)),
        ("face camera unplugged", (), False, (Part.FACE_CAMERA, Problem.NOT_FOUND)),
        ("face camera frozen", (), False, (Part.FACE_CAMERA, Problem.FROZEN)),
        ("stethoscope removed", ("stethoscope",), False, (Part.STETHOSCOPE, Problem.NOT_FOUND)),
        ("contec unplugged", ("oximeter",), False, (Part.OXIMETER, Problem.NOT_FOUND)),
        ("contec silent", ("oximeter",), False, (Part.OXIMETER, Problem.NOT_FOUND)),
        ("contec garbled", ("oximeter",), False, (Part.OXIMETER, Problem.NOT_FOUND)),
        ("bluetooth off", OWNED, True, (Part.BLUETOOTH, Problem.NOT_WORKING)),
        ("microphone muted", (), False, (Part.MICROPHONE, Problem.SILENT)),
        ("speaker muted", (), False, (Part.SPEAKER, Problem.SWITCHED_OFF)),
        ("speaker without its cable", (), False, (Part.SPEAKER, Problem.NOT_HEARD)),
        ("no sound server", (), False, (Part.SPEAKER, Problem.SERVER_MISSING)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_is_plugged_in(
    stage: Simulators, config: Config, fault: str, owned: tuple[str, ...], bluetooth: bool, found: Found
) -> None:
    devices = replace(config.devices, expected=owned, bluetooth=bluetooth)
    with broken(stage, fault):
        checks = await _check_senses(replace(config, devices=devices), SECONDS)
    assert reds(checks) == [found], checks


async def test_a_dark_room_is_no_fault(stage: Simulators, config: Config) -> None:
    devices = replace(config.devices, expected=(), bluetooth=False)
    with broken(stage, "face camera covered"):
        quiet = replace(config.call, echo_cancellation=False)  # no tone: it is about the camera
        checks = await _check_senses(replace(config, devices=devices, call=quiet), SECONDS)
    assert reds(checks) == []
    assert (Part.FACE_CAMERA, Problem.DARK) in [(check.part, check.problem) for check in checks]


# What is elsewhere.


@dataclass(frozen=True)
class Elsewhere:
    """Settings with which every server is reached; `turn` is what the rendezvous hands out."""

    config: Config
    rendezvous: Rendezvous


@asynccontextmanager
async def elsewhere(config: Config, directory: Path, turn: TurnSettings) -> AsyncIterator[Elsewhere]:
    """A rendezvous on a machine of its own."""
    rendezvous = Rendezvous(
        RendezvousSettings(PAGE_DIR, directory / "far", TOKEN, host="127.0.0.1", port=0, turn=turn)
    )
    await rendezvous.start()
    url = f"https://localhost:{rendezvous.port}/"
    settings = RendezvousConfig(
        embedded=False, public_url=url, token=TOKEN, ca_file=directory / "far" / "rendezvous.crt"
    )
    try:
        yield Elsewhere(replace(config, rendezvous=settings), rendezvous)
    finally:
        await rendezvous.stop()


async def ask(config: Config) -> tuple[Check, ...]:
    return await check_servers(config, Meeting(config, PAGE_DIR).call_settings(""))


@asynccontextmanager
async def late_server(directory: Path) -> AsyncIterator[str]:
    """A FHIR server whose clock is right while ours is an hour fast."""

    async def answer(_request: web.Request) -> web.Response:
        statement = {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"}
        return web.json_response(statement, headers={"Date": "Sun, 01 Nov 2026 08:00:00 GMT"})

    app = web.Application()
    app.router.add_get("/fhir/metadata", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    context = server_context(*self_signed(directory / "late", ("localhost",)))
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    try:
        yield f"https://localhost:{runner.addresses[0][1]}/fhir"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        ("none", []),
        ("fhir down", [(Part.FHIR, Problem.UNREACHABLE)]),
        ("fhir token", [(Part.FHIR, Problem.CREDENTIAL_REFUSED)]),
        ("fhir certificate", [(Part.FHIR, Problem.CERTIFICATE)]),
        ("clock", [(Part.CLOCK, Problem.WRONG_TIME)]),
        ("rendezvous down", [(Part.RENDEZVOUS, Problem.UNREACHABLE)]),
        ("rendezvous token", [(Part.RENDEZVOUS, Problem.CREDENTIAL_REFUSED)]),
        ("relay down", [(Part.TURN, Problem.UNREACHABLE)]),
        ("relay secret", [(Part.TURN, Problem.CREDENTIAL_REFUSED)]),
    ],
)
async def test_what_is_elsewhere(config: Config, tmp_path: Path, fault: str, found: list[Found]) -> None:
    async with AsyncExitStack() as stack:
        turn = TurnSettings()
        if fault == "relay down":
            turn = TurnSettings((f"turn:127.0.0.1:{free_port()}?transport=tcp",), "x" * 20)
        elif fault in ("none", "relay secret"):
            relay = await stack.enter_async_context(turn_server.turn_server(tmp_path))
            turn = TurnSettings((relay.udp,), turn_server.SECRET if fault == "none" else "another secret")
        far = await stack.enter_async_context(elsewhere(config, tmp_path, turn))
        checks = await ask(await harmed(far, fault, tmp_path, stack))
    assert reds(checks) == found
    assert {Part.CLOCK, Part.LINE, Part.RENDEZVOUS, Part.FHIR} <= {check.part for check in checks}
    assert next(check for check in checks if check.part is Part.LINE).verdict is Verdict.GREEN
    if fault == "none":
        assert next(check for check in checks if check.part is Part.TURN).verdict is Verdict.GREEN


async def harmed(far: Elsewhere, fault: str, directory: Path, stack: AsyncExitStack) -> Config:
    config, fhir, meeting = far.config, far.config.fhir, far.config.rendezvous
    changes: dict[str, Any] = {
        "fhir down": {"fhir": replace(fhir, base_url=f"https://127.0.0.1:{free_port()}/fhir")},
        "fhir token": {"fhir": replace(fhir, token_file=directory / "absent")},
        "fhir certificate": {"fhir": replace(fhir, ca_file=None)},
        "rendezvous token": {"rendezvous": replace(meeting, token="another-token-of-another-kiosk")},
    }
    if fault == "rendezvous down":
        await far.rendezvous.stop()
    if fault == "clock":
        url = await stack.enter_async_context(late_server(directory))
        ca_file = directory / "late" / "rendezvous.crt"
        return replace(config, fhir=replace(fhir, base_url=url, ca_file=ca_file, token_file=None))
    return replace(config, **changes.get(fault, {}))


@pytest.mark.parametrize("embedded", [True, False])
def test_without_a_line_the_line_alone_is_blamed(config: Config, embedded: bool) -> None:
    fhir = replace(config.fhir, base_url="https://fhir.example.org/fhir")
    far = RendezvousConfig(embedded=False, public_url="https://rendezvous.example.org/", token=TOKEN)
    cut = replace(config, fhir=fhir, rendezvous=config.rendezvous if embedded else far)

    async def look() -> tuple[Check, ...]:
        meeting = Meeting(cut, PAGE_DIR)
        await meeting.start()
        try:
            return await check_servers(cut, meeting.call_settings(""))
        finally:
            await meeting.stop()

    told = name_once(run_cut_off(look))
    assert reds(told) == [(Part.LINE, Problem.NO_NETWORK)]
    behind = {check.part for check in told if check.because is Part.LINE}
    assert behind == ({Part.FHIR} if embedded else {Part.FHIR, Part.RENDEZVOUS, Part.TURN})
