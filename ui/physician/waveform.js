// The picture of a recorded sound: loudest and lowest of each column, and where it is being played.

const SMALLEST = 0.02; // of full scale: a silent recording must not look loud

/** The lowest and highest sample of each of `columns`, as [low, high]. */
export function envelope(samples, columns) {
  const step = samples.length / columns;
  return Array.from({ length: columns }, (_, column) => {
    let [low, high] = [Infinity, -Infinity];
    const end = Math.max(Math.floor(column * step) + 1, Math.floor((column + 1) * step));
    for (let at = Math.floor(column * step); at < end; at += 1) {
      low = Math.min(low, samples[at]);
      high = Math.max(high, samples[at]);
    }
    return [low, high];
  });
}

export class Waveform {
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
  }

  show(buffer) {
    this.buffer = buffer;
    this.columns = null;
  }

  /** `share`: how far it was played, 0 to 1. */
  draw(share) {
    const ratio = devicePixelRatio;
    const [width, height] = [this.canvas.clientWidth * ratio, this.canvas.clientHeight * ratio].map(Math.round);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      Object.assign(this.canvas, { width, height });
      this.columns = null;
    }
    this.pen.clearRect(0, 0, width, height);
    if (!this.buffer || !width) return;
    this.measure(width);
    const style = getComputedStyle(this.canvas);
    this.bars(style.color, height);
    this.head(style.getPropertyValue("--ink"), share * width, height, ratio);
  }

  measure(width) {
    if (this.columns) return;
    this.columns = envelope(this.buffer.getChannelData(0), width);
    this.loudest = this.columns.reduce((most, [low, high]) => Math.max(most, -low, high), SMALLEST);
  }

  bars(colour, height) {
    this.pen.fillStyle = colour;
    const scale = (height / 2 - 2) / this.loudest;
    this.columns.forEach(([low, high], x) => {
      this.pen.fillRect(x, height / 2 - high * scale, 1, Math.max(1, (high - low) * scale));
    });
  }

  head(colour, x, height, ratio) {
    this.pen.fillStyle = colour;
    this.pen.fillRect(Math.max(0, x - ratio), 0, 2 * ratio, height);
  }
}
