"""What every test runs under."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.fakes.tpm import SoftwareTpm, software_tpm

# A slow machine is not a fault: no deadline, no complaint about slow generation. The same examples each time:
# a red test is red on every machine.
settings.register_profile(
    "everywhere", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("everywhere")

_HERE = Path(__file__).parent
# A browser in a call, a sound server: they keep time, so nothing runs beside them.
_ALONE = (
    "bench",
    "drivers/test_audio.py",
    "kiosk/call/reaching/test_reaching.py",
    "kiosk/call/test_chromium.py",
    "kiosk/call/test_narrow.py",
    "kiosk/call/test_reconnection.py",
    "kiosk/call/test_turn_only.py",
    "kiosk/test_echo_check.py",
    "ui/physician/test_auscultation.py",
    "ui/physician/test_narrow_line.py",
    "ui/physician/test_pictures_and_sound.py",
    "ui/physician/test_precheck.py",
    "ui/physician/test_skew.py",
    "ui/physician/test_third_seat.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(item.path.is_relative_to(_HERE / place) for place in _ALONE):
            item.add_marker(pytest.mark.alone)


@pytest.fixture(scope="session")
def tpm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoftwareTpm]:
    """A chip for all tests; none of them may change or stop it."""
    with software_tpm(tmp_path_factory.mktemp("tpm")) as chip:
        yield chip
