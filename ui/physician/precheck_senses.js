// Looks at the physician's own picture and listens to the own microphone. Nothing leaves this page.

const WIDTH = 32;
const HEIGHT = 24;
const TONE_HZ = 440;
const TONE_S = 1.2;
const TONE_LEVEL = 0.12;
const FADE_S = 0.15;

/** Brightness and age of what a video shows. */
export class Eye {
  constructor(video) {
    this.video = video;
    const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
    this.pen = canvas.getContext("2d", { willReadFrequently: true });
    this.restart();
  }

  restart() {
    this.since = this.movedAt = performance.now();
    this.pictures = -1;
  }

  look() {
    const now = performance.now();
    const pictures = this.video.getVideoPlaybackQuality().totalVideoFrames;
    if (pictures !== this.pictures) this.movedAt = now;
    this.pictures = pictures;
    const brightest = this.video.readyState >= 2 ? this.brightest() : null;
    return { sinceMs: now - this.since, stillMs: now - this.movedAt, brightest };
  }

  brightest() {
    this.pen.drawImage(this.video, 0, 0, WIDTH, HEIGHT);
    const { data } = this.pen.getImageData(0, 0, WIDTH, HEIGHT);
    let most = 0;
    for (let at = 0; at < data.length; at += 4) {
      most = Math.max(most, 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2]);
    }
    return most;
  }
}

/** How loud the microphone is. `close` when the call begins. */
export class Ear {
  constructor(stream) {
    this.context = new AudioContext();
    this.analyser = this.context.createAnalyser();
    this.analyser.fftSize = 4096; // 85 ms at 48 kHz: looked at more often than that, nothing is missed
    this.samples = new Float32Array(this.analyser.fftSize);
    this.context.createMediaStreamSource(stream).connect(this.analyser);
    this.since = performance.now();
    this.loudest = 0;
  }

  /** `level` is the loudest of the latest moment, `loudest` of all, both 0 to 1. */
  listen() {
    this.analyser.getFloatTimeDomainData(this.samples);
    const level = this.samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    this.loudest = Math.max(this.loudest, level);
    return { level, loudest: this.loudest, sinceMs: performance.now() - this.since };
  }

  close() {
    return this.context.close();
  }
}

/** A soft tone, faded in and out; resolves when it is over. */
export async function playTone() {
  const context = new AudioContext();
  const [tone, volume] = [context.createOscillator(), context.createGain()];
  const [begin, end] = [context.currentTime, context.currentTime + TONE_S];
  tone.frequency.value = TONE_HZ;
  volume.gain.setValueAtTime(0, begin);
  volume.gain.linearRampToValueAtTime(TONE_LEVEL, begin + FADE_S);
  volume.gain.setValueAtTime(TONE_LEVEL, end - FADE_S);
  volume.gain.linearRampToValueAtTime(0, end);
  tone.connect(volume).connect(context.destination);
  tone.start(begin);
  tone.stop(end);
  await new Promise((resolve) => (tone.onended = resolve));
  await context.close();
}
