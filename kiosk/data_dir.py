"""Where each thing lies in the kiosk's data folder."""

from pathlib import Path

from kiosk.config import Config


def store_dir(config: Config) -> Path:
    return config.kiosk.data_dir / "outbox"


def key_file(config: Config) -> Path:
    return config.kiosk.data_dir / "outbox.key"


def report_file(config: Config) -> Path:
    """The last report of the self-test."""
    return config.kiosk.data_dir / "selftest.json"
