// Keeps the host's way to its guest through the relay.

import { HostRound } from "./host_round.js";

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 10000;
const RENEW_MS = 5000;
const GONE = [4401, 4404]; // the relay does not know this room (any more)

/** `listener`: offer(sdp), servers(message), seated(), rejected(reason), tampered(), gone(). */
export class HostSignalling {
  constructor({ relay, guest, listener }) {
    Object.assign(this, { relay, guest, listener });
    this.failures = 0;
    this.heard = {
      joined: () => (this.failures = 0),
      closed: (round, event) => round === this.round && this.closed(event),
    };
    for (const what of ["offer", "servers", "seated", "rejected", "tampered"]) {
      this.heard[what] = (round, value) => round === this.round && listener[what](value);
    }
  }

  /** Also in the place of a connection that may be dead: the relay lets the newer one win. */
  connect() {
    clearTimeout(this.timer);
    this.round?.drop();
    this.begunAt = performance.now();
    this.round = new HostRound({ relay: this.relay, guest: this.guest, listener: this.heard });
  }

  /** The guest is silent: perhaps the relay cannot reach us either. */
  doubt() {
    if (this.round && performance.now() - this.begunAt > RENEW_MS) this.connect();
  }

  closed(event) {
    this.round = null;
    if (GONE.includes(event.code)) return this.listener.gone();
    const ceiling = Math.min(FIRST_DELAY_MS * 2 ** this.failures, LONGEST_DELAY_MS);
    this.failures += 1;
    this.timer = setTimeout(() => this.connect(), ceiling * (0.5 + Math.random() / 2));
  }

  answer(sdp) {
    return this.round?.answer(sdp);
  }

  /** The guest's link is dead from here on. */
  async finish() {
    clearTimeout(this.timer);
    const round = this.round;
    this.round = null;
    await round?.finish();
  }
}
