"""The first screen is measured: the call's facade must load without the media libraries."""

import subprocess
import sys

_CHECK = """
import sys
import kiosk.call.call
import kiosk.rendezvous.server
heavy = {"aiortc", "av", "aioice", "aiohttp", "cryptography"} & set(sys.modules)
assert not heavy, heavy
"""


def test_call_and_rendezvous_import_nothing_heavy() -> None:
    subprocess.run([sys.executable, "-c", _CHECK], check=True)
