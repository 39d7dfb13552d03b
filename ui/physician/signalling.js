// Keeps a way to the kiosk through the relay: renews it, and while the call is cut does so without rest.

import { Round } from "./round.js";

// Close codes of the relay. 4400 "replaced": this seat was taken over by another tab of the same browser.
const REFUSALS = { 4409: "used", 4404: "dead" };

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 15000;

// While the call is cut. A connection can be dead without anybody having said so: it is replaced, and kept until
// the new one is there. Chromium holds back the WebSockets of a page for seconds once more than a dozen have
// failed in three minutes (and `fetch` is no better: it reuses connections that hang). So the first attempts are
// short and follow at once, and later ones last longer than that delay.
const TICK_MS = 200;
const URGENT_PAUSE_MS = 400;
const PATIENT_PAUSE_MS = 1000;
const SHORT_MS = 2500;
const LONG_MS = 7000;
const SHORT_ATTEMPTS = 8;
const RENEW_MS = 8000;
const REFUSED_PAUSE_MS = 2500; // the relay counts who joins too often
const LATE_JOIN_MS = 90000; // an attempt that we gave up may still arrive, and replace its successor

/** `listener`: joined(), ready(), answer(sdp), refused(reason), peer(present), servers(message), unreachable(waitMs). */
export class Signalling {
  constructor({ relay, keys, seat, listener }) {
    Object.assign(this, { relay, keys, seat, listener });
    this.failures = 0;
    this.hurried = false;
    this.stopped = false;
    this.quietUntil = 0;
    this.round = this.attempt = null;
    this.heard = this.roundListener();
  }

  /** True when an offer can be sent now. */
  get ready() {
    return this.round?.ready ?? false;
  }

  /** When the present connection was begun. */
  get renewedAt() {
    return this.round?.startedAt ?? -Infinity;
  }

  /** Try now; whatever works at the moment stays until the new connection is there. */
  connect() {
    clearTimeout(this.timer);
    this.attempt?.drop();
    this.triedAt = performance.now();
    this.attempt = new Round({ relay: this.relay, keys: this.keys, seat: this.seat, listener: this.heard });
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    this.urgent(false);
    this.attempt?.drop();
    this.round?.drop();
  }

  offer(sdp) {
    return this.round?.offer(sdp) ?? false;
  }

  /** `on` while the call is cut. Doubt in the present connection begins with it. */
  urgent(on) {
    if (on === this.hurried) return;
    this.hurried = on;
    clearInterval(this.ticker);
    if (!on) return void (this.round || this.attempt || this.stopped || this.retryLater());
    this.failures = 0;
    this.ticker = setInterval(() => this.tick(), TICK_MS);
    this.renew();
  }

  /** The present connection may be dead: replace it at once. */
  renew() {
    clearTimeout(this.timer);
    if (!this.stopped) this.connect();
  }

  tick() {
    if (this.attempt) return void (this.attempt.ageMs > this.limitMs && this.giveUp());
    const now = performance.now();
    const due = !this.round || (!this.round.ready && this.round.ageMs > RENEW_MS);
    const pauseMs = this.failures < SHORT_ATTEMPTS ? URGENT_PAUSE_MS : PATIENT_PAUSE_MS;
    if (due && now > this.quietUntil && now - this.triedAt > pauseMs) this.connect();
  }

  get limitMs() {
    return this.failures < SHORT_ATTEMPTS ? SHORT_MS : LONG_MS;
  }

  giveUp() {
    this.attempt.drop();
    this.attempt = null;
    this.failures += 1;
    this.gaveUpAt = performance.now();
  }

  roundListener() {
    const ifCurrent = (act) => (round, value) => round === this.round && act(value);
    return {
      joined: (round) => this.joined(round),
      closed: (round, event) => this.closed(round, event),
      ready: ifCurrent(() => this.listener.ready()),
      answer: ifCurrent((sdp) => this.listener.answer(sdp)),
      refused: ifCurrent((reason) => this.listener.refused(reason)),
      peer: ifCurrent((present) => this.listener.peer(present)),
      servers: ifCurrent((message) => this.listener.servers(message)),
    };
  }

  joined(round) {
    this.failures = 0;
    this.round?.drop();
    this.round = round;
    this.attempt = null;
    this.listener.joined();
  }

  closed(round, event) {
    const current = round === this.round;
    if (current) this.round = null;
    else this.attempt = null;
    const refusal = this.refusalOf(event);
    if (refusal) this.quietUntil = performance.now() + REFUSED_PAUSE_MS;
    if (refusal) this.listener.refused(refusal);
    if (this.stopped || this.attempt || this.round) return;
    this.failures += 1;
    if (!this.hurried) this.retryLater();
  }

  refusalOf(event) {
    if (event.reason !== "replaced") return REFUSALS[event.code] ?? null;
    if (this.attempt) return null; // by ourselves: the new connection has joined, its first word is on the way
    const late = performance.now() - (this.gaveUpAt ?? -Infinity) < LATE_JOIN_MS;
    this.gaveUpAt = undefined;
    return late ? null : "used";
  }

  retryLater() {
    const ceiling = Math.min(FIRST_DELAY_MS * 2 ** Math.max(0, this.failures - 1), LONGEST_DELAY_MS);
    const waitMs = Math.round(ceiling * (0.5 + Math.random() / 2));
    this.timer = setTimeout(() => this.connect(), waitMs);
    this.listener.unreachable(waitMs);
  }
}
