// The physician's page: puts the parts together. What each message means: docs/live-data.md.

import { Call } from "./call.js";
import { byId, setText } from "./dom.js";
import { GuestHost } from "./guest_host.js";
import { takeGuestSeat } from "./guest_seat.js";
import { History } from "./history.js";
import { Inbox } from "./inbox.js";
import { Instruments } from "./instruments.js";
import { Line } from "./line.js";
import { deriveKeys, LinkError, takeLink, takeSeat } from "./link.js";
import { OwnMedia } from "./media.js";
import { Narrow } from "./narrow.js";
import { Otoscope } from "./otoscope.js";
import { Parts } from "./parts.js";
import { Picture } from "./picture.js";
import { Precheck } from "./precheck.js";
import { completed, createReadings, noteClock } from "./readings.js";
import { FINAL, Screens } from "./screens.js";
import { Stethoscope } from "./stethoscope.js";
import { Stills } from "./still.js";
import { onLanguage, switchLanguage, t, translatePage } from "./strings.js";
import { Tiles } from "./tiles.js";
import { Trace } from "./trace.js";
import { Words } from "./words.js";

const TICK_MS = 1000;
const LINE_REPORT_EVERY = 2;

class Consultation {
  constructor(link) {
    this.link = link;
    this.pageId = crypto.randomUUID();
    this.isGuest = link.role === "guest";
    const send = (message) => (!this.isGuest && this.call?.send(message)) ?? false;
    this.readings = createReadings();
    this.screens = new Screens(() => this.messageAction());
    this.media = new OwnMedia();
    this.precheck = new Precheck({ media: this.media, link });
    this.patient = new Picture(byId("patient"));
    this.tiles = new Tiles(this.readings);
    this.history = new History(this.readings);
    this.traces = { pleth: new Trace("pleth"), ecg: new Trace("ecg") };
    this.instruments = new Instruments();
    this.otoscope = new Otoscope(send);
    this.stethoscope = new Stethoscope(send);
    this.line = new Line();
    this.narrow = new Narrow();
    this.stills = new Stills();
    this.parts = new Parts((message) => this.live(message));
    this.words = new Words(() => this.end("different"));
    this.inbox = new Inbox(this.readings, (fresh) => this.show(fresh), (ids) => send({ type: "seen", ids }));
    this.guests = this.isGuest ? null : new GuestHost({ relay: link.relay, send, words: this.words, media: this.media });
    this.ticks = 0;
    onLanguage(() => this.drawHello());
    if (!this.isGuest) this.precheck.begin(); // a guest comes while the line may be in use
    byId("join-button").onclick = () => this.join();
    byId("leave").onclick = () => this.end("left");
    setInterval(() => this.tick(), TICK_MS);
  }

  async join() {
    this.precheck.stop();
    byId("join-button").disabled = true;
    setText(byId("join-button"), t("join.preparing"));
    await this.media.open();
    byId("join-button").disabled = false;
    setText(byId("join-button"), t("join.button"));
    const keys = await deriveKeys(this.link.secret);
    this.call = new Call({ relay: this.link.relay, keys, seat: takeSeat(), media: this.media, listener: this });
    this.call.start();
  }

  async end(state) {
    await this.guests?.finish();
    if (state === "left" && !this.isGuest) await this.call?.leave();
    else this.call?.stop();
    if (!FINAL.includes(this.screens.state)) this.changed(state); // else the kiosk was faster
  }

  messageAction() {
    if (this.screens.state === "unreachable") this.call.tryNow();
    else this.join();
  }

  // What the call tells.

  changed(state, details) {
    const again = this.screens.state === "reconnecting" && state === "connected";
    this.screens.show(state, details);
    if (again) setText(byId("status"), t("state.again"));
    if (state === "reconnecting") this.lost();
    if (!FINAL.includes(state)) return;
    this.guests?.finish();
    this.media.close();
    this.stethoscope.silence();
    this.line.reset();
  }

  lost() {
    this.line.cut();
    this.patient.lost();
    this.otoscope.lost();
    this.drawPatient();
  }

  tracks(peer) {
    this.patient.show(new MediaStream([peer.voice.receiver.track, peer.face.receiver.track]));
    this.otoscope.track(peer.otoscope.receiver.track);
    this.stethoscope.track(peer.stethoscope.receiver.track);
    this.guests?.tracks(peer);
  }

  opened(peer) {
    peer.send({ type: "page", id: this.pageId }); // another page than before has seen nothing yet
    this.line.reset();
    this.parts.clear();
    this.words.compute(this.link.secret, peer.descriptions);
    this.stethoscope.reopened();
    this.narrow.opened(peer);
    this.guests?.connected();
  }

  /** The line came back before a new connection was needed. */
  revived(peer) {
    this.line.reset();
    this.tracks(peer);
    this.drawPatient();
  }

  wave(wave) {
    if (wave.type === "reading") return this.reading(wave, (whole) => this.guests?.wave(whole)); // a copy, maybe sooner
    this.guests?.wave(wave);
    if (wave.type !== "wave" || !wave.samples.length) return;
    const spanMs = Number(wave.period_ms) * (wave.samples.length - 1);
    noteClock(this.readings, Date.parse(wave.t0) + spanMs, Date.now());
    if (wave.metric === "cuff_pressure") this.tiles.cuff(wave);
    else if (Object.hasOwn(this.traces, wave.metric)) this.traces[wave.metric].push(wave);
  }

  reading(reading, pass) {
    const whole = completed(this.readings, reading);
    if (!whole) return;
    pass(whole);
    this.inbox.take(whole);
  }

  live(message) {
    if (message.type === "reading") return this.reading(message, (whole) => this.guests?.live(whole));
    this.guests?.live(message);
    if (message.type === "instruments") this.instruments.changed(message.items);
    else if (message.type === "media") this.mediaChanged(message);
    else if (message.type === "clip") this.stethoscope.clips.header(message);
    else if (message.type === "clip_data") this.stethoscope.clips.piece(message);
    else if (message.type === "hello") this.hello(message);
    else if (message.type === "video") this.videoChanged(message);
    else if (message.type === "still") this.stills.take(message);
    else if (message.type === "part") this.parts.take(message);
  }

  hello(message) {
    this.greeting = message;
    this.drawHello();
  }

  drawHello() {
    if (!this.greeting) return;
    setText(byId("site"), this.greeting.site);
    setText(byId("session-number"), t("session", { number: this.greeting.session }));
  }

  mediaChanged({ otoscope, stethoscope, stethoscope_live: live, sound, muted }) {
    this.otoscope.changed(otoscope);
    this.stethoscope.changed(stethoscope, live, sound);
    byId("patient-muted").hidden = !muted;
  }

  videoChanged(message) {
    this.stills.changed(message);
    this.drawPatient();
  }

  show(fresh) {
    this.tiles.draw();
    this.history.add(fresh);
    for (const reading of fresh) this.noticeKept(reading);
    if (fresh.some((reading) => reading.kind === "cuff")) this.tiles.cuffDone();
  }

  noticeKept(reading) {
    if (this.isGuest && reading.history) return; // its sound cannot be asked for
    const part = { otoscope: this.otoscope, stethoscope: this.stethoscope }[reading.kind];
    if (part && reading.attachment) part.kept(reading);
  }

  // Once a second.

  async tick() {
    this.ticks += 1;
    this.tiles.tick();
    this.otoscope.draw();
    this.stethoscope.draw();
    this.drawPatient();
    if (this.call?.connected) await this.reportLine(this.call.peer);
  }

  drawPatient() {
    const picture = this.patient.state;
    const words = picture === "stalled" ? "patient.stalled" : "patient.noPicture";
    const cut = this.screens.state === "reconnecting";
    byId("patient-state").hidden = !cut && (picture === "moving" || this.stills.isPaused("face"));
    setText(byId("patient-state"), t(cut ? "state.reconnectingShort" : words));
  }

  async reportLine(peer) {
    peer.send({ type: "ping", id: String(this.ticks) });
    const report = await this.line.measure(peer, this.stills.isPaused("face"));
    if (peer !== this.call?.peer) return;
    this.narrow.see(peer, this.line.availableBps, this.line.voiceLoss);
    if (report && this.ticks % LINE_REPORT_EVERY === 0) peer.send({ ...report, picture: this.narrow.line.picture });
  }
}

function usable() {
  return Boolean(globalThis.isSecureContext && globalThis.RTCPeerConnection && navigator.mediaDevices);
}

function begin() {
  byId("language").onclick = switchLanguage;
  try {
    if (!usable()) throw new LinkError("unsupported");
    const link = takeLink();
    if (link.role === "guest") takeGuestSeat();
    onLanguage(translatePage);
    new Consultation(link);
  } catch (error) {
    if (!(error instanceof LinkError)) throw error;
    onLanguage(translatePage);
    new Screens(() => {}).show(error.message === "unsupported" ? "unsupported" : "wrong");
  }
  addEventListener("hashchange", () => location.reload());
}

begin();
