// A third seat: this page invites one more person and passes on, by its own connection, what the kiosk sends.
// The kiosk sends nothing twice and no server sees anything. docs/decisions/0009.

import { GuestCard } from "./guest_card.js";
import { HostPeer } from "./host_peer.js";
import { HostSignalling } from "./host_signalling.js";
import { deriveKeys, fourWords, fromBase64Url, guestLink, hashOf, toBase64Url } from "./link.js";
import { LiveMemory } from "./live_memory.js";
import { VoiceMix } from "./voice_mix.js";

const STORED = "telecabine.guest"; // a reload of this page keeps the guest
const TICK_MS = 1000;
const GONE_AGAIN_MS = 3000;
const FAREWELL_MS = 200;
const PING_MAX = 64;
const CUT = ["disconnected", "failed", "closed"];

const random = (bytes) => toBase64Url(crypto.getRandomValues(new Uint8Array(bytes)));
const isPing = ({ type, id }) => type === "ping" && ["string", "number"].includes(typeof id) && String(id).length <= PING_MAX;

/** `send(message)` talks to the kiosk, `words` has the list, `media` the physician's own microphone. */
export class GuestHost {
  constructor({ relay, send, words, media }) {
    Object.assign(this, { relay, send, words, media });
    this.memory = new LiveMemory();
    this.servers = { ice: [], relay_only: false };
    this.card = new GuestCard({ invite: () => this.invite(), remove: () => this.remove() });
    this.guest = null;
    this.restoring = this.restore();
    setInterval(() => this.tick(), TICK_MS);
  }

  // Inviting and removing.

  async invite() {
    if (this.guest) return;
    await this.take({ secret: random(32), token: random(32), seat: "" });
    this.ask();
  }

  async take({ secret, token, seat }) {
    const keys = await deriveKeys(fromBase64Url(secret));
    this.guest = { secret, token, seat, keys, host: await hashOf(token) };
    this.keep();
    this.card.show("asked", { link: guestLink(secret, this.relay) });
  }

  async restore() {
    const stored = JSON.parse(sessionStorage.getItem(STORED) ?? "null");
    if (stored) await this.take(stored);
  }

  keep() {
    const { secret, token, seat } = this.guest;
    sessionStorage.setItem(STORED, JSON.stringify({ secret, token, seat }));
  }

  ask() {
    if (this.guest) this.send({ type: "invite", room: this.guest.keys.room, host: this.guest.host });
  }

  remove() {
    this.send({ type: "uninvite" });
    this.drop("none");
  }

  /** The kiosk's word: the room is open, or the helper does not want it. */
  settled({ room, allowed }) {
    if (!this.guest || room !== this.guest.keys.room) return;
    if (!allowed) return this.drop("removed");
    if (!this.signalling) this.card.show("waiting");
    this.signalling ??= this.signal();
  }

  signal() {
    const listener = {
      offer: (sdp) => this.offered(sdp),
      servers: ({ ice, relay_only }) => (this.servers = { ice: ice ?? [], relay_only: Boolean(relay_only) }),
      seated: () => this.keep(),
      rejected: () => this.left(),
      tampered: () => this.tampered(),
      gone: () => this.gone(),
    };
    const signalling = new HostSignalling({ relay: this.relay, guest: this.guest, listener });
    signalling.connect();
    return signalling;
  }

  /** The relay has forgotten the room: the kiosk opens it again, unless the helper has closed it. */
  gone() {
    this.signalling = null;
    setTimeout(() => this.ask(), GONE_AGAIN_MS);
  }

  tampered() {
    this.send({ type: "uninvite" });
    this.drop("tampered");
  }

  /** Nobody is invited any more; `state` is what the card says. */
  drop(state) {
    sessionStorage.removeItem(STORED);
    this.peer?.send({ type: "end", reason: "closed" });
    this.signalling?.finish();
    const { peer } = this;
    setTimeout(() => peer?.close(), FAREWELL_MS);
    this.guest = this.signalling = this.peer = null;
    this.plainVoice();
    this.card.show(state);
  }

  /** The physician leaves, or the consultation is over. Resolves when both others can have heard it. */
  async finish() {
    if (!this.guest) return;
    this.remove();
    await new Promise((resolve) => setTimeout(resolve, FAREWELL_MS));
  }

  // The guest's connection.

  async offered(sdp) {
    const { guest, signalling } = this;
    const peer = new HostPeer(this.servers, {
      opened: () => peer === this.peer && this.opened(peer),
      said: (message) => isPing(message) && peer.send({ type: "pong", id: message.id }), // a guest asks for nothing
      state: (state) => peer === this.peer && this.changed(state),
    });
    this.peer?.close();
    this.peer = peer;
    try {
      const answer = await peer.answer(sdp, this.tracksForGuest());
      if (peer !== this.peer) return; // the guest has offered another one meanwhile
      await signalling.answer(answer);
    } catch (error) {
      console.info("the guest's offer was not answered", error.name, error.message);
      peer.close();
      return;
    }
    const words = await fourWords(fromBase64Url(guest.secret), ...peer.descriptions, await this.words.list);
    if (peer === this.peer) this.card.compare(words);
  }

  opened(peer) {
    const [voice, face] = peer.guestTracks;
    for (const message of this.memory.soFar) peer.send(message);
    this.card.show("here", { stream: new MediaStream([voice, face]) });
    this.mix().voice("guest", voice);
    this.toKiosk();
  }

  changed(state) {
    if (state === "connected") this.card.show("here");
    else if (CUT.includes(state)) this.card.show("cut");
  }

  left() {
    this.peer?.close();
    this.peer = null;
    this.plainVoice();
    this.card.show("left");
  }

  tick() {
    if (this.peer && CUT.includes(this.peer.connection.connectionState)) this.signalling?.doubt();
  }

  // What goes where.

  mix() {
    this.mixing ??= new VoiceMix();
    this.mixing.voice("physician", this.media.audio ?? null);
    this.mixing.voice("patient", this.kiosk?.voice.receiver.track ?? null);
    return this.mixing;
  }

  tracksForGuest() {
    const { face, otoscope, stethoscope } = this.kiosk;
    const received = [face, otoscope, stethoscope].map((section) => section.receiver.track);
    return [this.mix().trackFor("guest"), ...received];
  }

  toKiosk() {
    this.kiosk?.voice.sender.replaceTrack(this.mix().trackFor("kiosk")).catch(notReplaced);
  }

  /** Without a guest the kiosk gets the microphone as it is. */
  plainVoice() {
    this.mixing?.close();
    this.mixing = null;
    this.kiosk?.voice.sender.replaceTrack(this.media.audio ?? null).catch(notReplaced);
  }

  // What the call to the kiosk tells.

  /** A connection to the kiosk, perhaps another one than before: its tracks take the place of the old ones. */
  tracks(peer) {
    this.kiosk = peer;
    if (!this.peer) return;
    this.peer.show(this.tracksForGuest()).catch(notReplaced);
    this.toKiosk();
  }

  async connected() {
    await this.restoring;
    if (this.guest) this.ask();
    else this.send({ type: "uninvite" }); // what this tab does not know of, nobody hosts
  }

  live(message) {
    if (message.type === "guest") this.settled(message);
    if (this.memory.take(message)) this.peer?.send(message);
  }

  wave(wave) {
    this.peer?.sendWave(wave);
  }
}

function notReplaced(error) {
  console.info("a track was not replaced", error.name); // the connection was closed meanwhile
}
