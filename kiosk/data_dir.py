"""Where each thing lies in the kiosk's data folder, and what guards its key."""

from pathlib import Path

from kiosk.config import Config
from offline_queue.tpm import Chip


def store_dir(config: Config) -> Path:
    return config.kiosk.data_dir / "outbox"


def key_file(config: Config) -> Path:
    return config.kiosk.data_dir / "outbox.key"


def chip(config: Config) -> Chip:
    """What may seal the outbox's key; then it lies beside `key_file`."""
    return Chip(config.kiosk.tpm2_device)


def mark_file(config: Config) -> Path:
    """How far the outbox has come, beside its key: for when the whole folder is gone or older."""
    return config.kiosk.data_dir / "outbox.mark"


def notes_dir(config: Config) -> Path:
    """What commands did, on its way into the audit chain."""
    return config.kiosk.data_dir / "audit-notes"


def reserve_file(config: Config) -> Path:
    """Room for the consultation under way."""
    return config.kiosk.data_dir / "reserve"


def report_file(config: Config) -> Path:
    """The last report of the self-test."""
    return config.kiosk.data_dir / "selftest.json"


def unit_file(config: Config) -> Path:
    """The Bluetooth instruments that were declared to be this kiosk's."""
    return config.kiosk.data_dir / "units.json"


def parts_file(config: Config) -> Path:
    """Which camera and sound input the technician has chosen for what."""
    return config.kiosk.data_dir / "parts.json"
