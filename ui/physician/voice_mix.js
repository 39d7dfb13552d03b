// Who hears whom while a guest is there: everybody the two others, nobody himself.

const HEARS = { kiosk: ["physician", "guest"], guest: ["physician", "patient"] };

/** Sums of voices, one for each listener. Nothing but a voice is ever mixed. */
export class VoiceMix {
  constructor() {
    this.context = new AudioContext();
    this.sources = {};
    this.sums = {};
    for (const listener of Object.keys(HEARS)) {
      this.sums[listener] = new MediaStreamAudioDestinationNode(this.context, {
        channelCount: 1,
        channelCountMode: "explicit",
      });
    }
  }

  /** `track` null: silent from now on. A remote track is only heard here while an element plays it. */
  voice(who, track) {
    if (this.sources[who]?.track === track) return;
    this.sources[who]?.node.disconnect();
    delete this.sources[who];
    if (!track) return;
    const node = this.context.createMediaStreamSource(new MediaStream([track]));
    this.sources[who] = { node, track };
    for (const [listener, heard] of Object.entries(HEARS)) {
      if (heard.includes(who)) node.connect(this.sums[listener]);
    }
    this.context.resume();
  }

  /** What this listener is sent. */
  trackFor(listener) {
    return this.sums[listener].stream.getAudioTracks()[0];
  }

  close() {
    for (const who of Object.keys(this.sources)) this.voice(who, null);
    this.context.close();
  }
}
