"""The figures of a call in words, a line each: the same lines each time: the card stands still."""

from kiosk.call.figures import CallFigures, HeardFigures, PictureFigures, SendingFigures, Way
from ui.text.isolated import isolated
from ui.text.table import CallFiguresText, Texts


def lines(figures: CallFigures, texts: Texts) -> list[tuple[str, str]]:
    """Names and values."""
    text = texts.call_figures
    sending, heard = figures.sending, figures.heard
    return [
        (text.state, texts.consultation.phases[figures.phase]),
        (text.way, _way(figures, text)),
        *(_sent(sending, text) if sending is not None else _nothing_sent(text)),
        (text.heard, _heard(heard, text) if heard is not None else text.unknown),
        (text.skew, _ms(heard.skew_ms if heard is not None else None, text)),
    ]


def _way(figures: CallFigures, text: CallFiguresText) -> str:
    relay = figures.relay
    if figures.way is not Way.OUR_RELAY or relay is None:
        return text.ways[figures.way].format(relay="")
    return text.ways[figures.way].format(relay=isolated(f"{relay.host} ({relay.transport.name})"))


def _sent(sending: SendingFigures, text: CallFiguresText) -> list[tuple[str, str]]:
    line = sending.line
    kbps = text.kbps.format(allowed=line.allowed_kbps, carried=line.carried_kbps)
    return [
        (text.sending, kbps),
        (text.queue, _ms(line.queue_ms, text)),
        (text.lost, text.percent.format(value=line.lost_percent)),
        (text.rtt, _ms(line.rtt_ms, text)),
        (text.face, _picture(sending.face, text)),
        (text.otoscope, _picture(sending.otoscope, text)),
        (text.voice, text.voices[sending.voice] if sending.voice is not None else text.unknown),
        (text.codec, sending.codec.value),
        (text.processor, text.percent.format(value=sending.processor_percent)),
    ]


def _nothing_sent(text: CallFiguresText) -> list[tuple[str, str]]:
    names = (text.sending, text.queue, text.lost, text.rtt, text.face, text.otoscope)
    return [(name, text.unknown) for name in (*names, text.voice, text.codec, text.processor)]


def _picture(picture: PictureFigures | None, text: CallFiguresText) -> str:
    if picture is None:
        return text.unknown
    if not picture.target_kbps:
        return text.paused
    size = isolated(f"{picture.width} × {picture.height}")
    return text.picture.format(size=size, rate=round(picture.rate_hz), kbps=picture.target_kbps)


def _heard(heard: HeardFigures, text: CallFiguresText) -> str:
    return text.depth.format(ms=heard.depth_ms, percent=heard.concealed_percent)


def _ms(value: int | None, text: CallFiguresText) -> str:
    return text.ms.format(value=value) if value is not None else text.unknown
