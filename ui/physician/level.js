// How loud the sound is, and whether it is cut off: at the instrument, or by the physician's own volume.

const QUIETEST_DB = -60;
const FULL_SCALE = 0.985;
const HOLD_MS = 1500; // long enough to be seen

export class Level {
  constructor(ear) {
    this.ear = ear;
    this.samples = new Float32Array(ear.before.fftSize);
    this.clippedAt = { instrument: -Infinity, volume: -Infinity };
  }

  peak(analyser) {
    analyser.getFloatTimeDomainData(this.samples);
    return this.samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  }

  /** 0 (silence) to 1 (full scale), of what arrives; and "instrument", "volume" or null for what cuts it off. */
  look(nowMs) {
    const power = () => this.samples.reduce((sum, sample) => sum + sample * sample, 0) / this.samples.length;
    if (this.peak(this.ear.before) >= FULL_SCALE) this.clippedAt.instrument = nowMs;
    const db = 10 * Math.log10(power() + 1e-12);
    if (this.peak(this.ear.after) > 1) this.clippedAt.volume = nowMs;
    const clipping = ["instrument", "volume"].find((where) => nowMs - this.clippedAt[where] < HOLD_MS) ?? null;
    return { level: Math.min(1, Math.max(0, 1 - db / QUIETEST_DB)), clipping };
  }
}
