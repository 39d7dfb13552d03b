// The way to the kiosk through the relay: proves who we are, carries one offer and one answer.
// Contract: docs/security.md, "Signalling".

import { sign, toBase64Url, verify } from "./link.js";

// Close codes of the relay. 4400 "replaced": this seat was taken over by another tab of the same browser.
const REFUSALS = { 4409: "used", 4404: "dead" };
const refusalOf = (event) => REFUSALS[event.code] ?? (event.reason === "replaced" ? "used" : null);

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 15000;

/** `listener`: ready(), answer(sdp), refused(reason), peer(present), unreachable(waitMs). */
export class Signalling {
  constructor({ relay, keys, seat, listener }) {
    Object.assign(this, { relay, keys, seat, listener });
    this.failures = 0;
    this.stopped = false;
  }

  connect() {
    clearTimeout(this.timer);
    const query = new URLSearchParams({ room: this.keys.room, role: "physician", seat: this.seat });
    const socket = new WebSocket(`${this.relay}?${query}`);
    this.socket = socket;
    this.pageNonce = toBase64Url(crypto.getRandomValues(new Uint8Array(16)));
    this.kioskNonce = "";
    this.greeted = false;
    this.offered = false;
    let inOrder = Promise.resolve();
    socket.onmessage = (event) => {
      inOrder = inOrder.then(() => this.receive(socket, event.data));
    };
    socket.onclose = (event) => inOrder.then(() => this.closed(socket, refusalOf(event)));
  }

  /** True when an offer can be sent now: both sides have shown their proof on this connection. */
  get ready() {
    return this.greeted && this.kioskNonce !== "" && this.socket.readyState === WebSocket.OPEN;
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    this.socket?.close();
  }

  closed(socket, refusal) {
    if (this.stopped || socket !== this.socket) return;
    this.kioskNonce = "";
    if (refusal) this.listener.refused(refusal);
    if (!this.stopped) this.retryLater();
  }

  retryLater() {
    const ceiling = Math.min(FIRST_DELAY_MS * 2 ** this.failures, LONGEST_DELAY_MS);
    const waitMs = Math.round(ceiling * (0.5 + Math.random() / 2));
    this.failures += 1;
    this.timer = setTimeout(() => this.connect(), waitMs);
    this.listener.unreachable(waitMs);
  }

  async receive(socket, text) {
    if (this.stopped || socket !== this.socket) return;
    this.failures = 0;
    const message = readObject(text);
    if (message.type === "peer") await this.peerChanged(message.present === true);
    else if (message.type === "hello") await this.hello(message);
    // What belongs to the connection before a reload cannot be proven, and is not acted upon.
    else if (message.type === "answer" && this.offered) await this.proven(message, message.sdp, this.listener.answer);
    else if (message.type === "reject" && this.kioskNonce) await this.proven(message, message.reason, this.listener.refused);
  }

  async peerChanged(present) {
    if (!present) this.kioskNonce = "";
    this.greeted = false;
    this.offered = false; // an answer to an offer of the round before cannot be proven any more
    this.listener.peer(present);
    if (present) await this.greet();
  }

  async greet() {
    this.greeted = true;
    const mac = await sign(this.keys.physician, { type: "hello", pageNonce: this.pageNonce, seat: this.seat });
    this.transmit({ type: "hello", nonce: this.pageNonce, seat: this.seat, mac });
  }

  async hello(message) {
    const claim = { type: "hello", kioskNonce: String(message.nonce) };
    if (!(await verify(this.keys.kiosk, claim, message.mac))) return this.tampered();
    const isNew = message.nonce !== this.kioskNonce;
    this.kioskNonce = message.nonce;
    if (!this.greeted) await this.greet();
    if (isNew) this.listener.ready();
  }

  claim(type, body) {
    return { type, kioskNonce: this.kioskNonce, pageNonce: this.pageNonce, seat: this.seat, body };
  }

  async proven(message, body, deliver) {
    const genuine = typeof body === "string"
      && (await verify(this.keys.kiosk, this.claim(message.type, body), message.mac));
    if (genuine) deliver(body);
    else await this.tampered();
  }

  async offer(sdp) {
    const claim = this.claim("offer", sdp);
    const mac = await sign(this.keys.physician, claim);
    if (claim.kioskNonce !== this.kioskNonce || claim.pageNonce !== this.pageNonce) return; // a new round began
    this.offered = true;
    this.transmit({ type: "offer", sdp, mac });
  }

  /** Somebody changed a message on its way: tell the kiosk, and end here. */
  async tampered() {
    const mac = await sign(this.keys.physician, this.claim("reject", "tampered"));
    this.transmit({ type: "reject", reason: "tampered", mac });
    this.listener.refused("tampered");
  }

  transmit(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }
}

function readObject(text) {
  try {
    const message = JSON.parse(text);
    return message && typeof message === "object" ? message : {};
  } catch (error) {
    console.warn("relay sent no JSON", error.message);
    return {};
  }
}
