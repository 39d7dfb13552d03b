// The check on the card to join: four lights, one sentence with what to do. It runs by itself, and never keeps anybody
// from joining.

import { whenAllowed } from "./allowed.js";
import { byId, el, setText } from "./dom.js";
import { deriveKeys, takeSeat } from "./link.js";
import { judgeCamera, judgeLine, judgeMicrophone, judgeSpeaker, UNKNOWN, worst } from "./precheck_judge.js";
import { askServers, checkRelay, measureLine, probeAddress } from "./precheck_line.js";
import { Ear, Eye, playTone } from "./precheck_senses.js";
import { onLanguage, t } from "./strings.js";

const LOOK_EVERY_MS = 80;
const LINE_AGAIN_MS = 5000; // a line that is down: its light turns green by itself
const QUALITY = { green: "good", orange: "fair", red: "poor", unknown: "unknown" }; // how base.css draws a light
const CHOICES = { camera: "videoinput", microphone: "audioinput" };

export class Precheck {
  constructor({ media, link }) {
    Object.assign(this, { media, link });
    this.found = { camera: UNKNOWN, microphone: UNKNOWN, speaker: UNKNOWN, line: UNKNOWN };
    this.rows = Object.fromEntries(Object.keys(this.found).map((part) => [part, byId(`precheck-${part}`)]));
    this.tried = new Set(); // what nobody has tried yet is not judged
    byId("join-preview").onclick = () => this.start();
    byId("precheck-listen").onclick = () => this.listenToTone();
    byId("precheck-heard").onclick = () => this.answer(true);
    byId("precheck-unheard").onclick = () => this.answer(false);
    for (const kind of Object.keys(CHOICES)) {
      byId(`precheck-${kind}-choice`).onchange = (event) => this.choose(kind, event.target.value);
    }
    onLanguage(() => this.draw());
  }

  /** What can be looked at without asking anybody: the line, and all of it where the browser allows it. */
  begin() {
    this.checkLine();
    whenAllowed(() => this.over || this.sense());
  }

  /** By hand: everything, once more. Asks for camera and microphone. */
  async start() {
    if (!this.aborter) this.forgetLine();
    this.checkLine();
    await this.sense();
  }

  /** One at a time: a browser that asks answers for camera and microphone at once, and both tell `whenAllowed`. */
  sense() {
    this.sensing ??= this.openSenses().finally(() => {
      this.sensing = null;
    });
    return this.sensing;
  }

  async openSenses() {
    await this.media.open();
    if (this.over) return;
    byId("join-preview").dataset.t = "precheck.again";
    setText(byId("join-preview"), t("precheck.again"));
    await this.listDevices();
    this.watch();
  }

  /** The call begins: nothing of this runs beside it. */
  stop() {
    this.over = true;
    this.aborter?.abort();
    clearInterval(this.timer);
    clearTimeout(this.later);
    this.ear?.close();
    this.ear = null;
    byId("precheck").hidden = true;
  }

  watch() {
    if (this.over) return;
    clearInterval(this.timer);
    this.tried.add("camera").add("microphone");
    this.ear?.close();
    this.ear = this.media.audio ? new Ear(new MediaStream([this.media.audio])) : null;
    this.eye ??= new Eye(byId("preview"));
    this.eye.restart();
    this.look();
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS);
  }

  look() {
    const heard = this.ear?.listen() ?? {};
    byId("precheck-level").value = Math.sqrt(heard.level ?? 0); // as ears judge, about
    this.found.camera = judgeCamera({ present: Boolean(this.media.video), ...this.eye.look() });
    this.found.microphone = judgeMicrophone({ present: Boolean(this.media.audio), ...heard });
    this.draw();
  }

  /** One at a time, and none beside a call. */
  async checkLine() {
    if (this.over || this.aborter) return;
    const { signal } = (this.aborter = new AbortController());
    clearTimeout(this.later);
    this.tried.add("line");
    this.draw();
    const figures = await this.measure(signal);
    if (signal.aborted) return;
    this.aborter = null;
    this.figures = figures;
    this.found.line = judgeLine(figures);
    if (figures.reachable === false) this.later = setTimeout(() => this.checkLine(), LINE_AGAIN_MS);
    this.draw();
  }

  forgetLine() {
    this.figures = null;
    this.found.line = UNKNOWN;
  }

  async measure(signal) {
    const { room } = await deriveKeys(this.link.secret);
    const address = probeAddress(this.link.relay, { room, seat: takeSeat() });
    const relayChecked = askServers(address, signal).then((ice) => checkRelay(ice, signal));
    const [figures, relay] = await Promise.all([measureLine(address, signal), relayChecked]);
    return { ...figures, relay };
  }

  async listenToTone() {
    byId("precheck-answer").hidden = true;
    byId("precheck-listen").disabled = true;
    await playTone();
    byId("precheck-listen").disabled = false;
    byId("precheck-answer").hidden = false;
  }

  answer(heard) {
    byId("precheck-answer").hidden = true;
    byId("precheck-listen").focus();
    this.tried.add("speaker");
    this.found.speaker = judgeSpeaker({ heard });
    this.draw();
  }

  async choose(kind, deviceId) {
    await this.media.choose(kind, deviceId);
    this.watch();
  }

  /** A choice is offered only where there is one. */
  async listDevices() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    for (const [kind, wanted] of Object.entries(CHOICES)) {
      const known = devices.filter((device) => device.kind === wanted && device.label);
      const used = this.media.deviceId(kind);
      const select = byId(`precheck-${kind}-choice`);
      select.replaceChildren(
        ...known.map(({ deviceId, label }) => el("option", { value: deviceId, selected: deviceId === used }, label)),
      );
      select.hidden = known.length < 2;
    }
  }

  draw() {
    byId("precheck").hidden = this.over || !this.tried.size;
    for (const [part, row] of Object.entries(this.rows)) {
      const { light } = this.found[part];
      row.dataset.light = light;
      row.dataset.quality = QUALITY[light];
      setText(row.querySelector(".state"), t(`precheck.light.${light}`));
    }
    const { light, sentence } = this.tried.size ? this.sentence() : { light: "unknown", sentence: "" };
    byId("precheck-say").dataset.quality = QUALITY[light];
    setText(byId("precheck-words"), sentence);
    setText(byId("precheck-figures"), this.lineFigures());
  }

  sentence() {
    const parts = Object.keys(this.found).filter((part) => this.tried.has(part));
    const { light, reason } = worst(parts.map((part) => this.found[part]));
    const missing = (part) => this.found[part].reason === `${part}.missing`;
    if (missing("camera") && missing("microphone")) return { light, sentence: t("precheck.refused") };
    if (reason) return { light, sentence: t(`precheck.${reason}`) };
    if (light === "unknown") return { light, sentence: t("precheck.running") };
    return { light, sentence: t(`precheck.${this.readiness()}`) };
  }

  /** Which sentence says that all is well so far. Nobody has to listen: a loudspeaker counts once somebody has. */
  readiness() {
    if (!this.tried.has("camera")) return "lineReady";
    return this.tried.has("speaker") ? "allGood" : "good";
  }

  lineFigures() {
    if (!this.figures) return "";
    const { upBps, downBps, rttMs, relay } = this.figures;
    if (upBps === null && downBps === null && !relay) return t("precheck.notMeasured");
    const rtt = relay?.rttMs ?? rttMs;
    const loss = relay?.loss === undefined || relay?.loss === null ? "" : t("precheck.loss", { loss: Math.round(relay.loss * 100) });
    return t("precheck.figures", { down: rateText(downBps), up: rateText(upBps), rtt: rtt === null ? "–" : Math.round(rtt) }) + loss;
  }
}

function rateText(bps) {
  if (bps === null) return "–";
  if (bps < 1e6) return `${Math.round(bps / 1000)} kbit/s`;
  return bps < 1e7 ? `${(bps / 1e6).toFixed(1)} Mbit/s` : "> 10 Mbit/s";
}
