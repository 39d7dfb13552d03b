// One WebRTC connection to the kiosk. A new one replaces it after a cut; the session goes on.

import { gathered } from "./gathering.js";

// The kiosk's sound of the heart must not be squeezed or stretched to catch up: give it room.
const STETHOSCOPE_BUFFER_MS = 200;
export const USUAL_VOICE_MS = 20; // in a packet, as browsers send it

/** H264 first, VP8 second, retransmission after them, nothing else. */
function preferVideoCodecs(transceiver) {
  const rank = (codec) => ["video/h264", "video/vp8", "video/rtx"].indexOf(codec.mimeType.toLowerCase());
  const known = RTCRtpReceiver.getCapabilities("video").codecs.filter((codec) => rank(codec) >= 0);
  transceiver.setCodecPreferences?.(known.sort((a, b) => rank(a) - rank(b)));
}

/** The answer with `a=ptime` (RFC 8866 section 6.4) in its first section, which is the voice. */
function withVoicePackets(answer, milliseconds) {
  return answer.replace(/^m=audio [^\r]*\r\n(?:c=[^\r]*\r\n)?/m, (head) => `${head}a=ptime:${milliseconds}\r\n`);
}

/** What has arrived so far, as one number that grows: pictures, sound and data. */
async function arrivedSoFar(connection) {
  let packets = 0;
  for (const report of (await connection.getStats()).values()) {
    if (report.type === "inbound-rtp" || report.type === "transport") packets += report.packetsReceived ?? 0;
  }
  return packets;
}

/** `listener`: live(message), wave(message), opened(), state(text). `servers`: `ice` and `relay_only`. */
export class Peer {
  constructor(localTracks, servers, listener) {
    this.listener = listener;
    this.heardAt = performance.now();
    this.voiceMs = USUAL_VOICE_MS;
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
    this.waves = this.channel("waves", { ordered: false, maxRetransmits: 0 }, listener.wave);
    this.live.onopen = listener.opened;
  }

  /** The order of the sections is the contract: voice, face, otoscope, stethoscope, data. */
  addMedia({ audio, video }) {
    this.voice = this.connection.addTransceiver(audio ?? "audio", { direction: "sendrecv" });
    this.face = this.connection.addTransceiver(video ?? "video", { direction: "sendrecv" });
    this.otoscope = this.connection.addTransceiver("video", { direction: "recvonly" });
    this.stethoscope = this.connection.addTransceiver("audio", { direction: "recvonly" });
    [this.face, this.otoscope].forEach(preferVideoCodecs);
    if ("jitterBufferTarget" in this.stethoscope.receiver) {
      this.stethoscope.receiver.jitterBufferTarget = STETHOSCOPE_BUFFER_MS;
    }
  }

  channel(name, options, deliver) {
    const channel = this.connection.createDataChannel(name, options);
    channel.onmessage = (event) => {
      this.heardAt = performance.now();
      const message = JSON.parse(event.data);
      if (message.v === 1) deliver(message);
    };
    return channel;
  }

  /** Look whether anything has arrived since the last look. */
  async listen() {
    if (this.listening || this.connection.signalingState === "closed") return;
    this.listening = true;
    const packets = await arrivedSoFar(this.connection);
    this.listening = false;
    if (packets > (this.arrived ?? 0)) this.heardAt = performance.now();
    this.arrived = packets;
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
    await this.connection.setRemoteDescription({ type: "answer", sdp });
  }

  /**
   * How much of our voice a packet carries. The kiosk takes any length: both descriptions are exchanged with ourselves
   * only (JSEP allows it, nothing else in them changes).
   */
  async packVoice(milliseconds) {
    this.voiceWantedMs = milliseconds;
    if (this.packing) return;
    this.packing = true;
    try {
      while (this.voiceMs !== this.voiceWantedMs) await this.repack(this.voiceWantedMs);
    } catch (error) {
      console.info("the voice keeps its packets", error.name); // the connection was closed meanwhile
    } finally {
      this.packing = false;
    }
  }

  async repack(milliseconds) {
    await this.connection.setLocalDescription();
    await this.connection.setRemoteDescription({ type: "answer", sdp: withVoicePackets(this.answer, milliseconds) });
    this.voiceMs = milliseconds;
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

  close() {
    this.connection.onconnectionstatechange = null;
    this.live.onmessage = this.readings.onmessage = this.waves.onmessage = this.live.onopen = null;
    this.connection.close();
  }
}
