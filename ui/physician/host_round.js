// One visit of the host to the relay, in the kiosk's place of a guest's room: the kiosk's side of the handshake.
// Contract: docs/security.md, "Signalling" and "A room for a guest". The guest's side: round.js.

import { sign, toBase64Url, verify } from "./link.js";

const ROOM_OVER = 4000;
const NONCES_KEPT = 8;
const WORD = /^[A-Za-z0-9_-]{16,64}$/;

const newNonce = () => toBase64Url(crypto.getRandomValues(new Uint8Array(16)));

function readObject(text) {
  try {
    const message = JSON.parse(text);
    return message && typeof message === "object" ? message : {};
  } catch (error) {
    console.warn("relay sent no JSON", error.message);
    return {};
  }
}

/**
 * `guest`: {keys, token, seat}; the seat is written once a guest has proved itself.
 * `listener`, each with this round first: joined(), offer(sdp), seated(), servers(message), rejected(reason),
 * tampered(), closed(event).
 */
export class HostRound {
  constructor({ relay, guest, listener }) {
    Object.assign(this, { guest, listener });
    this.nonces = []; // ours, the newest first
    this.guestNonce = "";
    this.joined = this.over = false;
    this.used = new Set();
    const query = new URLSearchParams({ room: guest.keys.room, role: "host", token: guest.token });
    this.socket = new WebSocket(`${relay}?${query}`);
    let inOrder = Promise.resolve();
    this.socket.onmessage = (event) => {
      inOrder = inOrder.then(() => this.receive(event.data));
    };
    this.socket.onclose = (event) => inOrder.then(() => this.tell("closed", event));
  }

  tell(what, ...details) {
    if (!this.over) this.listener[what](this, ...details);
  }

  /** Nothing is told of it any more. The room stays. */
  drop() {
    this.over = true;
    this.socket.close();
  }

  /** The guest is told, and the room is over. */
  async finish() {
    this.over = true;
    if (this.guestNonce) await this.reject("closed");
    this.socket.close(ROOM_OVER);
  }

  async receive(text) {
    if (this.over) return;
    if (!this.joined) {
      this.joined = true;
      this.tell("joined");
    }
    const message = readObject(text);
    if (message.type === "peer") await this.peerChanged(message.present === true);
    else if (message.type === "servers") this.tell("servers", message);
    else if (message.type === "hello") await this.hello(message);
    else if (message.type === "offer") await this.proven(message, message.sdp, "offer");
    else if (message.type === "reject") await this.proven(message, message.reason, "rejected");
  }

  /** Everything that was signed before is worthless once a new round begins. */
  async peerChanged(present) {
    this.guestNonce = "";
    this.used.clear();
    if (!present) return;
    this.nonces = [newNonce(), ...this.nonces].slice(0, NONCES_KEPT);
    const [nonce] = this.nonces;
    this.transmit({ type: "hello", nonce, mac: await sign(this.guest.keys.kiosk, { type: "hello", kioskNonce: nonce }) });
  }

  async hello({ nonce, seat, mac }) {
    const formed = WORD.test(nonce) && WORD.test(seat);
    const genuine = formed
      && (await verify(this.guest.keys.physician, { type: "hello", pageNonce: nonce, seat }, mac));
    if (!genuine) return this.tampered();
    if (this.guest.seat && this.guest.seat !== seat) return this.rejectSeat(nonce, seat);
    this.guest.seat = seat;
    this.guestNonce = nonce;
    this.tell("seated");
  }

  async rejectSeat(pageNonce, seat) {
    const claim = { type: "reject", kioskNonce: this.nonces[0], pageNonce, seat, body: "used" };
    this.transmit({ type: "reject", reason: "used", mac: await sign(this.guest.keys.kiosk, claim) });
  }

  claim(type, body, kioskNonce = this.nonces[0]) {
    return { type, kioskNonce, pageNonce: this.guestNonce, seat: this.guest.seat, body };
  }

  /** What a true guest said before a round of ours that it had not heard of is late, and no sign of tampering. */
  async proven(message, body, what) {
    if (!this.guestNonce) return;
    const key = this.guest.keys.physician;
    const signed = (nonce) => verify(key, this.claim(message.type, body, nonce), message.mac);
    if (typeof body !== "string") return this.tampered();
    if (await signed(this.nonces[0])) {
      if (!this.used.has(message.mac)) this.tell(what, body);
      this.used.add(message.mac);
      return;
    }
    for (const nonce of this.nonces.slice(1)) if (await signed(nonce)) return;
    await this.tampered();
  }

  async answer(sdp) {
    const mac = await sign(this.guest.keys.kiosk, this.claim("answer", sdp));
    this.transmit({ type: "answer", sdp, mac });
  }

  async reject(reason) {
    const mac = await sign(this.guest.keys.kiosk, this.claim("reject", reason));
    this.transmit({ type: "reject", reason, mac });
  }

  async tampered() {
    await this.reject("tampered");
    this.tell("tampered");
  }

  transmit(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }
}
