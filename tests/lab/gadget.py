"""A USB device that this kernel plays to itself: configfs gadgets on dummy_hcd.

Source: Linux Documentation/usb/gadget_configfs.
"""

from pathlib import Path

SOCKETS = "num=3"  # of dummy_hcd: two for gadgets of this kind, one for who plays a whole device
_ROOT = Path("/sys/kernel/config/usb_gadget")


class Gadget:
    """One on one simulated socket (`dummy_udc.N`)."""

    def __init__(self, name: str, udc: str) -> None:
        self._folder = _ROOT / name
        self._udc = udc

    def make(self, function: str) -> None:
        """With one configuration of one function."""
        for part in ("strings/0x409", "configs/c.1/strings/0x409", f"functions/{function}"):
            (self._folder / part).mkdir(parents=True)
        (self._folder / "configs/c.1" / function).symlink_to(self._folder / "functions" / function)

    def plug(self, vendor: int, product: int, serial: str, name: str) -> None:
        facts = {
            "idVendor": f"{vendor:#06x}", "idProduct": f"{product:#06x}", "bcdDevice": "0x0100",
            "bcdUSB": "0x0200", "strings/0x409/serialnumber": serial, "strings/0x409/product": name,
        }  # fmt: skip
        for file, value in facts.items():
            (self._folder / file).write_text(value)
        (self._folder / "UDC").write_text(self._udc)

    def unplug(self) -> None:
        (self._folder / "UDC").write_text("\n")
