// One visit to the relay: a WebSocket of its own, nonces of its own, one offer and its answer.
// Contract: docs/security.md, "Signalling".

import { sign, toBase64Url, verify } from "./link.js";

/**
 * `listener`, each with this round first: joined(), ready(), answer(sdp), refused(reason), peer(present),
 * servers(message), closed(event).
 */
export class Round {
  constructor({ relay, keys, seat, listener }) {
    Object.assign(this, { keys, seat, listener });
    this.startedAt = performance.now();
    this.pageNonce = toBase64Url(crypto.getRandomValues(new Uint8Array(16)));
    this.kioskNonce = "";
    this.greeted = this.offered = this.joined = this.over = false;
    const query = new URLSearchParams({ room: keys.room, role: "physician", seat });
    this.socket = new WebSocket(`${relay}?${query}`);
    let inOrder = Promise.resolve();
    this.socket.onmessage = (event) => {
      inOrder = inOrder.then(() => this.receive(event.data));
    };
    this.socket.onclose = (event) => inOrder.then(() => this.tell("closed", event));
  }

  /** True when an offer can be sent now: both sides have shown their proof on this connection. */
  get ready() {
    return this.greeted && this.kioskNonce !== "" && this.socket.readyState === WebSocket.OPEN;
  }

  get ageMs() {
    return performance.now() - this.startedAt;
  }

  tell(what, ...details) {
    if (!this.over) this.listener[what](this, ...details);
  }

  /** Nothing is told of it any more. */
  drop() {
    this.over = true;
    this.socket.close();
  }

  async receive(text) {
    if (this.over) return;
    if (!this.joined) {
      this.joined = true;
      this.tell("joined");
    }
    await this.act(readObject(text));
  }

  async act(message) {
    if (message.type === "peer") await this.peerChanged(message.present === true);
    else if (message.type === "servers") this.tell("servers", message);
    else if (message.type === "hello") await this.hello(message);
    // What belongs to the connection before a reload cannot be proven, and is not acted upon.
    else if (message.type === "answer" && this.offered) await this.proven(message, message.sdp, "answer");
    else if (message.type === "reject" && this.kioskNonce) await this.proven(message, message.reason, "refused");
  }

  async peerChanged(present) {
    if (!present) this.kioskNonce = "";
    this.greeted = false;
    this.offered = false; // an answer to an offer of the round before cannot be proven any more
    this.tell("peer", present);
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
    if (isNew) this.tell("ready");
  }

  claim(type, body) {
    return { type, kioskNonce: this.kioskNonce, pageNonce: this.pageNonce, seat: this.seat, body };
  }

  async proven(message, body, what) {
    const genuine = typeof body === "string"
      && (await verify(this.keys.kiosk, this.claim(message.type, body), message.mac));
    if (genuine) this.tell(what, body);
    else await this.tampered();
  }

  /** False when a new round of hellos began meanwhile: the offer must then be made again. */
  async offer(sdp) {
    const claim = this.claim("offer", sdp);
    const mac = await sign(this.keys.physician, claim);
    if (claim.kioskNonce !== this.kioskNonce) return false;
    this.offered = true;
    return this.transmit({ type: "offer", sdp, mac });
  }

  /** Somebody changed a message on its way: tell the kiosk, and end here. */
  async tampered() {
    const mac = await sign(this.keys.physician, this.claim("reject", "tampered"));
    this.transmit({ type: "reject", reason: "tampered", mac });
    this.tell("refused", "tampered");
  }

  transmit(message) {
    const open = this.socket.readyState === WebSocket.OPEN;
    if (open) this.socket.send(JSON.stringify(message));
    return open;
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
