// Keeps a connection to the kiosk alive: offers, waits for proof, notices silence, offers again.

import { Peer } from "./peer.js";
import { Signalling } from "./signalling.js";

const SILENCE_MS = 2500;
const FAILED_GRACE_MS = 1000; // a failed connection may still revive
const ANSWER_LIMIT_MS = 10000;
const DEAD_LINK_PATIENCE_MS = 600000; // a kiosk that restarts opens its room again, once its helper is there
const TICK_MS = 500;

/**
 * `listener`: live(message), wave(message), tracks(peer), opened(peer), changed(state, details).
 * States: connecting, waiting, connected, reconnecting, unreachable, used, dead, tampered.
 */
export class Call {
  constructor({ relay, keys, seat, media, listener }) {
    Object.assign(this, { media, listener });
    this.everConnected = false;
    this.connected = false;
    this.offering = Promise.resolve();
    this.signalling = new Signalling({ relay, keys, seat, listener: this.signallingListener() });
  }

  start() {
    this.listener.changed("connecting");
    this.signalling.connect();
    this.ticker = setInterval(() => this.tick(), TICK_MS);
  }

  stop() {
    clearInterval(this.ticker);
    this.signalling.stop();
    this.dropPeer();
  }

  send(message) {
    return this.peer?.send(message) ?? false;
  }

  tryNow() {
    this.signalling.connect();
  }

  signallingListener() {
    return {
      ready: () => this.connected || this.offer(),
      answer: (sdp) => this.answered(sdp),
      refused: (reason) => this.refused(reason),
      peer: (present) => present || this.unconnected("waiting"),
      unreachable: (waitMs) => this.unconnected("unreachable", { seconds: Math.ceil(waitMs / 1000) }),
    };
  }

  /** Before the first connection the whole page says why; afterwards the consultation stays on screen. */
  unconnected(state, details) {
    if (!this.everConnected) this.listener.changed(state, details);
  }

  refused(reason) {
    if (reason === "closed") return this.finish("ended");
    if (reason !== "dead") return this.finish(reason);
    this.deadSince ??= performance.now();
    const patient = this.everConnected && performance.now() - this.deadSince < DEAD_LINK_PATIENCE_MS;
    return patient ? undefined : this.finish("dead");
  }

  finish(state) {
    this.stop();
    this.listener.changed(state);
  }

  dropPeer() {
    this.peer?.close();
    this.peer = null;
    this.connected = false;
  }

  /** A fresh connection with a fresh offer; the session and what was received stay. */
  async offer() {
    this.dropPeer();
    if (!this.everConnected) this.listener.changed("connecting");
    const peer = new Peer(this.media, this.peerListener(() => peer));
    this.peer = peer;
    this.offeredAt = performance.now();
    this.failedAt = null;
    const sdp = await peer.offer();
    if (peer === this.peer && this.signalling.ready) await this.signalling.offer(sdp);
  }

  async answered(sdp) {
    if (!this.peer?.awaitsAnswer) return;
    await this.peer.accept(sdp);
    this.listener.tracks(this.peer);
  }

  peerListener(self) {
    const ifCurrent = (act) => (value) => self() === this.peer && act(value);
    return {
      live: ifCurrent((message) => this.received(message)),
      wave: ifCurrent((message) => this.listener.wave(message)),
      opened: ifCurrent(() => this.opened()),
      state: ifCurrent((state) => this.peerState(state)),
    };
  }

  opened() {
    this.connected = true;
    this.everConnected = true;
    this.deadSince = undefined;
    this.peer.heardAt = performance.now();
    this.listener.changed("connected");
    this.listener.opened(this.peer);
  }

  received(message) {
    if (message.type === "end") this.finish(message.reason === "tampered" ? "tampered" : "ended");
    else this.listener.live(message);
  }

  peerState(state) {
    this.failedAt = state === "failed" ? performance.now() : null;
    if (state === "closed") this.lost();
  }

  tick() {
    const now = performance.now();
    const silent = this.connected && now - this.peer.heardAt > SILENCE_MS;
    const failed = this.failedAt && now - this.failedAt > FAILED_GRACE_MS;
    const unanswered = this.peer && !this.connected && now - this.offeredAt > ANSWER_LIMIT_MS;
    if (silent || failed || unanswered) this.lost();
    else if (!this.peer && this.signalling.ready) this.offer();
  }

  lost() {
    this.dropPeer();
    this.failedAt = null;
    if (this.everConnected) this.listener.changed("reconnecting");
    if (this.signalling.ready) this.offer();
  }
}
