// What the physician's headphones get: the live sound or a recorded one, never both, never the voice.

import { filterSections } from "./heart_filters.js";

const SPECTRUM_SAMPLES = 16384; // 3 Hz apart at 48 kHz: the lowest heart sounds can be told apart
const LEVEL_SAMPLES = 2048;
const FADE_S = 0.02; // no click when the volume moves

/**
 * input → filter → volume → headphones. No gain is ever changed but by the physician.
 * `element` is muted: Chromium gives Web Audio the sound of a remote track only while an element plays it.
 */
export class Ear {
  constructor(element) {
    this.element = element;
    this.element.muted = true;
    this.context = new AudioContext();
    this.input = this.context.createGain();
    this.volume = this.context.createGain();
    this.spectrum = new AnalyserNode(this.context, { fftSize: SPECTRUM_SAMPLES, smoothingTimeConstant: 0.6 });
    this.before = new AnalyserNode(this.context, { fftSize: LEVEL_SAMPLES });
    this.after = new AnalyserNode(this.context, { fftSize: LEVEL_SAMPLES });
    this.input.connect(this.spectrum);
    this.input.connect(this.before);
    this.volume.connect(this.after);
    this.volume.connect(this.context.destination);
    this.sections = [];
    this.filter("wide");
  }

  filter(name) {
    for (const node of [this.input, ...this.sections]) node.disconnect();
    this.input.connect(this.spectrum);
    this.input.connect(this.before);
    this.sections = filterSections(this.context, name);
    let last = this.input;
    for (const node of [...this.sections, this.volume]) last = last.connect(node);
  }

  gain(factor) {
    this.volume.gain.setTargetAtTime(factor, this.context.currentTime, FADE_S);
  }

  /** The live sound of `stream`, until `hush` or `play`. */
  listen(stream) {
    this.hush();
    this.element.srcObject = stream;
    this.element.play().catch((error) => console.info("not playing", error.name));
    this.source = this.context.createMediaStreamSource(stream);
    this.source.connect(this.input);
    this.context.resume();
  }

  /** A recorded sound from `offsetS` on; `ended` is called when it came to its end by itself. */
  play(buffer, offsetS, loop, ended) {
    this.hush();
    const source = new AudioBufferSourceNode(this.context, { buffer, loop });
    source.onended = () => source === this.source && ended();
    source.connect(this.input);
    source.start(0, offsetS);
    this.source = source;
    this.context.resume();
  }

  hush() {
    this.source?.disconnect();
    if (this.source instanceof AudioBufferSourceNode) this.source.stop();
    this.source = null;
    this.element.srcObject = null;
  }

  close() {
    this.hush();
    this.context.close();
  }
}
