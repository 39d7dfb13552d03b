"""docs/devices.md says what the catalogue says."""

from pathlib import Path

import pytest

from devices import catalog
from devices.document import document

_ROOT = Path(__file__).parents[2]


def test_the_page_is_current() -> None:
    page = (_ROOT / "docs/devices.md").read_text(encoding="utf-8")
    assert page == document(catalog.devices()), "telecabine devices document > docs/devices.md"


@pytest.mark.parametrize("key", catalog.by_key())
def test_the_readme_names_every_instrument(key: str) -> None:
    device = catalog.by_key()[key]
    readme = (_ROOT / "README.md").read_text(encoding="utf-8")
    assert f"| {device.name}{' (experimental)' if device.experimental else ''} |" in readme
