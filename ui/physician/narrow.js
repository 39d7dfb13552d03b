// A line too narrow for our own picture: the voice goes on alone. Both return with the line.

import { byId, setText } from "./dom.js";
import { PLAIN_VOICE } from "./peer.js";
import { onLanguage, t } from "./strings.js";
import { VoiceRepeat } from "./voice_repeat.js";

const PICTURE_BPS = 110_000; // below: no picture, and a leaner voice
const ROOM_BPS = 150_000; // above: the picture returns at once
const LOW_MS = 1500;
const NARROW_VOICE_BPS = 16_000;
const WIDE_VOICE_BPS = 32_000;
const NARROW_PACKET_MS = 60; // headers cost as much as the voice
// Without a picture the browser does not find out that the line has widened: it must be tried.
const FIRST_TRIAL_MS = 15_000;
const LONGEST_TRIAL_MS = 120_000;

/** What the own line bears: pure, `nowMs` is given. `picture` and `leanVoice` are the decision. */
export class NarrowLine {
  constructor() {
    this.picture = true;
    this.leanVoice = false;
    this.trialMs = FIRST_TRIAL_MS;
    this.lowSince = null;
  }

  /** `availableBps`: the browser's estimate; undefined while it has none. True when the decision has changed. */
  see(availableBps, nowMs) {
    if (availableBps === undefined) return false;
    const before = `${this.picture} ${this.leanVoice}`;
    if (this.picture) this.whileSending(availableBps, nowMs);
    else this.whileSuspended(availableBps, nowMs);
    return before !== `${this.picture} ${this.leanVoice}`;
  }

  whileSending(availableBps, nowMs) {
    if (availableBps >= PICTURE_BPS) {
      this.lowSince = null;
      if (availableBps > ROOM_BPS) this.leanVoice = false;
      if (nowMs - this.changedAt > this.trialMs) this.trialMs = FIRST_TRIAL_MS;
      return;
    }
    this.lowSince ??= nowMs;
    if (nowMs - this.lowSince < LOW_MS) return;
    this.picture = false;
    this.changedAt = nowMs;
    this.leanVoice = true;
  }

  whileSuspended(availableBps, nowMs) {
    const trial = nowMs - this.changedAt > this.trialMs;
    if (!trial && availableBps < ROOM_BPS) return;
    if (trial) this.trialMs = Math.min(this.trialMs * 2, LONGEST_TRIAL_MS);
    this.picture = true;
    this.changedAt = nowMs;
    this.lowSince = null;
  }
}

async function change(sender, edit) {
  const parameters = sender.getParameters();
  if (!parameters.encodings?.length) return;
  Object.assign(parameters.encodings[0], edit);
  try {
    await sender.setParameters(parameters);
  } catch (error) {
    console.info("sender keeps its parameters", error.name); // the connection was closed meanwhile
  }
}

/** Does on a connection what NarrowLine decides, and says so on the page. */
export class Narrow {
  constructor() {
    this.line = new NarrowLine();
    this.repeat = new VoiceRepeat();
    onLanguage(() => this.show());
  }

  /** A new connection: its voice goes first, and it is as frugal as the one before. */
  opened(peer) {
    this.apply(peer);
  }

  /** `voiceLoss`: of our voice, as the kiosk reports it. */
  see(peer, availableBps, voiceLoss) {
    if (this.line.see(availableBps, performance.now())) this.apply(peer);
    if (this.repeat.see(voiceLoss, availableBps)) this.shapeVoice(peer);
  }

  apply(peer) {
    const { picture, leanVoice } = this.line;
    change(peer.face.sender, { active: picture });
    change(peer.voice.sender, {
      priority: "high",
      networkPriority: "high",
      maxBitrate: leanVoice ? NARROW_VOICE_BPS : WIDE_VOICE_BPS,
    });
    this.shapeVoice(peer);
    this.show();
  }

  shapeVoice(peer) {
    const { leanVoice } = this.line;
    peer.shapeVoice({
      packetMs: leanVoice ? NARROW_PACKET_MS : PLAIN_VOICE.packetMs,
      repeat: this.repeat.on && !leanVoice,
    });
  }

  show() {
    const note = byId("own-suspended");
    note.hidden = this.line.picture;
    setText(note, this.line.picture ? "" : t("media.suspended"));
  }
}
