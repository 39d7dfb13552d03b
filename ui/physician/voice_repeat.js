// Where our voice gets lost on its way to the kiosk, each packet carries the one before along (RFC 2198).

const ON = 0.02; // of the packets, smoothed
const OFF = 0.005;
const SMOOTHING = 0.25; // at each look, once a second
const ROOM_BPS = 200_000; // it costs the voice once more, 40 kbit/s
const TOO_NARROW_BPS = 130_000;

/** Whether to repeat: pure. */
export class VoiceRepeat {
  constructor() {
    this.on = false;
    this.loss = 0;
  }

  /**
   * `lossNow`: what the kiosk reports; `availableBps`: the browser's estimate. Either may be undefined. True when the
   * decision has changed.
   */
  see(lossNow, availableBps) {
    if (lossNow === undefined || availableBps === undefined) return false;
    const before = this.on;
    this.loss += (lossNow - this.loss) * SMOOTHING;
    if (this.on) this.on = this.loss > OFF && availableBps > TOO_NARROW_BPS;
    else this.on = this.loss > ON && availableBps > ROOM_BPS;
    return this.on !== before;
  }
}
