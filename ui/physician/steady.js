// How long voice and pictures wait before they are played: enough for a bad line, and the same for both.

// Of what comes in: above `lossy` a track waits `patientMs` for what was lost, below `clean` no longer.
const VOICE = { lossy: 0.02, clean: 0.005, patientMs: 80 }; // it comes again inside the next packet
const PICTURE = { lossy: 0.04, clean: 0.01, patientMs: 130 }; // asked for twice, it is there: nothing stands still

const STILL_LOOKS = 3; // so long a picture may stand on a bad line
const STUCK_LOOKS = 5;
// Apart by so much, one of them waits more, or less. With what the kiosk reports the voice late by: below 80.
const FACE_FIRST_MS = 30, VOICE_FIRST_MS = 20;
const FACE_MOST_MS = 1000;
const VOICE_MOST_MS = 400;

/** What lips and voice wait for each other: pure. `faceMs` and `voiceMs` are to be waited for at least, 0: nothing. */
export class LipSync {
  constructor() {
    this.faceMs = 0;
    this.voiceMs = 0;
    this.still = 0;
    this.stuck = 0;
  }

  /** `behindMs`: the voice behind the face, undefined while one of them stands; `...NowMs`: what each waits today. */
  see(behindMs, faceNowMs, voiceNowMs) {
    this.still = behindMs === undefined ? this.still + 1 : 0;
    if (this.still >= STILL_LOOKS) this.faceMs = this.voiceMs = 0; // nothing waits for what does not come
    const faceFirst = behindMs > FACE_FIRST_MS;
    const voiceFirst = behindMs < -VOICE_FIRST_MS;
    if (faceFirst && this.voiceMs) this.voiceMs = this.less(this.voiceMs, voiceNowMs - behindMs);
    else if (faceFirst) this.faceMs = Math.max(this.faceMs, Math.min(FACE_MOST_MS, faceNowMs + behindMs));
    else if (voiceFirst && this.faceMs) this.faceMs = this.less(this.faceMs, faceNowMs + behindMs);
    else if (voiceFirst) this.voiceMs = Math.max(this.voiceMs, Math.min(VOICE_MOST_MS, voiceNowMs - behindMs));
  }

  /**
   * Rather than that one waits more, the other waits less: `wantedMs` instead of `askedMs`. A buffer shrinks by 100 ms
   * a second; one that does not get there waits for reasons of its own, and is let go.
   */
  less(askedMs, wantedMs) {
    this.stuck = wantedMs < askedMs - 5 ? 0 : this.stuck + 1;
    if (this.stuck < STUCK_LOOKS) return Math.max(0, Math.min(askedMs, wantedMs));
    this.stuck = 0;
    return 0;
  }
}

function patience(before, loss, { lossy, clean, patientMs }) {
  if (loss > lossy) return patientMs;
  return loss < clean ? 0 : before;
}

/** Mean wait of what left the buffer between two reports, in ms; NaN when nothing did. */
function waitedMs(before, after) {
  const pieces = after.jitterBufferEmittedCount - before.jitterBufferEmittedCount;
  return ((after.jitterBufferDelay - before.jitterBufferDelay) / pieces) * 1000;
}

function wait(receiver, milliseconds) {
  const target = Math.round(milliseconds) || null;
  if ("jitterBufferTarget" in receiver && receiver.jitterBufferTarget !== target) receiver.jitterBufferTarget = target;
}

/** Of one connection. */
export class Steady {
  constructor() {
    this.lips = new LipSync();
    this.voicePatienceMs = this.picturePatienceMs = 0;
  }

  /** `loss` of the last second; `before` and `after`: two looks, with the statistics of `voice` and `face`. */
  see(peer, loss, before, after) {
    this.voicePatienceMs = patience(this.voicePatienceMs, loss, VOICE);
    this.picturePatienceMs = patience(this.picturePatienceMs, loss, PICTURE);
    if (before.voice && before.face) this.seeLips(before, after);
    wait(peer.voice.receiver, Math.max(this.voicePatienceMs, this.lips.voiceMs));
    wait(peer.face.receiver, Math.max(this.picturePatienceMs, this.lips.faceMs));
    wait(peer.otoscope.receiver, this.picturePatienceMs);
  }

  seeLips(before, { voice, face, behindMs }) {
    const faceMs = waitedMs(before.face, face), voiceMs = waitedMs(before.voice, voice);
    this.lips.see(Number.isFinite(faceMs + voiceMs) ? behindMs : undefined, faceMs, voiceMs);
  }
}
