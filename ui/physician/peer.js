// One WebRTC connection to the kiosk. A new one replaces it after a cut; the session goes on.

import { gathered } from "./gathering.js";
import { isSteerable, Skew, withVoiceApart } from "./skew.js";

// The kiosk's sound of the heart must not be squeezed or stretched to catch up: give it room.
const STETHOSCOPE_BUFFER_MS = 200;
export const PLAIN_VOICE = { packetMs: 20, repeat: false }; // as browsers send it

/** H264 first, VP8 second, retransmission after them, nothing else. */
function preferVideoCodecs(transceiver) {
  const rank = (codec) => ["video/h264", "video/vp8", "video/rtx"].indexOf(codec.mimeType.toLowerCase());
  const known = RTCRtpReceiver.getCapabilities("video").codecs.filter((codec) => rank(codec) >= 0);
  transceiver.setCodecPreferences?.(known.sort((a, b) => rank(a) - rank(b)));
}

function isSame(one, other) {
  return one.packetMs === other.packetMs && one.repeat === other.repeat;
}

/**
 * The answer as if the kiosk had asked for our voice so: `a=ptime` (RFC 8866 section 6.4), and redundant sound
 * (RFC 2198) first or last. The voice is its first section.
 */
function withVoice(answer, { packetMs, repeat }) {
  const redundant = /^a=rtpmap:(\d+) red\/48000/m.exec(answer)?.[1];
  return answer.replace(/^(m=audio \S+ \S+) ([\d ]+)\r\n(c=[^\r]*\r\n)?/m, (_, head, types, address = "") => {
    const others = types.split(" ").filter((type) => type !== redundant);
    const all = redundant ? (repeat ? [redundant, ...others] : [...others, redundant]) : others;
    return `${head} ${all.join(" ")}\r\n${address}a=ptime:${packetMs}\r\n`;
  });
}

/** What has arrived so far, as numbers that grow: `voice`, and `all` with pictures, other sound and data. */
async function arrivedSoFar(connection, voice) {
  const arrived = { voice: 0, all: 0 };
  for (const report of (await connection.getStats()).values()) {
    if (report.type === "inbound-rtp" && report.mid === voice.mid) arrived.voice += report.packetsReceived ?? 0;
    if (report.type === "inbound-rtp" || report.type === "transport") arrived.all += report.packetsReceived ?? 0;
  }
  return arrived;
}

/** `listener`: live(message), wave(message), opened(), state(text). `servers`: `ice` and `relay_only`. */
export class Peer {
  constructor(localTracks, servers, listener) {
    this.listener = listener;
    this.heardAt = performance.now();
    this.voiceShape = PLAIN_VOICE;
    this.servers = servers;
    this.connection = new RTCPeerConnection({
      iceServers: servers.ice,
      iceTransportPolicy: servers.relay_only ? "relay" : "all",
      bundlePolicy: "max-bundle",
    });
    this.connection.onconnectionstatechange = () => listener.state(this.connection.connectionState);
    this.addMedia(localTracks);
    this.live = this.channel("live", {}, listener.live);
    this.readings = this.channel("readings", { ordered: false }, listener.live);
    this.waves = this.channel("waves", { ordered: false, maxRetransmits: 0 }, (message) => this.wave(message));
    this.live.onopen = listener.opened;
  }

  /** The order of the sections is the contract: voice, face, otoscope, stethoscope, data. */
  addMedia({ audio, video }) {
    this.voice = this.connection.addTransceiver(audio ?? "audio", { direction: "sendrecv" });
    this.face = this.connection.addTransceiver(video ?? "video", { direction: "sendrecv" });
    this.otoscope = this.connection.addTransceiver("video", { direction: "recvonly" });
    this.stethoscope = this.connection.addTransceiver("audio", { direction: "recvonly" });
    [this.face, this.otoscope].forEach(preferVideoCodecs);
    if (isSteerable()) this.skew = new Skew(this.voice.receiver, this.face.receiver);
    if ("jitterBufferTarget" in this.stethoscope.receiver) {
      this.stethoscope.receiver.jitterBufferTarget = STETHOSCOPE_BUFFER_MS;
    }
  }

  wave(message) {
    if (message.type === "clocks") this.skew?.told(message);
    else this.listener.wave(message);
  }

  channel(name, options, deliver) {
    const channel = this.connection.createDataChannel(name, options);
    channel.onmessage = (event) => {
      if (!this.arrived?.voice) this.heardAt = performance.now();
      const message = JSON.parse(event.data);
      if (message.v === 1) deliver(message);
    };
    return channel;
  }

  /**
   * Look whether anything has arrived since the last look: of a kiosk that has been heard, the voice. It sends one
   * always, a muted one as silence; without it the rest is worth nothing.
   */
  async listen() {
    if (this.listening || this.connection.signalingState === "closed") return;
    this.listening = true;
    const arrived = await arrivedSoFar(this.connection, this.voice);
    this.listening = false;
    const counted = arrived.voice ? "voice" : "all";
    if (arrived[counted] > (this.arrived?.[counted] ?? 0)) this.heardAt = performance.now();
    this.arrived = arrived;
  }

  get silentMs() {
    return performance.now() - this.heardAt;
  }

  /** The complete offer: no candidate follows it. */
  async offer() {
    await this.connection.setLocalDescription(await this.connection.createOffer());
    await gathered(this.connection, this.servers);
    return this.connection.localDescription.sdp;
  }

  async accept(sdp) {
    this.answer = sdp;
    await this.take(sdp);
  }

  /** The answer, as our own control of lips and voice wants it. */
  async take(answer) {
    const sdp = this.skew ? withVoiceApart(answer) : answer;
    await this.connection.setRemoteDescription({ type: "answer", sdp });
  }

  /**
   * How much of our voice a packet carries, and whether it repeats the one before. The kiosk takes all of it: both
   * descriptions are exchanged with ourselves only (JSEP allows it, nothing else in them changes).
   */
  async shapeVoice(shape) {
    this.wantedVoice = shape;
    if (this.shaping) return;
    this.shaping = true;
    try {
      while (!isSame(this.voiceShape, this.wantedVoice)) await this.reshape(this.wantedVoice);
    } catch (error) {
      console.info("the voice keeps its packets", error.name);
      if (this.awaitsAnswer) await this.connection.setLocalDescription({ type: "rollback" });
    } finally {
      this.shaping = false;
    }
  }

  async reshape(shape) {
    await this.connection.setLocalDescription();
    await this.take(withVoice(this.answer, shape));
    this.voiceShape = shape;
  }

  get awaitsAnswer() {
    return this.connection.signalingState === "have-local-offer";
  }

  /** Both as they were proven: browsers rewrite the remote one and drop fingerprints. */
  get descriptions() {
    return [this.connection.localDescription.sdp, this.answer];
  }

  send(message) {
    if (this.live.readyState !== "open") return false;
    this.live.send(JSON.stringify({ v: 1, ...message }));
    return true;
  }

  /** Ends once the kiosk has closed the channel; at once when it cannot be told. */
  goodbye() {
    this.connection.onconnectionstatechange = null;
    return new Promise((done) => {
      this.live.onclose = done;
      if (!this.send({ type: "leave" })) done();
    });
  }

  close() {
    this.connection.onconnectionstatechange = null;
    this.live.onmessage = this.readings.onmessage = this.waves.onmessage = this.live.onopen = null;
    this.connection.close();
  }
}
