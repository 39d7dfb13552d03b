// Readings as they arrive: shown together once per animation frame, acknowledged once painted.

import { addReading } from "./readings.js";

const IDS_IN_ONE_MESSAGE = 200;

export class Inbox {
  /** `show(newReadings)` paints; `acknowledge(ids)` tells the kiosk what the physician could see. */
  constructor(readings, show, acknowledge) {
    Object.assign(this, { readings, show, acknowledge });
    this.waiting = [];
  }

  take(reading) {
    this.waiting.push(reading);
    if (this.waiting.length === 1) requestAnimationFrame(() => this.paint());
  }

  paint() {
    const batch = this.waiting.splice(0);
    const fresh = batch.filter((reading) => addReading(this.readings, reading));
    if (fresh.length) this.show(fresh);
    // The next frame begins after this one was painted. Repeated ones are acknowledged again.
    requestAnimationFrame(() => this.confirm([...new Set(batch.map((reading) => reading.id))]));
  }

  confirm(ids) {
    for (let start = 0; start < ids.length; start += IDS_IN_ONE_MESSAGE) {
      this.acknowledge(ids.slice(start, start + IDS_IN_ONE_MESSAGE));
    }
  }
}
