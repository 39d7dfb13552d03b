// How far the voice comes behind the lips: by what is played, and the kiosk's word on its two clocks.

import { median } from "./median.js";

const VOICE_KHZ = 48, FACE_KHZ = 90; // RFC 7587 section 4.1, RFC 6184 section 8.2.1

/** Whether this browser can be told what to wait for, and says what it plays. Else it brings lips and voice together. */
export function isSteerable() {
  const known = globalThis.RTCRtpReceiver?.prototype ?? {};
  return "jitterBufferTarget" in known && "getSynchronizationSources" in known;
}

/**
 * The description with its voice in a stream of its own (a=msid, RFC 8830): the browser leaves both alone.
 *
 * Its own control and ours would follow each other, and both only ever later.
 */
export function withVoiceApart(description) {
  return description.replace(/^m=audio [^]*?^a=msid:/m, "$&voice-");
}

/** Since when, on the kiosk's clock, what is played has been under way: up to a constant that all tracks share. */
function lateMs({ timestamp, rtpTimestamp }, clock, khz) {
  return timestamp - ((rtpTimestamp - clock) | 0) / khz; // RTP times wrap round at 32 bits
}

/** Of one connection. */
export class Skew {
  constructor(voice, face) {
    Object.assign(this, { voice, face });
    this.clocks = this.played = null;
    this.samples = [];
  }

  /** `clocks`: the RTP times of one instant, in the voice and in the face. */
  told(clocks) {
    this.clocks = clocks;
  }

  /** Several times a second: what has just been played. A picture that stands says nothing. */
  look() {
    const [voice] = this.voice.getSynchronizationSources(), [face] = this.face.getSynchronizationSources();
    if (!this.clocks || !voice || !face || face.rtpTimestamp === this.played) return;
    this.played = face.rtpTimestamp;
    this.samples.push(lateMs(voice, this.clocks.voice, VOICE_KHZ) - lateMs(face, this.clocks.face, FACE_KHZ));
  }

  /** The voice behind the lips since the last time, in ms; undefined when no new picture was played. */
  take() {
    return median(this.samples.splice(0));
  }
}
