// The connection to the guest: this browser answers its offer as the kiosk would, and sends on what it receives.

import { gathered } from "./gathering.js";

const KINDS = ["audio", "video", "video", "audio"]; // voice, face, otoscope, stethoscope
const DIRECTIONS = ["sendrecv", "sendrecv", "sendonly", "sendonly"];
const SAID_MAX = 16 * 1024;
const WAVES_BUFFER_MAX = 32 * 1024;
const STILLS_BUFFER_MAX = 64 * 1024;

/**
 * Opus' voice mode takes away what lies below 50 Hz. Asked for two channels, WebRTC's encoder uses its audio mode,
 * which the heart needs. Only our own reading of the offer is changed.
 */
function hearTheHeart(sdp) {
  const sections = sdp.split(/(?=^m=)/m);
  sections[4] = sections[4].replace(/^(a=fmtp:\d+ .*minptime.*)$/m, "$1;stereo=1;maxaveragebitrate=64000");
  return sections.join("");
}

/** `listener`: opened(), said(message), state(text). */
export class HostPeer {
  constructor(servers, listener) {
    Object.assign(this, { servers, listener });
    this.connection = new RTCPeerConnection({
      iceServers: servers.ice,
      iceTransportPolicy: servers.relay_only ? "relay" : "all",
      bundlePolicy: "max-bundle",
    });
    this.connection.onconnectionstatechange = () => listener.state(this.connection.connectionState);
    this.connection.ondatachannel = ({ channel }) => this.adopt(channel);
  }

  adopt(channel) {
    if (channel.label === "waves") this.waves = channel;
    if (channel.label !== "live" || this.live) return;
    this.live = channel;
    channel.onmessage = ({ data }) => this.receive(data);
    if (channel.readyState === "open") this.listener.opened();
    else channel.onopen = () => this.listener.opened();
  }

  receive(data) {
    if (typeof data !== "string" || data.length > SAID_MAX) return;
    try {
      const message = JSON.parse(data);
      if (message?.v === 1) this.listener.said(message);
    } catch (error) {
      console.info("the guest sent no message", error.name);
    }
  }

  /** The whole answer. `tracks`: voice, face, otoscope, stethoscope. Throws when the offer is not a guest's. */
  async answer(offer, tracks) {
    this.offer = offer;
    const sections = [...offer.matchAll(/^m=(\w+)/gm)].map(([, kind]) => kind);
    if (sections.join() !== [...KINDS, "application"].join()) throw new TypeError("not a guest's offer");
    await this.connection.setRemoteDescription({ type: "offer", sdp: hearTheHeart(offer) });
    this.sections = this.connection.getTransceivers();
    this.sections.forEach((section, n) => (section.direction = DIRECTIONS[n]));
    await this.show(tracks);
    await this.connection.setLocalDescription(await this.connection.createAnswer());
    await gathered(this.connection, this.servers);
    return this.connection.localDescription.sdp;
  }

  /** The kiosk's tracks may be others after a cut. */
  async show(tracks) {
    await Promise.all(this.sections?.map((section, n) => section.sender.replaceTrack(tracks[n])) ?? []);
  }

  /** The guest's own voice and face. */
  get guestTracks() {
    return this.sections.slice(0, 2).map((section) => section.receiver.track);
  }

  get descriptions() {
    return [this.connection.localDescription.sdp, this.offer];
  }

  send(message) {
    if (this.live?.readyState !== "open") return;
    if (message.type === "still" && this.live.bufferedAmount > STILLS_BUFFER_MAX) return; // the next one will do
    this.live.send(JSON.stringify({ v: 1, ...message }));
  }

  sendWave(wave) {
    if (this.waves?.readyState === "open" && this.waves.bufferedAmount < WAVES_BUFFER_MAX) {
      this.waves.send(JSON.stringify({ v: 1, ...wave }));
    }
  }

  close() {
    this.connection.onconnectionstatechange = this.connection.ondatachannel = null;
    if (this.live) this.live.onmessage = this.live.onopen = null;
    this.connection.close();
  }
}
