"""The account of the demo: what each instrument sent, and what became of every reading."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from devices.metrics import ALL_METRICS
from kiosk.fhir.naming import media_id, observation_id, panel_id


@dataclass(frozen=True, slots=True)
class Line:
    """One instrument. `duplicated` and `lost` must be 0."""

    instrument: str
    frames_sent: int
    captured: int
    seen: int
    delivered: int
    duplicated: int
    lost: int

    @property
    def good(self) -> bool:
        whole = self.captured == self.seen == self.delivered
        return whole and self.captured > 0 and not self.duplicated and not self.lost


def account(
    frames_sent: Mapping[str, int],
    kept: Mapping[str, tuple[str, str]],
    seen: Iterable[str],
    resources: Iterable[Mapping[str, Any]],
) -> list[Line]:
    """`frames_sent`: by catalogue key; `resources`: all Observations and Media on the server."""
    on_server = Counter(i["value"] for r in resources for i in r["identifier"])
    on_page = set(seen)
    lines = []
    for device, frames in frames_sent.items():
        ids = [id_ for id_, (_, of) in kept.items() if of == device]
        names = {id_: _identifiers(UUID(id_)) for id_ in ids}
        delivered = sum(any(name in on_server for name in names[id_]) for id_ in ids)
        twice = sum(on_server[name] > 1 for id_ in ids for name in names[id_])
        seen_here = sum(id_ in on_page for id_ in ids)
        lines.append(Line(device, frames, len(ids), seen_here, delivered, twice, len(ids) - delivered))
    return lines


def _identifiers(reading_id: UUID) -> list[str]:
    """Every identifier that a resource of this reading may carry."""
    ids = [observation_id(reading_id, metric) for metric in ALL_METRICS.values()]
    return [str(id_) for id_ in (*ids, panel_id(reading_id), media_id(reading_id))]


def show(lines: Iterable[Line]) -> str:
    heads = ("instrument", "frames sent", "captured", "seen", "delivered", "duplicated", "lost", "")
    rows = [heads]
    for x in lines:
        numbers = (x.frames_sent, x.captured, x.seen, x.delivered, x.duplicated, x.lost)
        rows.append((x.instrument, *(str(n) for n in numbers), "ok" if x.good else "WRONG"))  # type: ignore[arg-type]
    widths = [max(len(row[i]) for row in rows) for i in range(len(heads))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows)
