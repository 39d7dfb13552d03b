// Plays one recorded sound: play, pause, loop, and a place to start from by mouse, finger or keyboard.

import { byId, clockTime, setText } from "./dom.js";
import { pointName } from "./points.js";
import { t } from "./strings.js";
import { Waveform } from "./waveform.js";

const STEP_S = 0.5;

const seconds = (value) => value.toLocaleString(document.documentElement.lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

export class Player {
  /** `ear()` gives the headphones; `stopped()` is called when it plays no more. */
  constructor(ear, stopped) {
    Object.assign(this, { ear, stopped });
    this.clip = null;
    this.playing = false;
    this.loop = false;
    this.offsetS = 0;
    this.waveform = new Waveform(byId("clip-wave"));
    this.slider = byId("clip-slider");
    byId("clip-play").onclick = () => this.toggle();
    byId("clip-loop").onclick = () => this.setLoop(!this.loop);
    this.slider.onpointerdown = (event) => this.point(event);
    this.slider.onpointermove = (event) => event.buttons && this.point(event);
    this.slider.onkeydown = (event) => this.key(event);
  }

  show(clip) {
    if (clip !== this.clip) {
      this.pause();
      this.offsetS = 0;
    }
    this.clip = clip;
    this.waveform.show(clip.buffer);
    this.draw();
  }

  get durationS() {
    return this.clip?.buffer?.duration ?? 0;
  }

  get positionS() {
    if (!this.playing) return this.offsetS;
    const at = this.offsetS + this.ear().context.currentTime - this.startedS;
    return this.loop ? at % this.durationS : Math.min(at, this.durationS);
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  play() {
    if (!this.clip?.buffer) return;
    if (this.offsetS >= this.durationS) this.offsetS = 0;
    this.playing = true;
    this.startedS = this.ear().context.currentTime;
    this.ear().play(this.clip.buffer, this.offsetS, this.loop, () => this.ended());
    this.frame();
  }

  pause() {
    if (!this.playing) return;
    this.offsetS = this.positionS;
    this.playing = false;
    this.ear().hush();
    this.stopped();
    this.draw();
  }

  /** The live sound has taken the headphones. */
  interrupted() {
    if (!this.playing) return;
    this.offsetS = this.positionS;
    this.playing = false;
    this.draw();
  }

  ended() {
    this.pause();
    this.offsetS = 0;
    this.draw();
  }

  setLoop(on) {
    const playing = this.playing;
    if (playing) this.offsetS = this.positionS;
    this.loop = on;
    if (playing) this.play();
    this.draw();
  }

  seek(atS) {
    this.offsetS = Math.min(Math.max(0, atS), this.durationS);
    if (this.playing) this.play();
    this.draw();
  }

  point(event) {
    const box = this.slider.getBoundingClientRect();
    this.seek(((event.clientX - box.left) / box.width) * this.durationS);
  }

  key(event) {
    const to = {
      ArrowLeft: this.positionS - STEP_S, ArrowDown: this.positionS - STEP_S,
      ArrowRight: this.positionS + STEP_S, ArrowUp: this.positionS + STEP_S, Home: 0, End: this.durationS,
    }[event.key];
    if (to !== undefined) this.seek(to);
    else if (event.key === " " || event.key === "Enter") this.toggle();
    else return;
    event.preventDefault();
  }

  frame() {
    this.draw();
    if (this.playing) requestAnimationFrame(() => this.frame());
  }

  draw() {
    const clip = this.clip;
    byId("clip").hidden = !clip;
    if (!clip) return;
    setText(byId("clip-what"), `${pointName(clip.site)} · ${clockTime(clip.t0)}`);
    this.drawArrival(clip);
    const values = { at: seconds(this.positionS), all: seconds(this.durationS) };
    setText(byId("clip-time"), t("clip.time", values));
    setText(byId("clip-play-name"), t(this.playing ? "clip.pause" : "clip.play"));
    byId("clip-play").dataset.playing = String(this.playing);
    byId("clip-loop").setAttribute("aria-pressed", String(this.loop));
    this.slider.setAttribute("aria-valuenow", this.positionS.toFixed(1));
    this.slider.setAttribute("aria-valuemax", this.durationS.toFixed(1));
    this.slider.setAttribute("aria-valuetext", t("clip.time", values));
    this.waveform.draw(this.durationS ? this.positionS / this.durationS : 0);
  }

  drawArrival(clip) {
    byId("clip-arriving").hidden = Boolean(clip.buffer);
    byId("clip-tools").hidden = !clip.buffer;
    byId("clip-progress").value = clip.progress;
    const key = clip.broken ? "clip.broken" : "clip.arriving";
    setText(byId("clip-arrived"), t(key, { percent: Math.floor(clip.progress * 100) }));
  }
}
