// Put into both sides' pages after page_probe.js: what came in, summed over all connections of the page.
(() => {
  const bench = globalThis.bench;
  const SUMMED = ["packetsReceived", "bytesReceived", "framesDecoded", "freezeCount", "totalFreezesDuration",
    "totalSamplesReceived", "concealedSamples", "silentConcealedSamples", "keyFramesDecoded", "nackCount", "pliCount",
    "jitterBufferDelay", "jitterBufferEmittedCount", "insertedSamplesForDeceleration", "removedSamplesForAcceleration"];
  bench.sums = {};        // by m-section: { packetsReceived: ..., ... }
  bench.moved = [];       // [when, m-section]: new pictures were decoded
  bench.sounds = [];      // [when, m-section]: sound that was really received came out of the buffer
  bench.readings = [];    // [when, age in ms, sent again after a cut]
  bench.pings = [];       // [when sent, round trip in ms]
  bench.skews = [];       // [when, playout time of the sound minus that of the face, in ms]
  bench.delays = [];      // [when, mean delay in the face's buffer in ms, the voice's]
  const sums = bench.sums;
  let before = new Map(), seenConnection = null;

  const add = (track, last, now) => {
    const sum = (sums[track.mid] ??= { kind: track.kind, ...Object.fromEntries(SUMMED.map((name) => [name, 0])) });
    const grown = (name) => (track[name] ?? 0) - (last?.[name] ?? 0);
    for (const name of SUMMED) sum[name] += grown(name);
    sum.width = track.frameWidth; sum.height = track.frameHeight; sum.codec = track.codec;
    if (grown("framesDecoded") > 0) bench.moved.push([now, Number(track.mid)]);
    const real = grown("totalSamplesReceived") - grown("concealedSamples");
    if (track.kind === "audio" && real > 0 && grown("packetsReceived") > 0) bench.sounds.push([now, Number(track.mid)]);
  };

  /** This kiosk's page keeps lips and voice together itself; only the browser's own control tells playout times. */
  let clocks = null, shown = null;
  const noteSkew = (connection, now) => {
    const [voice, face] = ["0", "1"].map((mid) => connection.getTransceivers().find((each) => each.mid === mid))
      .map(({ receiver }) => receiver.getSynchronizationSources()[0]);
    if (!voice || !face || face.rtpTimestamp === shown) return;
    shown = face.rtpTimestamp;
    const late = ({ timestamp, rtpTimestamp }, clock, khz) => timestamp - ((rtpTimestamp - clock) | 0) / khz;
    bench.skews.push([now, late(face, clocks.face, 90) - late(voice, clocks.voice, 48)]);
  };

  const mean = (track, last) => (1000 * (track.jitterBufferDelay - (last?.jitterBufferDelay ?? 0)))
    / (track.jitterBufferEmittedCount - (last?.jitterBufferEmittedCount ?? 0));

  const look = async () => {
    const connection = bench.connections.at(-1);
    if (!connection || connection.signalingState === "closed") return;
    const reports = [...(await connection.getStats()).values()], now = bench.now();
    if (connection !== seenConnection) before = new Map();
    seenConnection = connection;
    const codecs = new Map(reports.filter(({ type }) => type === "codec").map(({ id, mimeType }) => [id, mimeType]));
    const tracks = reports.filter(({ type }) => type === "inbound-rtp");
    for (const track of tracks) add({ ...track, codec: codecs.get(track.codecId) }, before.get(track.mid), now);
    const [voice, face] = ["0", "1"].map((mid) => tracks.find((track) => track.mid === mid));
    if (clocks) noteSkew(connection, now);
    else if (voice?.estimatedPlayoutTimestamp && face?.estimatedPlayoutTimestamp) {
      bench.skews.push([now, voice.estimatedPlayoutTimestamp - face.estimatedPlayoutTimestamp]);
    }
    if (voice && face) {
      bench.delays.push([now, mean(face, before.get("1")) || 0, mean(voice, before.get("0")) || 0]);
    }
    before = new Map(tracks.map((track) => [track.mid, track]));
  };

  bench.sample = (everyMs) => {
    const again = () => look().catch(() => {}).then(() => setTimeout(again, everyMs));
    again();
  };

  /** Readings, each when it came first, and pongs; of all channels, whoever made them. */
  const came = new Set();
  const listen = (channel) => {
    if (channel.label === "live") bench.live = channel;
    channel.addEventListener("message", ({ data }) => {
      const now = bench.now(), message = JSON.parse(data);
      if (message.type === "clocks") clocks = message;
      if (message.type === "reading" && !came.has(message.t0)) bench.readings.push([now, now - Date.parse(message.t0), message.history]);
      if (message.type === "reading") came.add(message.t0);
      const sent = message.type === "pong" && /^bench-(.*)$/.exec(message.id);
      if (sent) bench.pings.push([Number(sent[1]), now - Number(sent[1])]);
    });
  };
  const make = RTCPeerConnection.prototype.createDataChannel;
  RTCPeerConnection.prototype.createDataChannel = function (...how) {
    const channel = make.apply(this, how);
    listen(channel);
    return channel;
  };
  bench.ping = (everyMs) => setInterval(() => {
    if (bench.live?.readyState !== "open") return;
    bench.live.send(JSON.stringify({ v: 1, type: "ping", id: `bench-${bench.now()}` }));
  }, everyMs);
})();
