// A live wave: a sweep from left to right, like a monitor's. Lost samples leave a hole, never a line.

import { byId } from "./dom.js";
import { onLanguage, t } from "./strings.js";

const WINDOW_S = 6;
const WINDOW_MS = WINDOW_S * 1000;
const ERASED_MS = 300; // blank ahead of the sweep
const PLAYOUT_MS = 150; // smooths the network's jitter
const CALM_STEP_MS = 500; // redraw interval for people who asked for less motion
const SMALLEST_SPAN = 8;

/** Samples in kiosk time with what the trace needs: `joined` when the one before it was not lost. */
export class WaveBuffer {
  constructor() {
    this.startAgain();
  }

  /** Also when the kiosk's clock was set back by more than the window. */
  startAgain() {
    this.points = [];
    this.lead = null; // our clock minus the kiosk's, at the fastest arrival
  }

  /** `wave` as in the contract; a late or repeated chunk is left out. */
  push(wave, nowMs) {
    const periodMs = Number(wave.period_ms);
    const startMs = Date.parse(wave.t0);
    if (startMs < this.points[0]?.at - WINDOW_MS) this.startAgain();
    const last = this.points.at(-1);
    if (last && startMs <= last.at - periodMs / 2) return;
    const follows = Boolean(last) && !wave.gap && wave.seq === this.sequence + 1
      && startMs - last.at < periodMs * 2.5;
    wave.samples.forEach((value, index) => {
      this.points.push({ at: startMs + index * periodMs, value, joined: index > 0 || follows });
    });
    this.sequence = wave.seq;
    this.measureLead(nowMs);
    this.forget();
  }

  measureLead(nowMs) {
    const lead = nowMs - this.points.at(-1).at;
    // Creeps up slowly, so that a kiosk clock that was set back does not stop the trace for ever.
    this.lead = this.lead === null ? lead : Math.min(lead, this.lead + 0.2);
  }

  forget() {
    const oldest = this.points.at(-1).at - WINDOW_MS;
    while (this.points[0].at < oldest) this.points.shift();
  }

  /** Points to show now, oldest first. */
  visible(nowMs) {
    if (this.lead === null) return { headMs: nowMs, points: [] };
    const headMs = nowMs - this.lead - PLAYOUT_MS;
    const tailMs = headMs - WINDOW_MS + ERASED_MS;
    return { headMs, points: this.points.filter((point) => point.at <= headMs && point.at > tailMs) };
  }
}

/** `name`: of its canvas and of its texts. */
export class Trace {
  constructor(name) {
    this.name = name;
    this.canvas = byId(name);
    this.pen = this.canvas.getContext("2d");
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.drawnAt = 0;
    this.reset();
    new ResizeObserver(() => this.fit()).observe(this.canvas);
    onLanguage(() => this.label());
  }

  reset() {
    this.buffer = new WaveBuffer();
    this.span = null;
  }

  label() {
    byId(`${this.name}-note`).textContent = t(`${this.name}.note`, { n: WINDOW_S });
    byId(`${this.name}-none`).textContent = t(`${this.name}.none`);
  }

  fit() {
    const ratio = devicePixelRatio;
    this.canvas.width = Math.round(this.canvas.clientWidth * ratio);
    this.canvas.height = Math.round(this.canvas.clientHeight * ratio);
  }

  push(wave) {
    this.canvas.parentElement.hidden = false;
    if (wave.samples.length) this.buffer.push(wave, performance.now());
    this.running ??= requestAnimationFrame((now) => this.frame(now));
  }

  frame(nowMs) {
    requestAnimationFrame((next) => this.frame(next));
    if (this.calm.matches && nowMs - this.drawnAt < CALM_STEP_MS) return;
    this.drawnAt = nowMs;
    const { headMs, points } = this.buffer.visible(nowMs);
    byId(`${this.name}-none`).hidden = points.length > 0;
    this.pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    if (points.length) this.draw(headMs, points);
  }

  /** The vertical scale widens at once and narrows slowly: the unit has no scale of its own. */
  scale(points) {
    const values = points.map((point) => point.value);
    const low = Math.min(...values);
    const high = Math.max(low + SMALLEST_SPAN, ...values);
    const before = this.span ?? { low, high };
    this.span = {
      low: Math.min(low, before.low + (low - before.low) * 0.02),
      high: Math.max(high, before.high + (high - before.high) * 0.02),
    };
    return this.span;
  }

  draw(headMs, points) {
    const { low, high } = this.scale(points);
    const { width, height } = this.canvas;
    const margin = height * 0.08;
    const x = (at) => (((at % WINDOW_MS) + WINDOW_MS) % WINDOW_MS / WINDOW_MS) * width;
    const y = (value) => height - margin - ((value - low) / (high - low)) * (height - 2 * margin);
    this.pen.lineWidth = 2 * devicePixelRatio;
    this.pen.lineJoin = "round";
    this.pen.strokeStyle = this.pen.fillStyle = getComputedStyle(this.canvas).color;
    this.pen.beginPath();
    let lastX = Infinity;
    for (const point of points) {
      const here = x(point.at);
      if (point.joined && here > lastX) this.pen.lineTo(here, y(point.value));
      else this.pen.moveTo(here, y(point.value));
      lastX = here;
    }
    this.pen.stroke();
    this.head(x, y, points.at(-1), headMs);
  }

  /** A dot where the trace is being written, while it is. */
  head(x, y, point, headMs) {
    if (headMs - point.at > 200) return;
    this.pen.beginPath();
    this.pen.arc(x(point.at), y(point.value), 3.5 * devicePixelRatio, 0, 2 * Math.PI);
    this.pen.fill();
  }
}
