"""The outbox's key for the commands that look at it or mend it."""

from kiosk.config import Config
from kiosk.data_dir import chip, key_file, store_dir
from offline_queue.keys import load_key
from offline_queue.rotation import finish


def usable_key(config: Config) -> bytes:
    """Also after a change of the key that was cut short. OutboxError: those of `load_key`, BUSY."""
    finish(store_dir(config), key_file(config))
    return load_key(key_file(config), chip(config))
