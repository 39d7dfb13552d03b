// What the browser knows before any packet is missed: another network, no network, a computer that has slept.

const ASLEEP_MS = 4000;

export class Alarms {
  /** `alarm()` when the connection may be dead. Call `tick` often. */
  constructor(alarm) {
    this.alarm = alarm;
    this.network = this.describe();
    this.tickedAt = performance.now();
    this.changed = () => this.compare();
    for (const name of ["online", "offline"]) addEventListener(name, this.alarm);
    navigator.connection?.addEventListener("change", this.changed);
  }

  stop() {
    for (const name of ["online", "offline"]) removeEventListener(name, this.alarm);
    navigator.connection?.removeEventListener("change", this.changed);
  }

  tick() {
    const now = performance.now();
    if (now - this.tickedAt > ASLEEP_MS) this.alarm();
    this.tickedAt = now;
  }

  /** The event also comes for each new estimate of the rate: only another kind of network counts. */
  compare() {
    const network = this.describe();
    if (network !== this.network) this.alarm();
    this.network = network;
  }

  describe() {
    return navigator.connection?.type;
  }
}
