// The check on the card to join: four lights, one sentence with what to do. It never keeps anybody from joining.

import { byId, el, setText } from "./dom.js";
import { deriveKeys, takeSeat } from "./link.js";
import { judgeCamera, judgeLine, judgeMicrophone, judgeSpeaker, UNKNOWN, worst } from "./precheck_judge.js";
import { askServers, checkRelay, measureLine, probeAddress } from "./precheck_line.js";
import { Ear, Eye, playTone } from "./precheck_senses.js";
import { onLanguage, t } from "./strings.js";

const LOOK_EVERY_MS = 80;
const QUALITY = { green: "good", orange: "fair", red: "poor", unknown: "unknown" }; // how base.css draws a light
const CHOICES = { camera: "videoinput", microphone: "audioinput" };

export class Precheck {
  constructor({ media, link }) {
    Object.assign(this, { media, link });
    this.found = { camera: UNKNOWN, microphone: UNKNOWN, speaker: UNKNOWN, line: UNKNOWN };
    this.rows = Object.fromEntries(Object.keys(this.found).map((part) => [part, byId(`precheck-${part}`)]));
    this.heard = null;
    byId("precheck-listen").onclick = () => this.listenToTone();
    byId("precheck-heard").onclick = () => this.answer(true);
    byId("precheck-unheard").onclick = () => this.answer(false);
    for (const kind of Object.keys(CHOICES)) {
      byId(`precheck-${kind}-choice`).onchange = (event) => this.choose(kind, event.target.value);
    }
    onLanguage(() => this.draw());
  }

  /** Asks for camera and microphone, then looks at everything at once. */
  async start() {
    byId("precheck").hidden = false;
    this.draw();
    const line = this.line ?? (this.line = this.checkLine());
    await this.media.open();
    if (this.over) return;
    await this.listDevices();
    this.watch();
    await line;
  }

  /** The call begins: nothing of this runs beside it. */
  stop() {
    this.over = true;
    this.aborter?.abort();
    clearInterval(this.timer);
    this.ear?.close();
    this.ear = null;
    byId("precheck").hidden = true;
  }

  /** Back on the card to join, should it come to that. */
  watch() {
    clearInterval(this.timer);
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

  async checkLine() {
    this.aborter = new AbortController();
    const { signal } = this.aborter;
    const { room } = await deriveKeys(this.link.secret);
    const address = probeAddress(this.link.relay, { room, seat: takeSeat() });
    const relayChecked = askServers(address, signal).then((ice) => checkRelay(ice, signal));
    const [figures, relay] = await Promise.all([measureLine(address, signal), relayChecked]);
    if (signal.aborted) return;
    this.figures = { ...figures, relay };
    this.found.line = judgeLine(this.figures);
    this.draw();
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
    this.found.speaker = judgeSpeaker({ heard });
    this.draw();
  }

  async choose(kind, deviceId) {
    await this.media.choose(kind, deviceId);
    if (!this.over) this.watch();
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
    for (const [part, row] of Object.entries(this.rows)) {
      const { light } = this.found[part];
      row.dataset.light = light;
      row.dataset.quality = QUALITY[light];
      setText(row.querySelector(".state"), t(`precheck.light.${light}`));
    }
    const { light, sentence } = this.sentence();
    byId("precheck-say").dataset.quality = QUALITY[light];
    setText(byId("precheck-words"), sentence);
    setText(byId("precheck-figures"), this.lineFigures());
  }

  sentence() {
    const { camera, microphone, speaker, line } = this.found;
    // Nobody has to listen: a loudspeaker counts once somebody has.
    const counted = speaker.light === "unknown" ? [camera, microphone, line] : [camera, microphone, speaker, line];
    const { light, reason } = worst(counted);
    const refused = camera.reason === "camera.missing" && microphone.reason === "microphone.missing";
    if (refused) return { light, sentence: t("precheck.refused") };
    if (reason) return { light, sentence: t(`precheck.${reason}`) };
    if (light === "unknown") return { light, sentence: t("precheck.running") };
    return { light, sentence: t(speaker.light === "green" ? "precheck.allGood" : "precheck.good") };
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
