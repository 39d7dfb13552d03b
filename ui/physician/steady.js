// How long voice and pictures wait before they are played: enough for a bad line, and the same for both.

// Of what comes in: above `lossy` a track waits `patientMs` for what was lost, below `clean` no longer.
const VOICE = { lossy: 0.02, clean: 0.005, patientMs: 80 }; // it comes again inside the next packet
const PICTURE = { lossy: 0.04, clean: 0.01, patientMs: 130 }; // asked for twice, it is there: nothing stands still

const STILL_LOOKS = 3; // so long a picture may stand on a bad line
// Apart by so much, one of them waits more, or less. With what the kiosk reports the voice late by: below 80.
const FACE_FIRST_MS = 30, VOICE_FIRST_MS = 20;
const FACE_STAYS_FIRST_MS = 20; // nobody notices (ITU-R BT.1359-1), and the picture is that much newer
const FACE_MOST_MS = 1000;
const VOICE_MOST_MS = 400;
const SPARE_MS = 10, SPARE_STEP_MS = 25;
const SOON_MS = 50; // so far from where it is going, a track will be elsewhere in a second or two
const FALLING_MS = 150; // so far above where it is going: a burst of old pictures, or a wish that has just been taken back
const FALL_MS = 30; // by so much from one look to the next: more than when we let go
const SETTLED_MS = 15; // less than this from one look to the next: a track has come where it was going

/** What lips and voice wait for each other: pure. `faceMs` and `voiceMs` are to be waited for at least, 0: nothing. */
export class LipSync {
  constructor() {
    this.faceMs = 0;
    this.voiceMs = 0;
    this.still = 0;
    this.before = {};
  }

  /**
   * `behindMs`: the voice behind the face, undefined while one of them stands. Of each `nowMs`: what it waits today,
   * `goalMs`: where that goes, `spareMs`: how much less it would be without our wish. Rather than that one waits
   * more, the one that we hold waits less.
   */
  see(behindMs, face, voice) {
    const { before } = this;
    this.before = { face, voice };
    // For so late a picture the voice could not wait. Mostly they come in a burst after a hole, and in time again soon.
    const burst = behindMs < -VOICE_MOST_MS - this.faceMs;
    this.still = burst || behindMs === undefined ? this.still + 1 : 0;
    if (burst) this.expectFace(voice);
    if (this.still >= STILL_LOOKS) this.faceMs = this.voiceMs = 0; // nothing waits for what does not come
    if (this.still) return;
    this.lead(behindMs, trend(face, before.face), trend(voice, before.voice));
  }

  lead(behindMs, face, voice) {
    const aboveMs = face.nowMs - face.goalMs;
    // The face comes nearer by itself: a wish of the voice would come when it is there.
    if (behindMs < 0 && !face.stands && aboveMs > FALLING_MS) return this.expectFace(voice);
    const away = face.stands && aboveMs > SOON_MS; // not by our wish: without it, it would leap one day
    this.move(behindMs, face, voice, away);
    if (!away) this.relax(Math.min(face.spareMs, voice.spareMs, SPARE_STEP_MS));
  }

  /** When it is in time again, it is so with the voice. */
  expectFace(voice) {
    this.faceMs = Math.max(this.faceMs, Math.min(FACE_MOST_MS, voice.nowMs));
  }

  move(behindMs, face, voice, away) {
    const rises = voice.goalMs - voice.nowMs > SOON_MS ? voice.goalMs - voice.nowMs : 0;
    if (behindMs + rises > FACE_FIRST_MS) this.leadFace(behindMs + rises, face, voice);
    else if (behindMs < -VOICE_FIRST_MS) this.leadVoice(-behindMs, face, voice, away);
    // The browser needs less for itself, and the face would leap forward: not without the voice.
    else if (face.fallsMs > FALL_MS && face.spareMs < SPARE_MS) {
      this.faceMs = Math.max(this.faceMs, face.goalMs + face.fallsMs);
    }
  }

  leadFace(byMs, face, voice) {
    const held = this.voiceMs && voice.spareMs > SPARE_MS;
    const wantedMs = face.baseMs + byMs - FACE_STAYS_FIRST_MS;
    if (!held) this.faceMs = Math.max(this.faceMs, Math.min(FACE_MOST_MS, wantedMs));
    this.voiceMs = held ? less(this.voiceMs, voice.baseMs - byMs) : 0;
  }

  leadVoice(byMs, face, voice, away) {
    const held = this.faceMs && face.spareMs > SPARE_MS && !away;
    if (!held) this.voiceMs = Math.max(this.voiceMs, Math.min(VOICE_MOST_MS, voice.baseMs + byMs));
    if (!away) this.faceMs = held ? less(this.faceMs, face.baseMs - byMs) : 0;
  }

  /** Both are held: neither has a reason. */
  relax(spareMs) {
    if (!(spareMs > SPARE_MS && this.faceMs && this.voiceMs)) return;
    this.faceMs = less(this.faceMs, this.faceMs - spareMs);
    this.voiceMs = less(this.voiceMs, this.voiceMs - spareMs);
  }
}

/**
 * Also `stands`: it waits what it waited a look before. `baseMs`: what a wish is reckoned from. Jitter keeps what a track
 * waits apart from where it is said to go, for as long as it lasts: once both stand, the one that a wish moves counts; on
 * the way only the present tells. `fallsMs`: how much nearer it is going than a look before.
 */
function trend(now, before) {
  const stays = (name) => Math.abs(now[name] - before?.[name]) < SETTLED_MS;
  const stands = stays("nowMs");
  return { ...now, stands, baseMs: stands && stays("goalMs") ? now.goalMs : now.nowMs, fallsMs: before?.goalMs - now.goalMs };
}

function less(askedMs, wantedMs) {
  return Math.max(0, Math.min(askedMs, wantedMs));
}

function patience(before, loss, { lossy, clean, patientMs }) {
  if (loss > lossy) return patientMs;
  return loss < clean ? 0 : before;
}

/** What the track waits, as LipSync sees it, between two reports; NaN when nothing left its buffer. `askedMs`: by us. */
function waits(before, after, askedMs) {
  const mean = (name) => (
    (after[name] - before[name]) / (after.jitterBufferEmittedCount - before.jitterBufferEmittedCount)
  ) * 1000;
  const nowMs = mean("jitterBufferDelay");
  if (!("jitterBufferMinimumDelay" in after)) { // this browser does not say what it would do without us
    return { nowMs, goalMs: nowMs, spareMs: nowMs < askedMs + SOON_MS ? askedMs : 0 };
  }
  const goalMs = mean("jitterBufferTargetDelay");
  return { nowMs, goalMs, spareMs: askedMs ? goalMs - mean("jitterBufferMinimumDelay") : 0 };
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
    const { faceMs, voiceMs } = this.lips;
    const faceNow = waits(before.face, face, faceMs > this.picturePatienceMs ? faceMs : 0);
    const voiceNow = waits(before.voice, voice, voiceMs > this.voicePatienceMs ? voiceMs : 0);
    const moving = Number.isFinite(faceNow.nowMs + voiceNow.nowMs);
    this.lips.see(moving ? behindMs : undefined, faceNow, voiceNow);
  }

}
