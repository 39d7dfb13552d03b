// The sound from 20 to 1000 Hz, as it arrives and before any filter. The band that one listens to is shaded.

const LOW_HZ = 20;
const HIGH_HZ = 1000;
const LINES_HZ = [20, 50, 100, 200, 500, 1000];
const TOP_DB = -10;
const BOTTOM_DB = -100;
const TEXT_PX = 13;

export class Spectrum {
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
  }

  fit() {
    const ratio = devicePixelRatio;
    const [width, height] = [this.canvas.clientWidth * ratio, this.canvas.clientHeight * ratio].map(Math.round);
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    this.ratio = ratio;
    this.floor = height - (TEXT_PX + 6) * ratio;
  }

  x(frequencyHz) {
    const margin = 12 * this.ratio;
    const share = Math.log(frequencyHz / LOW_HZ) / Math.log(HIGH_HZ / LOW_HZ);
    return margin + share * (this.canvas.width - 2 * margin);
  }

  y(db) {
    return ((TOP_DB - Math.max(BOTTOM_DB, Math.min(TOP_DB, db))) / (TOP_DB - BOTTOM_DB)) * this.floor;
  }

  /** `analyser` null: only the axis. `band`: what the filter lets pass, or null for all. */
  draw(analyser, band) {
    this.fit();
    const style = getComputedStyle(this.canvas);
    this.pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    if (band) this.shade(band, style.getPropertyValue("--accent-soft"));
    this.axis(style);
    if (analyser) this.trace(analyser, style.color);
  }

  shade([low, high], colour) {
    this.pen.fillStyle = colour;
    const left = this.x(Math.max(LOW_HZ, low));
    this.pen.fillRect(left, 0, this.x(Math.min(HIGH_HZ, high)) - left, this.floor);
  }

  axis(style) {
    this.pen.strokeStyle = style.getPropertyValue("--line");
    this.pen.fillStyle = style.getPropertyValue("--ink-soft");
    this.pen.lineWidth = this.ratio;
    this.pen.font = `${TEXT_PX * this.ratio}px ${style.fontFamily}`;
    LINES_HZ.forEach((frequencyHz, index) => {
      const x = this.x(frequencyHz);
      this.pen.beginPath();
      this.pen.moveTo(x, 0);
      this.pen.lineTo(x, this.floor);
      this.pen.stroke();
      this.pen.textAlign = ["start", ...Array(LINES_HZ.length - 2).fill("center"), "end"][index];
      const shift = index ? 0 : -8 * this.ratio;
      const end = index === LINES_HZ.length - 1 ? 8 * this.ratio : 0;
      const words = end ? `${frequencyHz} Hz` : String(frequencyHz);
      this.pen.fillText(words, x + shift + end, this.canvas.height - 4 * this.ratio);
    });
  }

  trace(analyser, colour) {
    this.levels ??= new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(this.levels);
    const stepHz = analyser.context.sampleRate / analyser.fftSize;
    this.pen.strokeStyle = colour;
    this.pen.lineWidth = 1.5 * this.ratio;
    this.pen.lineJoin = "round";
    this.pen.beginPath();
    for (let bin = Math.ceil(LOW_HZ / stepHz); bin * stepHz <= HIGH_HZ; bin += 1) {
      this.pen.lineTo(this.x(bin * stepHz), this.y(this.levels[bin]));
    }
    this.pen.stroke();
  }
}
