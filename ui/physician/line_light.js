// The light of the line and its sentence. They change together, and a sentence stays long enough to be read.

import { byId, setText } from "./dom.js";
import { onLanguage, t } from "./strings.js";

const READ_MS = 5000;
const WAITS = ["good", "fair", "poor"]; // a cut is shown at once, and so is a new connection
const SAID = ["fair", "poor", "cut"]; // a good line needs no words, an unknown one has none yet

export class LineLight {
  constructor() {
    this.quality = "unknown";
    this.changedAt = 0;
    onLanguage(() => this.draw());
  }

  /** Once a second: good, fair, poor, cut or unknown. */
  show(quality, nowMs = performance.now()) {
    const isYoung = nowMs - this.changedAt < READ_MS;
    if (quality === this.quality || (isYoung && this.isHeld(quality))) return;
    this.quality = quality;
    this.changedAt = nowMs;
    this.draw();
  }

  isHeld(next) {
    return this.quality !== "good" && WAITS.includes(this.quality) && WAITS.includes(next);
  }

  draw() {
    byId("line").dataset.quality = this.quality;
    setText(byId("line-name"), t(`line.${this.quality}`));
    setText(byId("line-text"), t(`line.${this.quality}.text`));
    setText(byId("line-say"), SAID.includes(this.quality) ? t(`line.${this.quality}.text`) : "");
  }
}
