"""The section [turn], in a kiosk's settings and alone for a rendezvous."""

from pathlib import Path

import pytest

from kiosk.__main__ import main
from kiosk.config import ConfigError, load_config, load_turn
from tests.kiosk.test_config import GOOD, write

TURN = """
[turn]
urls = ["turn:relay.example.org:3478?transport=udp", "turns:relay.example.org:443?transport=tcp"]
secret = "a-long-enough-secret"
credential_hours = 2
ca_file = "relay.pem"
"""


def test_a_good_section_becomes_settings(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, GOOD + TURN))
    assert config.turn.ca_file == tmp_path / "relay.pem"
    settings = config.turn.settings()
    assert settings.credential_life_s == 7200
    assert len(settings.urls) == 2
    assert not settings.relay_only
    assert load_turn(write(tmp_path, TURN)).settings() == settings


def test_by_default_there_is_no_server_at_all(tmp_path: Path) -> None:
    assert load_config(write(tmp_path, GOOD)).turn.settings().empty


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('urls = ["turn:relay.example.org:99999"]', "urls: turn:relay.example.org:99999: its port"),
        ('urls = ["stun:relay.example.org"]', "urls: stun:relay.example.org: belongs to stun_urls"),
        ('stun_urls = ["turn:relay.example.org"]', "stun_urls: turn:relay.example.org: belongs to urls"),
        ('urls = ["turn:relay.example.org"]', "secret: has fewer than 16 characters"),
        ('secret = "a-long-enough-secret"', "secret: is of no use without urls"),
        ("relay_only = true", "relay_only: needs urls"),
        ("credential_hours = 100", "credential_hours: is not between 0.5 and 24"),
        ("relay_only = 1", "relay_only must be true or false"),
        ("url = []", "unknown key turn.url"),
    ],
)
def test_a_wrong_section_tells_file_line_and_key(tmp_path: Path, wrong: str, said: str) -> None:
    path = write(tmp_path, f"# relays\n[turn]\n{wrong}\n")
    with pytest.raises(ConfigError) as caught:
        load_turn(path)
    sentence = str(caught.value)
    assert said in sentence
    assert "\n" not in sentence
    line = 2 if wrong.startswith("urls") and said.startswith("secret") else 3
    assert sentence.startswith(f"{path}:{line}: ")


def test_too_many_addresses(tmp_path: Path) -> None:
    urls = ", ".join(f'"turn:relay{n}.example.org"' for n in range(9))
    with pytest.raises(ConfigError, match="more than 8"):
        load_turn(write(tmp_path, f'[turn]\nurls = [{urls}]\nsecret = "a-long-enough-secret"\n'))


def test_the_command_says_it_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, "[turn]\nrelay_only = true\n")
    arguments = ["rendezvous", "--token-file", str(tmp_path / "token"), "--turn-file", str(path)]
    assert main(arguments) == 2
    assert "telecabine.toml:2: turn.relay_only: needs urls" in capsys.readouterr().err
