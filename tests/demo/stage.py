"""Everything around the kiosk: instruments, cameras, sound, a FHIR server and a line that can be cut."""

import socket
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from kiosk.pin import hash_pin
from tests.demo.processes import Control, Process, python

PIN = "2580"
_CONFIG = """\
[site]
name = "Pharmacie de la Gare (TEST)"
finess = "990000001"
organization_id = "1990000001"
location_name = "Cabine de téléconsultation 01 (TEST)"
help_phone = "05 55 00 00 00"

[kiosk]
id = "FE-ED-AB-EE-DE-AD-77-01"
name = "Cabine 01"
data_dir = "data"
technician_pin = "{pin}"
selftest_at = ""

[physician]
rpps = "99900000011"
family = "TEST-MEDECIN"
given = "Camille"

[fhir]
base_url = "{fhir}"
ca_file = "{fhir_ca}"
timeout_s = 10

[rendezvous]
port = {port}

[call]
include_loopback = true

[devices]
expected = ["oximeter", "cuff", "thermometer", "otoscope", "stethoscope"]
units = ["OX-0001", "BP-0001", "TH-0001"]
"""


class Stage:
    """Use as a context manager; `kiosk()` then starts a kiosk on it, as often as one is killed."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.config = directory / "telecabine.toml"
        self.port = _free_port()
        self._announced: dict[str, dict[str, object]] = {}
        self._stack = ExitStack()

    def __enter__(self) -> "Stage":
        self.instruments = self._simulator("instruments")
        self.media = self._simulator("media")
        server = self._start("fhir-server", "tests.fakes.fhir_server", "--dir", str(self.directory / "fhir"))
        self.fhir_url, self.fhir_ca = str(server["url"]), Path(str(server["ca"]))
        line = self._start(
            "fhir-line", "tests.fakes.fhir_faults", "--upstream", self.fhir_url,
            "--upstream-ca", str(self.fhir_ca), "--dir", str(self.directory),
        )  # fmt: skip
        self.line = Control(("127.0.0.1", int(str(line["control"]))))
        self._stack.callback(self.line.close)
        self.config.write_text(
            _CONFIG.format(pin=hash_pin(PIN), fhir=line["url"], fhir_ca=line["ca"], port=self.port),
            encoding="utf-8",
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def kiosk(self, display: str = "", show_link: bool = False) -> Process:
        """The real program, as an installer starts it."""
        env = {**self._env, "QT_QPA_PLATFORM": "xcb", "DISPLAY": display} if display else self._env
        command = python(
            "kiosk", "--config", str(self.config), "kiosk", *(["--show-link"] if show_link else [])
        )
        kiosk = Process("kiosk", command, self.directory, env, to_terminal=show_link)
        self._stack.callback(kiosk.stop)
        return kiosk

    @property
    def _env(self) -> dict[str, str]:
        """Where the simulated Bluetooth, cameras and sound are to be found."""
        bus = {"DBUS_SYSTEM_BUS_ADDRESS": str(self._announced["instruments"]["bus"])}
        return {**bus, **{name: str(value) for name, value in self._announced["media"].items()}}

    def _simulator(self, name: str) -> Control:
        path = self.directory / f"{name}.sock"
        self._start(name, f"tests.fakes.{name}", "--control", str(path))
        control = Control(path)
        self._stack.callback(control.close)
        return control

    def _start(self, name: str, module: str, *arguments: str) -> dict[str, object]:
        process = Process(name, python(module, *arguments), self.directory, announces=True)
        self._stack.callback(process.stop)
        self._announced[name] = process.announced
        return process.announced


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("0.0.0.0", 0))
        return int(probe.getsockname()[1])
