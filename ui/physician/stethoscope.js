// The stethoscope: live or recorded, said plainly which; never mixed with the voice. Headphones first.

import { Clips } from "./clip.js";
import { byId, clockTime, el, setText } from "./dom.js";
import { Ear } from "./ear.js";
import { BANDS } from "./heart_filters.js";
import { Level } from "./level.js";
import { Player } from "./player.js";
import { drawPoints, pointName } from "./points.js";
import { Spectrum } from "./spectrum.js";
import { onLanguage, t } from "./strings.js";

const FRAME_MS = 60;
const CALM_FRAME_MS = 500;
const RECENT_MS = 60000;
const SAID_SOUNDS = ["noisy", "silent"]; // what is too loud is seen here as well

/** `send(message)` talks to the kiosk. */
export class Stethoscope {
  constructor(send) {
    this.send = send;
    this.on = false;
    this.live = true; // false: the line is too narrow, the kiosk sends recordings
    this.sound = "listening"; // what the kiosk says of it
    this.listening = false;
    this.connections = 0;
    this.record = null; // null, "asked" or the time when the kiosk had it
    this.filter = "wide";
    this.dialog = byId("headphones");
    this.point = byId("stethoscope-point");
    this.spectrum = new Spectrum(byId("stethoscope-spectrum"));
    this.player = new Player(() => this.ears(), () => this.playedOut());
    this.clips = new Clips(send, () => this.drawClips(), (clip) => this.arrived(clip));
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.drawnAt = 0;
    this.wire();
    onLanguage(() => this.redraw());
  }

  wire() {
    byId("stethoscope-switch").onclick = () => (this.listening ? this.stop() : this.dialog.showModal());
    byId("headphones-on").onclick = () => this.start();
    byId("headphones-cancel").onclick = () => this.dialog.close();
    byId("stethoscope-record").onclick = () => this.keep();
    byId("stethoscope-ask").onclick = () => this.askPoint();
    byId("stethoscope-volume").oninput = () => this.setVolume();
    this.point.onchange = () => this.draw();
    for (const choice of document.getElementsByName("stethoscope-filter")) {
      choice.onchange = () => this.setFilter(choice.value);
    }
  }

  /** The headphones; made when a person has asked for a sound, as browsers want it. */
  ears() {
    if (!this.ear) {
      this.ear = new Ear(byId("stethoscope"));
      this.level = new Level(this.ear);
      this.ear.filter(this.filter);
      this.setVolume();
      requestAnimationFrame((now) => this.frame(now));
    }
    return this.ear;
  }

  setFilter(name) {
    this.filter = name;
    this.ear?.filter(name);
    this.spectrum.draw(this.ear?.spectrum ?? null, BANDS[name]);
  }

  /** The lowest place is silence, the highest four times as loud. */
  setVolume() {
    const slider = byId("stethoscope-volume");
    const silent = slider.value === slider.min;
    const words = silent ? t("stethoscope.silent") : t("stethoscope.decibels", { value: slider.value });
    setText(byId("stethoscope-gain"), words);
    slider.setAttribute("aria-valuetext", words);
    this.ear?.gain(silent ? 0 : 10 ** (Number(slider.value) / 20));
  }

  track(track) {
    this.stream = new MediaStream([track]);
    if (this.listening && !this.player.playing) this.play();
  }

  start() {
    this.dialog.close();
    this.listening = true;
    this.send({ type: "request", what: "stethoscope", on: true });
    this.play();
    this.draw();
  }

  play() {
    if (!this.stream) return;
    this.player.interrupted();
    this.hear();
  }

  /** The live sound, while it is one: what a narrow line left of it would be taken for the heart's. */
  hear() {
    if (this.live) this.ears().listen(this.stream);
    else this.ears().hush();
  }

  /** A recorded sound has ended: back to the live one. */
  playedOut() {
    if (this.listening) this.play();
    this.draw();
  }

  stop() {
    this.send({ type: "request", what: "stethoscope", on: false });
    this.silence();
  }

  silence() {
    this.listening = false;
    if (!this.player.playing) this.ear?.hush();
    this.draw();
  }

  /** The kiosk's word on whether it sends the sound, whether the line can carry it live, and how it is. */
  changed(on, live = true, sound = "listening") {
    const ended = this.on && !on, turned = live !== this.live;
    Object.assign(this, { on, live, sound });
    if (turned && this.listening && this.stream && !this.player.playing) this.hear();
    if (ended) this.silence();
    else this.draw();
  }

  /** After a cut the kiosk may have forgotten: ask again for what is being listened to. */
  reopened() {
    this.connections += 1;
    if (this.listening) this.send({ type: "request", what: "stethoscope", on: true });
    this.clips.reopened();
  }

  askPoint() {
    if (this.send({ type: "point", site: this.point.value })) this.asked = this.point.value;
    this.draw();
  }

  keep() {
    if (this.send({ type: "keep", what: "stethoscope", site: this.point.value })) this.record = "asked";
    this.draw();
  }

  kept(reading) {
    if (this.record === "asked") this.record = reading.t0;
    if (this.asked === reading.attachment.site) this.asked = null;
    if (reading.attachment.content_type === "audio/flac") this.clips.kept(reading, this.isNew(reading));
    this.draw();
  }

  /** Not one of before this page was opened: those are fetched when the physician wants to hear them. */
  isNew(reading) {
    return !reading.history || this.connections > 1;
  }

  arrived(clip) {
    if (!this.player.playing) this.player.show(clip);
    this.draw();
  }

  choose(clip) {
    if (!clip.wanted) this.clips.want(clip);
    this.player.show(clip);
    this.drawClips();
  }

  frame(now) {
    requestAnimationFrame((next) => this.frame(next));
    if (now - this.drawnAt < (this.calm.matches ? CALM_FRAME_MS : FRAME_MS)) return;
    this.drawnAt = now;
    if (byId("stethoscope-tools").hidden) return;
    const { level, clipping } = this.level.look(now);
    byId("stethoscope-level").value = level;
    byId("stethoscope-clipping").hidden = !clipping;
    if (clipping) setText(byId("stethoscope-clipping"), t(`stethoscope.clipping.${clipping}`));
    this.spectrum.draw(this.ear.source ? this.ear.spectrum : null, BANDS[this.filter]);
  }

  status() {
    if (this.record === "asked") return t("stethoscope.recording");
    if (this.asked) return t("stethoscope.asked", { point: pointName(this.asked) });
    const recent = this.record && Date.now() - Date.parse(this.record) < RECENT_MS;
    if (recent && this.listening) return t("stethoscope.recorded", { time: clockTime(this.record) });
    if (this.on && !this.live) return t("stethoscope.narrow");
    if (this.listening) return t(this.on ? "stethoscope.on" : "otoscope.asked");
    return t(this.on ? "stethoscope.ready" : "stethoscope.off");
  }

  /** What the headphones have: "live", "recorded" or "none". */
  get hearing() {
    if (this.player.playing) return "recorded";
    return this.listening && this.on && this.live ? "live" : "none";
  }

  draw() {
    byId("stethoscope-card").dataset.hearing = this.hearing;
    byId("stethoscope-switch").setAttribute("aria-checked", String(this.listening));
    byId("stethoscope-tools").hidden = !(this.listening || this.clips.all.length);
    byId("stethoscope-live").hidden = this.hearing !== "live";
    byId("stethoscope-narrow").hidden = !(this.on && !this.live);
    this.drawSound();
    byId("stethoscope-record").disabled = !this.on;
    byId("stethoscope-ask").disabled = !this.point.value;
    setText(byId("stethoscope-status"), this.status());
  }

  drawSound() {
    const told = this.on && SAID_SOUNDS.includes(this.sound);
    byId("stethoscope-sound").hidden = !told;
    if (told) setText(byId("stethoscope-sound"), t(`stethoscope.sound.${this.sound}`));
  }

  drawClips() {
    const all = this.clips.all;
    byId("clips").hidden = !all.length;
    if (!this.player.clip && all.length) this.player.show(all[0]);
    byId("clip-list").replaceChildren(...all.map((clip) => this.choice(clip)));
    byId("clip-list").hidden = all.length < 2 && all[0]?.wanted;
    this.player.draw();
    byId("stethoscope-tools").hidden = !(this.listening || all.length);
  }

  choice(clip) {
    const current = clip === this.player.clip;
    const words = `${pointName(clip.site)} · ${clockTime(clip.t0)}`;
    const note = clip.wanted ? (clip.buffer ? "" : t("clip.short", { percent: Math.floor(clip.progress * 100) })) : t("clip.fetch");
    const button = el("button", { type: "button", "data-testid": "clip-choice", "aria-pressed": String(current) }, [words, note].filter(Boolean).join(" · "));
    button.onclick = () => this.choose(clip);
    return el("li", {}, button);
  }

  redraw() {
    drawPoints(this.point);
    this.setVolume();
    this.draw();
    this.drawClips();
    this.spectrum.draw(null, BANDS[this.filter]);
  }
}
