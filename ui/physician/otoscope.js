// The otoscope's picture: asked for, shown large, frozen on a canvas, kept in the record by the kiosk.

import { byId, clockTime, setText } from "./dom.js";
import { Picture } from "./picture.js";
import { drawEars } from "./points.js";
import { onLanguage, t } from "./strings.js";

const ANSWER_MS = 8000;

/** `send(message)` talks to the kiosk. */
export class Otoscope {
  constructor(send) {
    this.send = send;
    this.on = false;
    this.askedAt = null;
    this.frozenAt = null;
    this.keep = null; // null, "asked" or the time when the kiosk had it
    this.picture = new Picture(byId("otoscope"));
    this.canvas = byId("otoscope-frozen");
    byId("otoscope-switch").onclick = () => this.ask(!this.on);
    byId("otoscope-freeze").onclick = () => (this.frozenAt ? this.resume() : this.freeze());
    byId("otoscope-keep").onclick = () => this.keepPicture();
    byId("otoscope-full").onclick = () => this.fullScreen();
    byId("swap").onclick = () => this.swap();
    onLanguage(() => {
      drawEars(byId("otoscope-ear"));
      this.draw();
    });
  }

  track(track) {
    this.picture.show(new MediaStream([track]));
  }

  ask(on) {
    if (this.send({ type: "request", what: "otoscope", on })) this.askedAt = performance.now();
    this.draw();
  }

  /** The kiosk's word on whether it sends the picture. */
  changed(on) {
    if (on !== this.on) byId("stage").dataset.main = on || this.frozenAt ? "otoscope" : "patient";
    this.on = on;
    this.askedAt = null;
    if (on) this.picture.restart();
    this.draw();
  }

  lost() {
    this.picture.lost();
    this.draw();
  }

  freeze() {
    const { video } = this.picture;
    this.canvas.width = video.videoWidth;
    this.canvas.height = video.videoHeight;
    this.canvas.getContext("2d").drawImage(video, 0, 0);
    this.frozenAt = Date.now();
    this.keep = null;
    this.draw();
  }

  resume() {
    this.frozenAt = null;
    this.keep = null;
    if (!this.on) byId("stage").dataset.main = "patient";
    this.draw();
  }

  /** The kiosk keeps the picture of this moment: show the same one, not an older frozen one. */
  keepPicture() {
    this.freeze();
    const ear = byId("otoscope-ear");
    if (this.send({ type: "keep", what: "otoscope", site: ear.value })) this.keep = "asked";
    ear.value = ""; // the next picture may be of the other one
    this.draw();
  }

  kept(reading) {
    if (this.keep !== "asked") return;
    this.keep = reading.t0;
    this.draw();
  }

  swap() {
    const stage = byId("stage");
    stage.dataset.main = stage.dataset.main === "otoscope" ? "patient" : "otoscope";
  }

  fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else byId("otoscope-figure").requestFullscreen();
  }

  get shown() {
    return this.on || this.frozenAt !== null;
  }

  status() {
    if (this.askedAt !== null) {
      return performance.now() - this.askedAt < ANSWER_MS ? "otoscope.asked" : "otoscope.noAnswer";
    }
    if (!this.on) return this.frozenAt ? "otoscope.stopped" : "otoscope.off";
    return { none: "otoscope.waiting", stalled: "otoscope.stalled", moving: "otoscope.live" }[this.picture.state];
  }

  badge() {
    if (!this.frozenAt) return t(this.status());
    if (this.keep === "asked") return t("otoscope.keeping", { time: clockTime(this.frozenAt) });
    if (this.keep) return t("otoscope.kept", { time: clockTime(this.keep) });
    return t("otoscope.frozen", { time: clockTime(this.frozenAt) });
  }

  draw() {
    const moving = this.picture.state === "moving";
    byId("stage").toggleAttribute("data-otoscope", this.shown);
    byId("otoscope-figure").hidden = !this.shown;
    byId("otoscope-figure").toggleAttribute("data-frozen", this.frozenAt !== null);
    this.canvas.hidden = this.frozenAt === null;
    byId("otoscope-tools").hidden = !this.shown;
    byId("swap").hidden = !this.shown;
    byId("otoscope-freeze").disabled = this.frozenAt === null && !(this.on && moving);
    byId("otoscope-keep").disabled = !(this.on && moving);
    setText(byId("otoscope-freeze"), t(this.frozenAt ? "otoscope.resume" : "otoscope.freeze"));
    setText(byId("otoscope-keep"), t(this.frozenAt ? "otoscope.keepFrozen" : "otoscope.keep"));
    setText(byId("otoscope-switch"), t(this.on ? "otoscope.stop" : "otoscope.start"));
    setText(byId("otoscope-status"), this.badge());
    setText(byId("otoscope-badge"), this.badge());
  }
}
