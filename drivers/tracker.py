"""The state of one instrument, told to the sink when it changes."""

from dataclasses import replace

from devices.event import Battery, SignalState
from devices.reading import DeviceIdentity, Kind
from drivers.instrument import InstrumentState, InstrumentStatus, Reason, Sink

_SIGNALS: dict[SignalState, tuple[InstrumentState, Reason]] = {
    SignalState.READY: (InstrumentState.READY, Reason.NONE),
    SignalState.HANDING_OVER: (InstrumentState.READY, Reason.HANDING_OVER),
    SignalState.MEASURING: (InstrumentState.MEASURING, Reason.NONE),
    SignalState.SEARCHING: (InstrumentState.POOR_SIGNAL, Reason.SEARCHING),
    SignalState.SENSOR_OFF: (InstrumentState.READY, Reason.SENSOR_OFF),
    SignalState.POOR_SIGNAL: (InstrumentState.POOR_SIGNAL, Reason.WEAK_SIGNAL),
}
_LIVE = (InstrumentState.MEASURING, InstrumentState.POOR_SIGNAL)


class Tracker:
    """One instrument's state machine. Reports every change once, in order."""

    def __init__(
        self,
        sink: Sink,
        id_: str,
        kind: Kind,
        name: str,
        also: tuple[Kind, ...] = (),
        may_be: tuple[Kind, ...] = (),
        recordings: bool = False,
    ) -> None:
        self._sink = sink
        self.status = InstrumentStatus(
            id_, kind, name, InstrumentState.ABSENT, also=also, may_be=may_be, recordings=recordings
        )
        self._signal: SignalState | None = None

    def move(self, state: InstrumentState, reason: Reason = Reason.NONE) -> None:
        """Enter a state that is not about the sensor's signal."""
        self._set(replace(self.status, state=state, reason=reason))

    def forget_signal(self) -> None:
        """A new connection with a new decoder will say anew what the sensor sees."""
        self._signal = None

    def identify(self, identity: DeviceIdentity) -> None:
        """The unit in hand has said who it is; shown with the next change of state."""
        self.status = replace(self.status, identity=identity)

    def signal(self, signal: SignalState) -> None:
        """What the stream says about the sensor."""
        self._signal = signal
        state, reason = _SIGNALS[signal]
        self._set(replace(self.status, state=state, reason=reason))

    def data(self) -> None:
        """Good data came: measuring, unless the device itself says otherwise."""
        self.signal(self._signal or SignalState.MEASURING)

    def battery(self, battery: Battery) -> None:
        """What is left in it, as it says."""
        self._set(replace(self.status, battery=battery))

    def quiet(self) -> None:
        """Nothing comes, and nothing needs to: a device that measures now and then."""
        if self.status.state in _LIVE:
            self.move(InstrumentState.READY)

    def lost(self, reason: Reason) -> None:
        self.move(InstrumentState.LOST, reason)

    def faulty(self, reason: Reason) -> None:
        self.move(InstrumentState.FAULTY, reason)

    def _set(self, status: InstrumentStatus) -> None:
        if status != self.status:
            self.status = status
            self._sink.status(status)
