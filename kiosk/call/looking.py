"""One look at a connection, for the technician: its parts' figures in the words of `kiosk.call.figures`."""

from aiortc import RTCDtlsTransport

from kiosk.call.conductor import Film
from kiosk.call.congestion.controller import Controller
from kiosk.call.figures import HeardFigures, LineFigures, PictureFigures, RelayFigures, Way
from kiosk.call.reaching.reaching import Route
from kiosk.call.remote import Remote


def picture(film: Film) -> PictureFigures | None:
    if film.source() is None:
        return None
    target = film.target.value
    size = target.size
    return PictureFigures(size.width, size.height, size.rate_hz, round(target.rate_bps / 1000))


def line(controller: Controller) -> LineFigures:
    rtt_s = controller.rtt_s
    return LineFigures(
        round(controller.rate_bps / 1000),
        round(controller.acked_bps / 1000),
        round(controller.queue_s * 1000),
        round(controller.loss * 100, 1),
        round(rtt_s * 1000) if rtt_s is not None else None,
    )


def heard(remote: Remote) -> HeardFigures:
    voice, skew_ms = remote.voice.figures, remote.lips.skew_ms
    sound_s = voice.played_s + voice.fec_s + voice.plc_s
    concealed = voice.plc_s / sound_s if sound_s > 0 else 0.0
    return HeardFigures(
        round(voice.depth_ms), round(concealed * 100, 1), round(skew_ms) if skew_ms is not None else None
    )


def way(transport: RTCDtlsTransport) -> Way:
    """By the pair of candidates in use. Raises AttributeError in an aiortc or aioice that hides it."""
    pairs = list(transport.transport._connection._nominated.values())
    if not pairs:
        return Way.UNKNOWN
    if pairs[0].local_candidate.type == "relay":
        return Way.OUR_RELAY
    return Way.PAGE_RELAY if pairs[0].remote_candidate.type == "relay" else Way.DIRECT


def relay(taken: Way, route: Route) -> RelayFigures | None:
    if taken is not Way.OUR_RELAY or route.chosen is None:
        return None
    url = route.chosen.server.url
    return RelayFigures(url.host, url.transport)
