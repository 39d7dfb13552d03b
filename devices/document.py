"""The catalogue as a page for people: `docs/devices.md`. Pure."""

from collections.abc import Iterable

from devices import recording
from devices.device import (
    AudioMatch,
    BleMatch,
    CameraMatch,
    Device,
    HidMatch,
    Match,
    PcmMatch,
    PortMatch,
    SerialMatch,
)
from devices.pictures import BulkCameraMatch

_TITLE = """# Instruments

Made from the catalogue by `telecabine devices document`; a test compares. *Experimental*: known from one
source only, in whole or in part. No decoder has met its device at our hands yet: each is checked against the
captures and the independent decoders that its vectors in `tests/vectors/` name, and its driver against a
simulator that speaks the protocol.
"""
_RECORDING = "; its newest recording when it is asked for: duration, lowest and average SpO2"
_HEAD = ("instrument", "link", "recognised by", "measures", "source", "known limits")


def document(devices: Iterable[Device]) -> str:
    """Markdown, one table for each kind, in the order given."""
    by_kind: dict[str, list[Device]] = {}
    for device in devices:
        by_kind.setdefault(device.kind.value, []).append(device)
    titles = {kind: kind.capitalize().replace("_", " ") for kind in sorted(by_kind)}
    tables = (f"## {title}\n\n{_table(by_kind[kind])}" for kind, title in titles.items())
    return "\n".join((_TITLE, *tables))


def _table(devices: Iterable[Device]) -> str:
    rows = (_HEAD, ("---",) * len(_HEAD), *(_row(device) for device in devices))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(device: Device) -> tuple[str, ...]:
    name = f"{device.name} (experimental)" if device.experimental else device.name
    live = (metric for metric in device.metrics if metric not in recording.METRICS)
    words = (metric.key.replace("_", " ").replace("spo2", "SpO2") for metric in live)
    measures = (", ".join(words) or "pictures or sound") + (_RECORDING if device.recordings else "")
    return (
        name, _link(device.match), _recognised(device.match), measures, device.reference, device.limits,
    )  # fmt: skip


def _link(match: Match) -> str:
    match match:
        case SerialMatch():
            return f"USB serial, {match.baud} baud"
        case HidMatch():
            return f"USB HID, {match.bridge_baud} baud" if match.bridge_baud else "USB HID"
        case BleMatch():
            return "Bluetooth LE, also unconnected" if match.speaks_in_advert else "Bluetooth LE"
        case CameraMatch():
            return "USB camera"
        case BulkCameraMatch():
            return "USB camera, no UVC"
        case AudioMatch():
            return "sound input"
        case PcmMatch():
            return f"USB serial, {match.baud} baud" if match.baud else "Bluetooth LE"


def _recognised(match: Match) -> str:
    match match:
        case PortMatch() | BulkCameraMatch():
            return f"USB {_ids(match.usb_ids)}"
        case BleMatch():
            if not match.announced:
                return f"the name {' or '.join(match.names)}…"
            named = f", named {' or '.join(match.names)}…" if match.names else ""
            return f"service {_short(match.service)}{named}"
        case CameraMatch() | AudioMatch():
            words = " or ".join(f"“{word}”" for word in match.name_words)
            return " or ".join(
                part for part in (_ids(match.usb_ids), words and f"a name with {words}") if part
            )
        case PcmMatch():
            return "`devices.stethoscope_stream` in the settings"


def _ids(usb_ids: Iterable[tuple[int, int]]) -> str:
    return ", ".join(f"{vendor:04x}:{product:04x}" for vendor, product in usb_ids)


def _short(uuid: str) -> str:
    is_assigned = uuid.startswith("0000") and uuid.endswith("-0000-1000-8000-00805f9b34fb")
    return f"0x{uuid[4:8].upper()}" if is_assigned else uuid
