// The physician's own camera and microphone: asked for once, each may be missing.

import { byId, setText } from "./dom.js";
import { onLanguage, t } from "./strings.js";

const VOICE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const FACE = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 24, max: 30 } };

const exactly = (deviceId) => (deviceId ? { deviceId: { exact: deviceId } } : {});

async function ask(constraints) {
  try {
    return await navigator.mediaDevices.getUserMedia(constraints);
  } catch (error) {
    console.info("no media", constraints, error.name);
    return null;
  }
}

export class OwnMedia {
  constructor() {
    this.stream = new MediaStream();
    this.chosen = {};
    this.microphoneButton = byId("mute");
    this.cameraButton = byId("camera");
    this.microphoneButton.onclick = () => this.toggle(this.audio);
    this.cameraButton.onclick = () => this.toggle(this.video);
    onLanguage(() => this.show());
  }

  get audio() {
    return this.stream.getAudioTracks()[0];
  }

  get video() {
    return this.stream.getVideoTracks()[0];
  }

  /** Both at once, else each alone: a computer without a camera still has a voice. */
  open() {
    this.opening ??= this.openNow().finally(() => (this.opening = null)); // pressed twice, asked once
    return this.opening;
  }

  async openNow() {
    if (this.asked && this.stream.active) return;
    const audio = { ...VOICE, ...exactly(this.chosen.microphone) };
    const video = { ...FACE, ...exactly(this.chosen.camera) };
    const both = await ask({ audio, video });
    const parts = both ? [both] : [await ask({ audio }), await ask({ video })];
    this.stream = new MediaStream(parts.filter(Boolean).flatMap((part) => part.getTracks()));
    if (this.video) this.video.contentHint = "motion";
    this.asked = true;
    byId("preview").srcObject = byId("self").srcObject = this.stream;
    this.show();
  }

  /** Another "camera" or "microphone"; the other one stays as it was. */
  async choose(kind, deviceId) {
    this.chosen[kind] = deviceId;
    this.close();
    await this.open();
  }

  /** Of the camera or microphone in use. */
  deviceId(kind) {
    return (kind === "camera" ? this.video : this.audio)?.getSettings().deviceId;
  }

  close() {
    for (const track of this.stream.getTracks()) track.stop();
    byId("preview").srcObject = byId("self").srcObject = null;
    this.asked = false;
  }

  toggle(track) {
    if (track) track.enabled = !track.enabled;
    this.show();
  }

  show() {
    this.showButton(this.microphoneButton, this.audio, "control.mute", "control.unmute");
    this.showButton(this.cameraButton, this.video, "control.cameraOff", "control.cameraOn");
    byId("self-off").hidden = Boolean(this.video?.enabled);
    byId("preview-empty").hidden = Boolean(this.video);
    const missing = this.missing();
    for (const note of [byId("join-missing"), byId("own-missing")]) {
      note.hidden = !missing;
      setText(note, missing ? t(missing) : "");
    }
  }

  showButton(button, track, whenOn, whenOff) {
    const on = Boolean(track?.enabled);
    button.disabled = !track;
    button.dataset.on = String(on);
    setText(button.querySelector(".text"), t(on ? whenOn : whenOff));
  }

  missing() {
    if (!this.asked || (this.audio && this.video)) return null;
    if (!this.audio && !this.video) return "media.refused";
    return this.audio ? "media.noCamera" : "media.noMicrophone";
  }
}
