"""Decoders: bytes a second on one core, against the device's own pace and against decoders of others.

Each decoder is fed its own vectors over and over. Ours do more than the others: they check, mark what is
implausible, thin out streams and keep the evidence; each is given the same frames in the same run.
"""

from collections.abc import Callable
from typing import Any

from berry_oximeter.parser import BCIProtocolParser
from labmcp_ble_health import driver as labmcp

from devices import catalog
from devices.catalog import berry_bm1000
from devices.gatt import uuid
from tests.bench.decoder_pace import best_s, decoding, pace
from tests.bench.quiet import wait_for_quiet
from tests.bench.report import ratio, table
from tests.devices import vectors

AIM = 1000
_Parse = Callable[[bytes], object]
# Independent decoders by the protocol of the vectors: our device, the characteristic, who, how.
_LABMCP: dict[str, tuple[str, str, _Parse]] = {
    "blood_pressure": ("sig_blood_pressure", uuid(0x2A35), labmcp.parse_blood_pressure_measurement),
    "temperature": ("sig_thermometer", uuid(0x2A1C), labmcp.parse_temperature_measurement),
    "plx_continuous": ("sig_pulse_oximeter", uuid(0x2A5F), labmcp.parse_plx_continuous),
    "plx_spot": ("sig_pulse_oximeter", uuid(0x2A5E), labmcp.parse_plx_spot_check),
}
_berry: Any = BCIProtocolParser
_BERRY = ("berry_bm1000", berry_bm1000.STREAM, lambda data: _berry().add_data(data))
_OTHERS = {name: ("labmcp-ble-health", *how) for name, how in _LABMCP.items()} | {
    "berry_bci": ("berry-oximeter", *_BERRY)
}


def run(patience_s: float = 5.0) -> dict[str, Any]:
    idle = wait_for_quiet(patience_s)
    paces = [pace(device) for device in decoding()]
    return {
        "idle_before": idle,
        "aim_times_device": AIM,
        "decoders": {
            p.key: {
                "bytes_a_s": round(p.bytes_a_s),
                "pieces_a_s": round(p.pieces_a_s),
                "times_device": round(p.times_device),
                "times_line": None if p.times_line is None else round(p.times_line, 1),
            }
            for p in paces
        },
        "against_others": {protocol: _against(protocol) for protocol in _OTHERS},
    }


def _against(protocol: str) -> dict[str, Any]:
    who, key, source, theirs = _OTHERS[protocol]
    frames = [frame.data for frame in vectors.frames(key) if frame.protocol == protocol]
    make = catalog.by_key()[key].decoder
    assert make is not None
    feed = make().feed
    ways: dict[str, _Parse] = {
        "decoder": lambda data: feed(data, source),
        "frame": lambda data: catalog.decode(protocol, data),
        "theirs": theirs,
    }
    us = {name: round(best_s(_each(frames, way)) * 1e6 / len(frames), 2) for name, way in ways.items()}
    return {
        "by": who,
        "us_a_frame": us,
        "decoder_to_theirs": ratio(us["decoder"], us["theirs"]),
    }


def _each(frames: list[bytes], decode: Callable[[bytes], object]) -> Callable[[], None]:
    def once() -> None:
        for data in frames:
            decode(data)

    return once


def show(result: dict[str, Any]) -> str:
    paces = [
        (key, f"{p['bytes_a_s'] / 1000:,.0f}", f"{p['pieces_a_s']:,}", f"{p['times_device']:,}", _line(p))
        for key, p in result["decoders"].items()
    ]
    others = [
        (protocol, o["by"], *map("{:.1f}".format, o["us_a_frame"].values()), f"{o['decoder_to_theirs']:.2f}")
        for protocol, o in result["against_others"].items()
    ]
    head = ("decoder", "kB/s", "pieces/s", f"x device (aim >= {AIM:,})", "x line")
    other_head = ("us a frame", "by", "our decoder", "our frame", "theirs", "decoder/theirs")
    return "\n".join((table("Decoders, one core", head, paces), table("Others", other_head, others)))


def _line(pace: dict[str, Any]) -> str:
    return "" if pace["times_line"] is None else f"{pace['times_line']:,}"
