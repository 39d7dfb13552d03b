// Recorded sounds as they arrive from the kiosk: asked for, put together piece by piece, asked for again.

const DECODING_RATE_HZ = 48000;

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

/** One recorded sound. `buffer` is there once it has arrived and can be played. */
export class Clip {
  constructor(reading) {
    Object.assign(this, { id: reading.id, t0: reading.t0, site: reading.attachment.site });
    this.wanted = false;
    this.empty();
  }

  empty() {
    this.pieces = [];
    this.chunks = 0;
    this.bytes = 0;
    this.buffer = null;
    this.broken = false;
  }

  begin({ chunks, bytes, duration_s }) {
    if (bytes !== this.bytes || chunks !== this.chunks) this.empty();
    Object.assign(this, { chunks, bytes, durationS: duration_s });
  }

  /** True when it was the next piece. */
  add({ n, data }) {
    if (!this.chunks || n !== this.pieces.length) return false;
    this.pieces.push(bytesOf(data));
    return true;
  }

  get arrived() {
    return this.chunks > 0 && this.pieces.length === this.chunks;
  }

  /** 0 to 1. */
  get progress() {
    return this.chunks ? this.pieces.length / this.chunks : 0;
  }

  /** Works without a network and without a loudspeaker. */
  async decode() {
    const whole = await new Blob(this.pieces).arrayBuffer();
    const context = new OfflineAudioContext(1, 1, DECODING_RATE_HZ);
    this.buffer = await context.decodeAudioData(whole);
  }
}

/** All of a session, the newest first. `changed(clip)` after every piece, `ready(clip)` when it can be played. */
export class Clips {
  constructor(send, changed, ready) {
    Object.assign(this, { send, changed, ready });
    this.all = [];
  }

  /** A sound is in the record. `now`: it was just made, and is sent without being asked for. */
  kept(reading, now) {
    const clip = new Clip(reading);
    this.all.push(clip);
    this.all.sort((a, b) => Date.parse(b.t0) - Date.parse(a.t0));
    if (now) this.want(clip);
    this.changed(clip);
  }

  want(clip) {
    clip.wanted = true;
    this.send({ type: "clip_wanted", id: clip.id, first: clip.pieces.length });
  }

  /** A new connection: what was on its way is asked for from where it stopped. */
  reopened() {
    for (const clip of [...this.all].reverse()) if (clip.wanted && !clip.arrived) this.want(clip);
  }

  find(id) {
    return this.all.find((clip) => clip.id === id);
  }

  header(message) {
    this.find(message.id)?.begin(message);
  }

  async piece(message) {
    const clip = this.find(message.id);
    if (!clip?.add(message)) return;
    this.changed(clip);
    if (clip.arrived) await this.finish(clip);
  }

  async finish(clip) {
    try {
      await clip.decode();
    } catch (error) {
      console.info("a recorded sound cannot be played", error.name);
      clip.empty();
      Object.assign(clip, { wanted: false, broken: true });
    }
    this.changed(clip);
    if (clip.buffer) this.ready(clip);
  }
}
