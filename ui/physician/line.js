// What the network is doing: read from the connection's own statistics once a second.

import { byId, setText } from "./dom.js";
import { LineLight } from "./line_light.js";
import { Steady } from "./steady.js";
import { onLanguage, t } from "./strings.js";

const POOR = { rttMs: 400, loss: 0.08, fps: 5 };
const FAIR = { rttMs: 200, loss: 0.02, fps: 10 };

const VOICE_ON_THE_WIRE_BPS = 55_000; // Opus at 32 kbit/s with its headers

/** Nothing measured yet. */
const UNKNOWN = { quality: "unknown" };

function judge({ rttMs, loss, fps }) {
  const beyond = (limit) => rttMs > limit.rttMs || loss > limit.loss || (fps !== undefined && fps < limit.fps);
  if (beyond(POOR)) return "poor";
  return beyond(FAIR) ? "fair" : "good";
}

function sizeText(report) {
  return report?.frameWidth ? `${report.frameWidth} × ${report.frameHeight}` : "–";
}

/**
 * What our own side may send. The browser's estimate for the whole line falls late; what it gives to our picture
 * falls at once.
 */
function available(pair, ownPicture) {
  const whole = pair?.availableOutgoingBitrate;
  if (!ownPicture?.active || !ownPicture.targetBitrate) return whole;
  return Math.min(whole ?? Infinity, ownPicture.targetBitrate + VOICE_ON_THE_WIRE_BPS);
}

/** Sums of one look at the statistics; the differences between two looks are what matters. */
async function look(peer) {
  const reports = [...(await peer.connection.getStats()).values()];
  const inbound = reports.filter((report) => report.type === "inbound-rtp");
  const sum = (list, field) => list.reduce((total, report) => total + (report[field] ?? 0), 0);
  const pairs = reports.filter((report) => report.type === "candidate-pair" && report.state === "succeeded");
  const chosen = reports.find((report) => report.type === "transport")?.selectedCandidatePairId;
  const pair = pairs.find((report) => report.id === chosen) ?? pairs.find((report) => report.nominated);
  const received = (transceiver) => inbound.find((report) => report.mid === transceiver.mid);
  return {
    atMs: performance.now(),
    packets: sum(inbound, "packetsReceived"),
    lost: sum(inbound, "packetsLost"),
    bytesIn: sum(inbound, "bytesReceived"),
    bytesOut: sum(reports.filter((report) => report.type === "outbound-rtp"), "bytesSent"),
    availableBps: available(pair, reports.find((report) => report.type === "outbound-rtp" && report.mid === peer.face.mid)),
    voiceLoss: reports.find((report) => report.type === "remote-inbound-rtp" && report.kind === "audio")?.fractionLost,
    rttMs: Math.round((pair?.currentRoundTripTime ?? 0) * 1000),
    voice: received(peer.voice),
    face: received(peer.face),
    otoscope: received(peer.otoscope),
    behindMs: peer.skew?.take(),
  };
}

export class Line {
  constructor() {
    this.now = UNKNOWN;
    this.light = new LineLight();
    onLanguage(() => this.show());
  }

  /** A new connection. */
  reset() {
    this.before = null;
    this.steady = new Steady();
    this.now = UNKNOWN;
    this.show();
  }

  cut() {
    this.before = null;
    this.now = { quality: "cut" };
    this.show();
  }

  /** One look; returns what to tell the kiosk, or null after the first one. `paused`: no moving picture passes. */
  async measure(peer, paused = false) {
    const steady = this.steady;
    const after = await look(peer);
    if (steady !== this.steady) return null; // another connection has begun meanwhile
    const before = this.before;
    this.before = after;
    this.availableBps = after.availableBps;
    this.voiceLoss = after.voiceLoss;
    if (!before || after.packets < before.packets) return null;
    this.now = this.difference(before, after, paused);
    this.steady.see(peer, this.now.loss, before, after);
    this.show();
    return { type: "line", quality: this.now.quality, rtt_ms: this.now.rttMs, loss: this.now.loss };
  }

  difference(before, after, paused) {
    const seconds = (after.atMs - before.atMs) / 1000;
    const lost = Math.max(0, after.lost - before.lost);
    const total = after.packets - before.packets + lost;
    const rate = (field) => Math.round(((after[field] - before[field]) * 8) / 1000 / seconds);
    const line = {
      rttMs: after.rttMs,
      loss: total ? Math.round((lost / total) * 1000) / 1000 : 0,
      fps: after.face?.framesPerSecond,
      inKbps: rate("bytesIn"),
      outKbps: rate("bytesOut"),
      face: after.face,
      otoscope: after.otoscope,
    };
    return { ...line, quality: paused ? "poor" : judge(line) };
  }

  show() {
    const { quality, rttMs, loss, inKbps, outKbps, face, otoscope } = this.now;
    this.light.show(quality);
    const known = rttMs !== undefined;
    setText(byId("line-rtt"), known ? `${rttMs} ms` : "–");
    setText(byId("line-loss"), known ? `${(loss * 100).toFixed(1)} %` : "–");
    setText(byId("line-in"), known ? `${inKbps} kbit/s` : "–");
    setText(byId("line-out"), known ? `${outKbps} kbit/s` : "–");
    setText(byId("line-picture"), this.pictureText(face));
    setText(byId("line-otoscope"), this.pictureText(otoscope));
  }

  pictureText(report) {
    if (!report?.framesPerSecond) return sizeText(report);
    return `${sizeText(report)}, ${Math.round(report.framesPerSecond)} ${t("line.fps")}`;
  }
}
