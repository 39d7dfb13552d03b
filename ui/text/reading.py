"""A reading in words. The numbers stay exactly as the instrument gave them."""

from datetime import datetime

from devices.reading import Attachment, Quality, Quantity, Reading
from kiosk.duration import clock_text
from ui.text.table import Texts


def value_text(quantity: Quantity, texts: Texts) -> str:
    """All digits of the instrument, no rounding, no other separator; a dash where there is no value."""
    if quantity.value is not None and quantity.metric.ucum == "s":
        return clock_text(quantity.value)
    return texts.reading.no_value if quantity.value is None else format(quantity.value, "f")


def unit_text(quantity: Quantity, texts: Texts) -> str:
    """The unit as people write it; one we have no word for is shown as it is."""
    return texts.reading.units.get(quantity.metric.ucum, quantity.metric.ucum)


def absent_text(quantity: Quantity, texts: Texts) -> str:
    return texts.reading.absent[quantity.absent] if quantity.absent is not None else ""


def metric_text(quantity: Quantity, texts: Texts) -> str:
    return texts.reading.metrics.get(quantity.metric.key, quantity.metric.key)


def quality_text(reading: Reading, texts: Texts) -> str:
    """What the instrument says of the measurement, in the order of the table."""
    return "\n".join(words for flag, words in texts.reading.quality.items() if flag in reading.quality)


def attachment_text(attachment: Attachment, texts: Texts) -> str:
    """That a picture or a sound was kept, and where on the body."""
    words = texts.consultation
    kept = words.sound_kept if attachment.content_type.startswith("audio/") else words.picture_kept
    return f"{kept} — {site_text(attachment.site, texts)}" if attachment.site else kept


def site_text(site: str, texts: Texts) -> str:
    """A point of the body in the language of the screen; other words as they are."""
    return texts.consultation.body_points.get(site, site)


def entry_text(reading: Reading, what: str, texts: Texts) -> str:
    """One reading in a list: what, when, how much, and that the helper attached it."""
    attached = Quality.ATTACHED_BY_HELPER
    mark = texts.reading.quality[attached] if attached in reading.quality else ""
    parts = (what, moment_text(reading.taken_at, texts), line_text(reading, texts), mark)
    return " — ".join(part for part in parts if part)


def device_text(reading: Reading) -> str:
    """The unit in hand, as it names itself."""
    return " ".join(part for part in (reading.identity.manufacturer, reading.identity.model) if part)


def taken_text(reading: Reading, texts: Texts) -> str:
    """When, and by whose clock; of a recording, when it began."""
    words = texts.reading.began if Quality.RECORDING in reading.quality else texts.reading.taken
    return words[reading.clock].format(when=moment_text(reading.taken_at, texts))


def time_text(moment: datetime) -> str:
    """Local time of the kiosk."""
    return moment.astimezone().strftime("%H:%M:%S")


def moment_text(moment: datetime, texts: Texts) -> str:
    """The same in a sentence, with its day when that is not today."""
    words, time = texts.consultation, time_text(moment)
    if is_today(moment):
        return words.taken_at.format(time=time)
    return words.taken_on.format(date=moment.astimezone().strftime("%d/%m/%Y"), time=time)


def is_today(moment: datetime) -> bool:
    return moment.astimezone().date() == datetime.now().astimezone().date()


def line_text(reading: Reading, texts: Texts) -> str:
    """One reading on one line, for lists."""
    parts = [_quantity(quantity, texts) for quantity in reading.quantities]
    if reading.attachment is not None:
        parts.append(attachment_text(reading.attachment, texts))
    return texts.reading.comma.join(parts)


def values_text(reading: Reading, texts: Texts) -> str:
    """What there is of it, on one line."""
    return texts.reading.comma.join(_quantity(q, texts) for q in reading.quantities if q.value is not None)


def _quantity(quantity: Quantity, texts: Texts) -> str:
    return f"{metric_text(quantity, texts)} {_amount(quantity, texts)}"


def _amount(quantity: Quantity, texts: Texts) -> str:
    """Value and unit stay together and in this order, also inside right-to-left text (Unicode isolates)."""
    if quantity.value is None:
        return f"{texts.reading.no_value} ({absent_text(quantity, texts)})"
    unit = unit_text(quantity, texts)
    if texts.right_to_left and not any("\u0600" <= letter <= "\u06ff" for letter in unit):
        return f"\u2066{value_text(quantity, texts)} {unit}\u2069"
    return f"{value_text(quantity, texts)} {unit}".rstrip()
