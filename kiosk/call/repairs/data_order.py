"""aiortc sends the messages of all data channels in one order: what may wait before what may not.

RFC 8831 section 6.4 leaves the order to the sender.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiortc import RTCDataChannel

_QUEUE = "_data_channel_queue"


def overtake(channel: "RTCDataChannel") -> None:
    """What this unordered channel was given last leaves before all that waits in order."""
    sctp = channel.transport
    if not hasattr(sctp, _QUEUE):
        raise AttributeError(f"this aiortc has no {_QUEUE}: see how it orders messages now")
    queue = getattr(sctp, _QUEUE)
    if queue and queue[-1][0] is channel:
        newest = queue.pop()
        place = next((n for n, (other, *_) in enumerate(queue) if other.ordered), len(queue))
        queue.insert(place, newest)
