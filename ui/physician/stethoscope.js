// The stethoscope: its own audio element, never processed, never mixed with the voice. Headphones first.

import { byId, clockTime, setText } from "./dom.js";
import { onLanguage, t } from "./strings.js";

const QUIETEST_DB = -60;

/** A look at the sound for the meter: it leads to no output, so playback is not touched. */
class LevelMeter {
  constructor(stream) {
    this.context = new AudioContext();
    this.analyser = this.context.createAnalyser();
    this.analyser.fftSize = 2048;
    this.context.createMediaStreamSource(stream).connect(this.analyser);
    this.samples = new Float32Array(this.analyser.fftSize);
  }

  /** 0 (silence) to 1 (full scale). */
  get level() {
    this.analyser.getFloatTimeDomainData(this.samples);
    const power = this.samples.reduce((sum, sample) => sum + sample * sample, 0) / this.samples.length;
    const db = 10 * Math.log10(power + 1e-12);
    return Math.min(1, Math.max(0, 1 - db / QUIETEST_DB));
  }

  close() {
    this.context.close();
  }
}

/** `send(message)` talks to the kiosk. */
export class Stethoscope {
  constructor(send) {
    this.send = send;
    this.on = false;
    this.listening = false;
    this.record = null; // null, "asked" or the time when the kiosk had it
    this.audio = byId("stethoscope");
    this.dialog = byId("headphones");
    byId("stethoscope-switch").onclick = () => (this.listening ? this.stop() : this.dialog.showModal());
    byId("headphones-on").onclick = () => this.start();
    byId("headphones-cancel").onclick = () => this.dialog.close();
    byId("stethoscope-record").onclick = () => this.keep();
    byId("stethoscope-volume").oninput = (event) => (this.audio.volume = event.target.value / 100);
    onLanguage(() => this.draw());
  }

  track(track) {
    this.stream = new MediaStream([track]);
    if (this.listening) this.play();
  }

  start() {
    this.dialog.close();
    this.listening = true;
    this.send({ type: "request", what: "stethoscope", on: true });
    if (this.stream) this.play();
    this.draw();
  }

  play() {
    this.audio.srcObject = this.stream;
    this.audio.play().catch((error) => console.info("not playing", error.name));
    this.meter?.close();
    this.meter = new LevelMeter(this.stream);
    requestAnimationFrame(() => this.showLevel());
  }

  stop() {
    this.send({ type: "request", what: "stethoscope", on: false });
    this.silence();
  }

  silence() {
    this.listening = false;
    this.audio.srcObject = null;
    this.meter?.close();
    this.meter = null;
    this.draw();
  }

  /** The kiosk's word on whether it sends the sound. */
  changed(on) {
    const ended = this.on && !on;
    this.on = on;
    if (ended) this.silence();
    else this.draw();
  }

  /** After a cut the kiosk may have forgotten: ask again for what is being listened to. */
  reopened() {
    if (this.listening) this.send({ type: "request", what: "stethoscope", on: true });
  }

  keep() {
    if (this.send({ type: "keep", what: "stethoscope" })) this.record = "asked";
    this.draw();
  }

  kept(reading) {
    if (this.record !== "asked") return;
    this.record = reading.t0;
    this.draw();
  }

  showLevel() {
    if (!this.meter) return;
    byId("stethoscope-level").value = this.meter.level;
    requestAnimationFrame(() => this.showLevel());
  }

  status() {
    if (this.record === "asked") return t("stethoscope.recording");
    if (this.record && this.listening) return t("stethoscope.recorded", { time: clockTime(this.record) });
    if (this.listening) return t(this.on ? "stethoscope.on" : "otoscope.asked");
    return t(this.on ? "stethoscope.ready" : "stethoscope.off");
  }

  draw() {
    const button = byId("stethoscope-switch");
    button.setAttribute("aria-checked", String(this.listening));
    byId("stethoscope-tools").hidden = !this.listening;
    byId("stethoscope-record").disabled = !(this.on && this.listening);
    setText(byId("stethoscope-status"), this.status());
  }
}
