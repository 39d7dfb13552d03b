// While the line does not carry video: the latest still picture in its place, and unmistakably as such.

import { byId, clockTime, setText } from "./dom.js";
import { onLanguage, t } from "./strings.js";

const JPEG = /^[A-Za-z0-9+/]+=*$/;

/** One picture of the page: "face" or "otoscope". */
class StillPicture {
  constructor(what) {
    this.image = byId(`${what}-still`);
    this.badge = byId(`${what}-still-badge`);
    this.paused = false;
    this.takenAt = null;
  }

  change(state) {
    this.paused = state === "paused";
    if (!this.paused) this.forget();
    this.draw();
  }

  take({ t0, jpeg }) {
    if (!this.paused || typeof jpeg !== "string" || !JPEG.test(jpeg) || Number.isNaN(Date.parse(t0))) return;
    if (this.takenAt !== null && Date.parse(t0) < Date.parse(this.takenAt)) return;
    this.takenAt = t0;
    this.image.src = `data:image/jpeg;base64,${jpeg}`;
    this.draw();
  }

  forget() {
    this.takenAt = null;
    this.image.removeAttribute("src");
  }

  draw() {
    this.image.hidden = this.takenAt === null;
    this.image.alt = t("still.picture");
    this.badge.hidden = !this.paused;
    this.badge.parentElement.toggleAttribute("data-still", this.paused);
    const words = this.takenAt === null ? t("still.none") : t("still.badge", { time: clockTime(this.takenAt) });
    setText(this.badge, this.paused ? words : "");
  }
}

export class Stills {
  constructor() {
    this.pictures = { face: new StillPicture("face"), otoscope: new StillPicture("otoscope") };
    onLanguage(() => this.draw());
  }

  /** The kiosk's word on which of its pictures move: "live" or "paused". */
  changed(message) {
    for (const [what, picture] of Object.entries(this.pictures)) picture.change(message[what]);
  }

  take(message) {
    if (Object.hasOwn(this.pictures, message.what)) this.pictures[message.what].take(message);
  }

  isPaused(what) {
    return this.pictures[what].paused;
  }

  draw() {
    for (const picture of Object.values(this.pictures)) picture.draw();
  }
}
