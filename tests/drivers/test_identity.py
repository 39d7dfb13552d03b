"""One text means one unit, also after a replug."""

from dataclasses import replace

import pytest

from drivers.identity import identity_of, is_meant, is_well_formed
from drivers.sound_server import SoundSource

CARD = SoundSource(
    7, "alsa_input.usb-Maker_Audio-00.mono", "USB Audio Device", False, (0x0D8C, 0x0014), "Maker_Audio_S9",
    path="pci-0000:00:14.0-usb-0:2:1.0",
)  # fmt: skip
TWIN = replace(
    CARD, index=8, name="alsa_input.usb-Maker_Audio-00.2.mono", path="pci-0000:00:14.0-usb-0:3:1.0"
)


@pytest.mark.parametrize(
    "chosen",
    [
        "usb:0d8c:0014", "0d8c:0014", "0D8C:0014:S9", "usb:0d8c:0014:Maker_Audio_S9", "usb:0d8c:0014:",
        "path:pci-0000:00:14.0-usb-0:2:1.0", "USB Audio Device", "name:alsa_input.usb-Maker_Audio-00.mono",
    ],
)  # fmt: skip
def test_what_means_the_card(chosen: str) -> None:
    assert is_well_formed(chosen) and is_meant(chosen, CARD)


@pytest.mark.parametrize(
    "chosen", ["usb:0d8c:0015", "usb:0d8c:0014:9", "path:elsewhere", "name:USB", "Audio"]
)
def test_what_means_another(chosen: str) -> None:
    assert is_well_formed(chosen) and not is_meant(chosen, CARD)


@pytest.mark.parametrize("chosen", ["usb:", "usb:0d8c", "usb:0d8c:xyz1", "usb:d8c:14", "path:", "name:"])
def test_what_can_mean_nothing(chosen: str) -> None:
    assert not is_well_formed(chosen) and not is_meant(chosen, CARD)


def test_the_offered_identity_means_one_only() -> None:
    assert identity_of(CARD, [CARD]) == "usb:0d8c:0014:Maker_Audio_S9"
    assert identity_of(replace(CARD, serial=""), [replace(CARD, serial="")]) == "usb:0d8c:0014"
    for unit in (CARD, TWIN):
        chosen = identity_of(unit, [CARD, TWIN])
        assert [is_meant(chosen, each) for each in (CARD, TWIN)] == [unit is CARD, unit is TWIN]
    two_inputs = [replace(CARD, path="same"), replace(TWIN, path="same")]
    assert identity_of(two_inputs[1], two_inputs) == f"name:{TWIN.name}"
