// Keeps the consultation connected: offers, notices silence, makes a new connection before it drops the old one.

import { Alarms } from "./alarms.js";
import { Peer } from "./peer.js";
import { Signalling } from "./signalling.js";

const SILENCE_MS = 2500;
const ANSWER_LIMIT_MS = 10000; // the first connection
const ANSWER_AGAIN_LIMIT_MS = 3000; // after a cut: what was sent into a dead line is gone
const OPENING_LIMIT_MS = 6000;
const DEAD_LINK_PATIENCE_MS = 600000; // a kiosk that restarts opens its room again, once its helper is there
const GOODBYE_LIMIT_MS = 500;
const TICK_MS = 250;
const LISTEN_TICKS = 2;

/**
 * `listener`: live(message), wave(message), tracks(peer), opened(peer), revived(peer), changed(state, details).
 * States: connecting, waiting, connected, reconnecting, unreachable, blocked, used, dead,
 * tampered, unsuited.
 *
 * `peer` is the connection whose picture is shown; `next` is one that the kiosk has not answered yet.
 */
export class Call {
  constructor({ relay, keys, seat, media, listener }) {
    Object.assign(this, { media, listener });
    this.everConnected = false;
    this.connected = false;
    this.servers = { ice: [], relay_only: false };
    this.peer = this.next = null;
    this.ticks = 0;
    this.signalling = new Signalling({ relay, keys, seat, listener: this.signallingListener() });
    this.alarms = new Alarms(() => this.suspect());
  }

  start() {
    this.listener.changed("connecting");
    this.signalling.connect();
    this.ticker = setInterval(() => this.tick(), TICK_MS);
  }

  stop() {
    clearInterval(this.ticker);
    this.alarms.stop();
    this.signalling.stop();
    this.dropNext();
    this.dropPeer();
  }

  /** On purpose: the kiosk is told, so that it does not take it for a cut, and ends the connection itself. */
  async leave() {
    const limit = new Promise((done) => setTimeout(done, GOODBYE_LIMIT_MS));
    if (this.peer) await Promise.race([this.peer.goodbye(), limit]);
    this.stop();
  }

  send(message) {
    return this.peer?.send(message) ?? false;
  }

  tryNow() {
    this.signalling.connect();
  }

  signallingListener() {
    return {
      joined: () => this.connected || this.prepare(),
      ready: () => this.connected || this.insist(),
      answer: (sdp) => this.answered(sdp),
      refused: (reason) => this.refused(reason),
      peer: (present) => present || this.unconnected("waiting"),
      servers: ({ ice, relay_only }) => (this.servers = { ice: ice ?? [], relay_only: Boolean(relay_only) }),
      unreachable: (waitMs) => this.unconnected("unreachable", { seconds: Math.ceil(waitMs / 1000) }),
    };
  }

  /** Before the first connection the whole page says why; afterwards the consultation stays on screen. */
  unconnected(state, details) {
    if (!this.everConnected) this.listener.changed(state, details);
  }

  refused(reason) {
    if (reason === "closed") return this.finish("ended");
    if (reason === "no_relay") return this.blocked();
    if (reason === "unsuited" && this.everConnected) return undefined; // this browser has proved itself
    if (reason !== "dead") return this.finish(reason);
    this.deadSince ??= performance.now();
    const patient = this.everConnected && performance.now() - this.deadSince < DEAD_LINK_PATIENCE_MS;
    return patient ? undefined : this.finish("dead");
  }

  /** The kiosk's network lets nothing through: the next offer follows when this one is given up. */
  blocked() {
    this.isBlocked = true;
    this.unconnected("blocked");
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

  dropNext() {
    this.next?.close();
    this.next = null;
  }

  // Making a connection.

  /** Gather the next connection's candidates while the two sides still greet each other. */
  prepare() {
    this.dropNext();
    const peer = new Peer(this.media, this.servers, this.peerListener(() => peer));
    peer.description = peer.offer();
    this.next = peer;
    return peer;
  }

  /** A fresh connection with a fresh offer; the session, what was received and the old connection stay. */
  async offer() {
    if (!this.everConnected && !this.isBlocked) this.listener.changed("connecting");
    const fresh = this.next && !this.next.offeredAt && this.next.servers === this.servers;
    const peer = fresh ? this.next : this.prepare();
    peer.offeredAt = performance.now();
    const sdp = await peer.description;
    if (peer !== this.next) return;
    if (this.connected) return this.dropNext(); // the old one has come back meanwhile
    if (!(this.signalling.ready && (await this.signalling.offer(sdp))) && peer === this.next) this.dropNext();
  }

  /** The kiosk has put the new connection in the place of the old one. */
  async answered(sdp) {
    const peer = this.next;
    if (!peer?.awaitsAnswer) return;
    this.next = null;
    this.isBlocked = false;
    this.dropPeer();
    this.peer = peer;
    this.answeredAt = performance.now();
    await peer.accept(sdp);
    if (peer !== this.peer) return;
    if (this.everConnected && !this.cut) this.lose();
    this.listener.tracks(peer);
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
    this.everConnected = true;
    this.deadSince = undefined;
    this.peer.heardAt = performance.now();
    this.peer.everOpen = true;
    this.restored();
    this.listener.opened(this.peer);
  }

  restored() {
    this.connected = true;
    this.cut = false;
    this.signalling.urgent(false);
    this.listener.changed("connected");
  }

  received(message) {
    if (message.type === "end") this.finish(message.reason === "tampered" ? "tampered" : "ended");
    else this.listener.live(message);
  }

  // Noticing that it is gone, or back.

  peerState(state) {
    if (state === "closed") this.dropPeer();
    if (state === "failed" || state === "closed") this.lose();
  }

  /** The old connection is kept: whichever is first to bring something, it or a new one, goes on. */
  lose() {
    this.connected = false;
    if (!this.everConnected || this.cut) return;
    this.cut = true;
    this.cutAt = performance.now();
    this.listener.changed("reconnecting");
    this.signalling.urgent(true);
  }

  /** The computer has slept or changed its network: the connection may be dead, the way to the relay too. */
  suspect() {
    if (this.connected) this.lose();
    else if (this.cut) this.signalling.renew();
  }

  tick() {
    this.ticks += 1;
    this.alarms.tick();
    this.peer?.skew?.look();
    if (this.peer && (this.cut || this.ticks % LISTEN_TICKS === 0)) this.peer.listen();
    if (this.connected && this.peer.silentMs > SILENCE_MS) this.lose();
    else if (this.cut && this.peer?.everOpen && this.peer.heardAt > this.cutAt) this.revived();
    else if (!this.connected) this.insist();
  }

  /** An offer that is on its way stays: the kiosk may answer it, and then goes on with the new connection. */
  revived() {
    if (!this.next?.offeredAt) this.dropNext();
    this.restored();
    this.listener.revived(this.peer);
  }

  /** What was offered and not answered, or answered and not opened, is offered again. */
  insist() {
    const now = performance.now();
    const limitMs = this.cut ? ANSWER_AGAIN_LIMIT_MS : ANSWER_LIMIT_MS;
    if (this.next?.offeredAt && now - this.next.offeredAt > limitMs) this.unanswered();
    const opening = this.peer && !this.peer.everOpen && now - this.answeredAt < OPENING_LIMIT_MS;
    if (!opening && !this.next?.offeredAt && this.mayOffer) this.offer();
  }

  unanswered() {
    this.dropNext();
    if (this.cut) this.signalling.renew();
  }

  /**
   * After a cut only by a way to the relay that has proved itself since: TCP would deliver late what was sent into
   * a dead one, and the kiosk would give up a connection that has come back meanwhile.
   */
  get mayOffer() {
    return this.signalling.ready && (!this.cut || this.signalling.renewedAt > this.cutAt);
  }
}
