"""What a loudspeaker may tell of itself beyond `play`; both are optional. Pure."""

from kiosk.call.settings import PcmSink

LATENCY_S = 0.04


def latency_s(sink: PcmSink) -> float:
    """From `play` until it is heard: `sink.latency_s` when it has one."""
    return float(getattr(sink, "latency_s", LATENCY_S))


def waiting_s(sink: PcmSink) -> float | None:
    """How much sound waits in front of the sound card: `sink.waiting_s`, None when it cannot tell."""
    waiting = getattr(sink, "waiting_s", None)
    return None if waiting is None else float(waiting)
