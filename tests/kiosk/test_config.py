"""A malformed or incomplete configuration file gives one sentence with file, line and key."""

from pathlib import Path

import pytest

from kiosk.config import ConfigError, load_config

GOOD = """\
[site]
name = "Pharmacie TEST"
finess = "990000001"
organization_id = "1990000001"

[kiosk]
id = "FE-ED-AB-EE-DE-AD-77-01"
name = "Cabine 01"
data_dir = "data"

[physician]
rpps = "99900000011"
family = "TEST-MEDECIN"

[fhir]
base_url = "https://localhost:8443/fhir"
timeout_s = 5

[devices]
expected = ["oximeter", "cuff"]
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "telecabine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def failure(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, text))
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert str(tmp_path / "telecabine.toml") in sentence
    return sentence


def test_a_good_file_is_typed_and_its_paths_are_relative_to_it(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, GOOD))
    assert config.kiosk.data_dir == tmp_path / "data"
    assert (config.kiosk.tpm2_device, config.kiosk.copy_dir) == ("auto", None)
    assert config.fhir.timeout_s == 5.0
    assert config.devices.expected == ("oximeter", "cuff")
    assert config.rendezvous.embedded


@pytest.mark.parametrize(
    ("word", "folder"), [("", None), ("copies", "copies"), ("/srv/copies", "/srv/copies")]
)
def test_the_copies_go_where_the_file_says(tmp_path: Path, word: str, folder: str | None) -> None:
    config = load_config(write(tmp_path, GOOD.replace("[kiosk]", f'[kiosk]\ncopy_dir = "{word}"')))
    assert config.kiosk.copy_dir == (folder and tmp_path / folder)


def test_a_unit_without_a_name_is_refused(tmp_path: Path) -> None:
    """It would be every instrument that says no serial number."""
    assert "devices.units" in failure(tmp_path, GOOD + 'units = ["TH-0001", " "]\n')
    config = load_config(write(tmp_path, GOOD + 'units = ["TH-0001", "C0:0B:00:00:00:01"]\n'))
    assert config.devices.units == ("TH-0001", "C0:0B:00:00:00:01")


def test_a_part_that_no_text_can_mean_is_named(tmp_path: Path) -> None:
    assert "devices.stethoscope: must be" in failure(tmp_path, GOOD + 'stethoscope = "usb:d8c:14"\n')
    same = GOOD + 'otoscope = "usb:0c45:6340"\nface_camera = "usb:0c45:6340"\n'
    assert "devices.otoscope: names the same part as devices.face_camera" in failure(tmp_path, same)
    config = load_config(write(tmp_path, GOOD + 'stethoscope = "0d8c:0014"\n'))
    assert config.devices.stethoscope == "0d8c:0014"


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ('stethoscope_stream = "10c4:ea60"', 'stethoscope_stream: must be "usb:10c4:ea60:SERIAL"'),
        ('stethoscope_stream = "usb:10c4:ea60"', 'stethoscope_stream: must be "usb:10c4:ea60:SERIAL"'),
        ('stethoscope_stream = "ble:c0:5d:0:0:0:1"', 'stethoscope_stream: must be "usb:10c4:ea60:SERIAL"'),
        ('stethoscope_stream = "usb:10c4:ea60:1"\nstethoscope = "0d8c:0014"', "stethoscope: devices.steth"),
        ('stethoscope_stream = "ble:C0:5D:00:00:00:01"\nbluetooth = false', "stethoscope_stream: needs"),
        ("stethoscope_rate_hz = 2000", "stethoscope_rate_hz: must be 4000 to 48000"),
        ("stethoscope_rate_hz = 8000", "stethoscope_baud: must be 160000 to 4000000 for 8000"),
        ("stethoscope_baud = 57600", "stethoscope_baud: must be 80000 to"),
        ('stethoscope_characteristic = "2A37"', "stethoscope_characteristic: must be a full UUID"),
        ('stethoscope_rate_hz = "4000"', "stethoscope_rate_hz must be a whole number"),
    ],
)
def test_a_board_that_cannot_be_meant_is_named(tmp_path: Path, said: str, complaint: str) -> None:
    assert f"devices.{complaint}" in failure(tmp_path, f"{GOOD}{said}\n")


def test_a_board_is_named_by_its_number_or_its_address(tmp_path: Path) -> None:
    for name in ("usb:10c4:ea60:AB 12", "usb:1a86:7523:1-1.2", "ble:C0:5D:00:00:00:01"):
        assert load_config(write(tmp_path, f'{GOOD}stethoscope_stream = "{name}"\n'))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.toml: cannot be read"):
        load_config(tmp_path / "absent.toml")


def test_broken_toml_tells_the_line(tmp_path: Path) -> None:
    assert "telecabine.toml:2: not valid" in failure(tmp_path, '[site]\nname = "Pharmacie')
    assert "telecabine.toml:2: not valid" in failure(tmp_path, "[site]\nname = oui\n[kiosk]\n")


def test_a_missing_key_names_section_and_line(tmp_path: Path) -> None:
    sentence = failure(tmp_path, GOOD.replace('finess = "990000001"\n', ""))
    assert "telecabine.toml:1: site.finess is missing" in sentence


def test_a_missing_section_names_its_first_key(tmp_path: Path) -> None:
    sentence = failure(tmp_path, GOOD.replace("[physician]", "[devices2]").replace("[devices]", "[call]"))
    assert "unknown section [devices2]" in sentence


def test_a_wrong_type_tells_file_line_and_key(tmp_path: Path) -> None:
    sentence = failure(tmp_path, GOOD.replace("timeout_s = 5", 'timeout_s = "five"'))
    assert "telecabine.toml:17: fhir.timeout_s must be a number" in sentence


def test_the_record_never_travels_in_the_clear(tmp_path: Path) -> None:
    sentence = failure(tmp_path, GOOD.replace("https://", "http://"))
    assert "telecabine.toml:16: fhir.base_url must begin with https://" in sentence


def test_an_unknown_key_is_not_ignored(tmp_path: Path) -> None:
    sentence = failure(tmp_path, GOOD.replace("[devices]", "[devices]\nblutooth = true"))
    assert "telecabine.toml:20: unknown key devices.blutooth" in sentence


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "telecabine.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_config(path)


def test_a_section_that_is_a_value_is_refused(tmp_path: Path) -> None:
    assert "site must be a section" in failure(tmp_path, 'site = "Pharmacie"\n')


def test_the_hour_of_the_self_test_is_an_hour(tmp_path: Path) -> None:
    assert load_config(write(tmp_path, GOOD)).kiosk.selftest_at == "06:30"
    for bad in ('"6:30"', '"24:00"', '"half past six"', '"06:60"'):
        sentence = failure(tmp_path, GOOD.replace("[physician]", f"selftest_at = {bad}\n[physician]"))
        assert 'telecabine.toml:11: kiosk.selftest_at must be an hour like "06:30"' in sentence
    assert "must be text" in failure(
        tmp_path, GOOD.replace("[physician]", "selftest_at = 06:30:00\n[physician]")
    )
    never = GOOD.replace("[physician]", 'selftest_at = ""\n[physician]')
    assert load_config(write(tmp_path, never)).kiosk.selftest_at == ""


OAUTH = """\
token_url = "https://auth.example.org/token"
client_id = "kiosk-77"
client_key_file = "client.pem"
client_key_id = "2026-11"
"""


def with_fhir(lines: str) -> str:
    return GOOD.replace("timeout_s = 5\n", lines)


def test_a_token_server_is_asked_as_the_file_says(tmp_path: Path) -> None:
    client = load_config(write(tmp_path, with_fhir(OAUTH))).fhir.client()
    assert client is not None
    assert (client.token_url, client.client_id) == ("https://auth.example.org/token", "kiosk-77")
    assert (client.key_file, client.key_id) == (tmp_path / "client.pem", "2026-11")
    assert client.scope == "system/*.crus"
    narrow = load_config(write(tmp_path, with_fhir(OAUTH + 'scope = "system/*.write"\n'))).fhir.client()
    assert narrow is not None and narrow.scope == "system/*.write"
    assert load_config(write(tmp_path, GOOD)).fhir.client() is None


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (OAUTH.replace("https://", "http://"), "17: fhir.token_url must begin with https://"),
        (OAUTH + 'token_file = "t"\n', "21: fhir.token_file cannot be used beside fhir.token_url"),
        (OAUTH.replace('client_id = "kiosk-77"\n', ""), "15: fhir.client_id is missing"),
        (OAUTH.replace('client_key_file = "client.pem"\n', ""), "15: fhir.client_key_file is missing"),
        ('client_id = "kiosk-77"\n', "17: fhir.client_id is of no use without fhir.token_url"),
        ('client_key_file = "k"\n', "17: fhir.client_key_file is of no use without fhir.token_url"),
        ('client_key_id = "k"\n', "17: fhir.client_key_id is of no use without fhir.token_url"),
        ('scope = "system/*.write"\n', "17: fhir.scope is of no use without fhir.token_url"),
        ('key_file = "k"\n', "17: fhir.key_file needs fhir.cert_file"),
    ],
)
def test_a_token_server_without_the_rest_is_told_by_line_and_key(
    tmp_path: Path, lines: str, told: str
) -> None:
    assert f"telecabine.toml:{told}" in failure(tmp_path, with_fhir(lines))
