"""The unit, the scripts and the package's description fit together."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kiosk.config import load_config
from tests.installer.scripts import PACKAGING, ROOT

BUILT = "build/package/telecabine"


class Unit(configparser.RawConfigParser):
    def optionxform(self, optionstr: str) -> str:
        return optionstr


def service() -> configparser.SectionProxy:
    unit = Unit(strict=False, interpolation=None)
    unit.read(PACKAGING / "telecabine.service", encoding="utf-8")
    return unit["Service"]


def test_the_unit_is_watched_restarted_and_confined() -> None:
    wanted = {
        "Type": "notify",
        "NotifyAccess": "all",
        "User": "telecabine",
        "Restart": "always",
        "LimitCORE": "0",
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "StateDirectory": "telecabine",
        "StateDirectoryMode": "0700",
    }
    found = service()
    assert {key: found[key] for key in wanted} == wanted
    assert int(found["WatchdogSec"]) >= 5
    assert found["ExecStart"].startswith("/usr/bin/cage ") and "-s" not in found["ExecStart"].split()


def test_the_unit_leaves_the_sound_servers_and_compositors_sockets_reachable() -> None:
    """ProtectHome= would hide /run/user, and strict system protection makes it read-only."""
    found = service()
    assert "ProtectHome" not in found
    assert "/run/user" in found["ReadWritePaths"]
    assert {"AF_UNIX", "AF_NETLINK", "AF_BLUETOOTH"} <= set(found["RestrictAddressFamilies"].split())


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    """With programs that are there in the place of those that the package brings."""
    text = (PACKAGING / "telecabine.service").read_text(encoding="utf-8")
    copy = tmp_path / "telecabine.service"
    copy.write_text(text.replace("/usr/bin/cage", "/bin/true"), encoding="utf-8")
    shown = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", copy], capture_output=True, text=True, check=False
    )
    mine = [line for line in shown.stderr.splitlines() if "telecabine.service" in line]
    assert shown.returncode == 0 and mine == []


def test_the_package_refers_to_files_that_exist() -> None:
    text = (PACKAGING / "nfpm.yaml").read_text(encoding="utf-8")
    sources = re.findall(r"^\s+(?:- src|postinstall|preremove|postremove): (\S+)$", text, re.M)
    assert len(sources) >= 12
    assert [source for source in sources if source != BUILT and not (ROOT / source).is_file()] == []
    assert BUILT in sources


@pytest.mark.parametrize("script", ["telecabine", "postinst", "prerm", "postrm"])
def test_a_script_is_valid_shell(script: str) -> None:
    subprocess.run(["sh", "-n", PACKAGING / "debian" / script], check=True)


def test_the_example_settings_are_good() -> None:
    config = load_config(PACKAGING / "debian/telecabine.toml")
    assert config.kiosk.data_dir == Path("/var/lib/telecabine")


def test_the_kiosks_user_may_ask_the_security_chip() -> None:
    """/dev/tpmrm0 is for the group tss; systemd-creds loads these libraries when they are there."""
    postinst = (PACKAGING / "debian/postinst").read_text(encoding="utf-8")
    assert re.search(r"^    for group in .*\btss\b", postinst, re.M)
    _, _, recommends = (PACKAGING / "nfpm.yaml").read_text(encoding="utf-8").partition("recommends:")
    wanted = {"libtss2-esys-3.0.2-0", "libtss2-rc0", "libtss2-tcti-device0", "systemd", "tpm-udev"}
    assert wanted <= set(re.findall(r"^  - (\S+)$", recommends, re.M))


def test_the_licence_note_names_what_makes_the_package_gpl() -> None:
    text = (PACKAGING / "COPYRIGHT").read_text(encoding="utf-8")
    assert text.startswith("Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n")
    assert {"x264", "x265", "GPL-3.0-or-later", "Apache-2.0"} <= set(re.findall(r"[\w.-]+", text))
    used = set(re.findall(r"^License: (\S+)$", text, re.M))
    assert used <= set(re.findall(r"^License: (\S+)\n ", text, re.M))


def test_the_packaging_folder_never_hides_the_library() -> None:
    assert not (PACKAGING / "__init__.py").exists()


def test_the_windows_files_say_that_they_are_untried() -> None:
    windows = PACKAGING / "windows"
    assert "not built and not tried" in (windows / "README.md").read_text(encoding="utf-8").lower()
    ElementTree.parse(windows / "AssignedAccess.xml")
