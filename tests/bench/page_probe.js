// Put into a page before its own scripts: when is what painted, and how old is the picture on the screen?
// Times are milliseconds of the wall clock, from the monotonic one: Date.now() has no fractions.
(() => {
  const BITS = 32, CELL = 20, HEIGHT = 16, WIDTH = 640, MIDDLE = 8;
  const bench = (globalThis.bench = { received: [], painted: [], ages: {}, now: () => performance.timeOrigin + performance.now() });

  // A message posted while a frame is made is delivered after that frame was painted.
  const afterPaint = (act) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = act;
    channel.port2.postMessage(null);
  };

  /** Note when rows with data-reading-id have been painted; the page adds them in an animation frame. */
  bench.watchRows = () => new MutationObserver((records) => {
    const ids = records.flatMap((record) => [...record.addedNodes]).map((node) => node.dataset?.readingId);
    const fresh = ids.filter(Boolean);
    if (fresh.length) afterPaint(() => bench.painted.push(...fresh.map((id) => [id, bench.now()])));
  }).observe(document, { childList: true, subtree: true });

  /** Note when messages about a reading come out of a data channel. */
  bench.watchChannels = () => {
    const real = RTCPeerConnection.prototype.createDataChannel;
    RTCPeerConnection.prototype.createDataChannel = function (...how) {
      const channel = real.apply(this, how);
      channel.addEventListener("message", ({ data }) => {
        const now = bench.now(), message = JSON.parse(data);
        if (message.type === "reading") bench.received.push([message.id, now]);
      });
      return channel;
    };
  };

  /** A camera made of a canvas: a drawn person who sways, and the time over the top edge. */
  bench.camera = (portrait, rate) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: WIDTH, height: 480 });
    const paper = canvas.getContext("2d", { alpha: false });
    const track = canvas.captureStream(0).getVideoTracks()[0];
    let turn = 0;
    setInterval(() => {
      turn += (2 * Math.PI) / 90;
      paper.drawImage(portrait, 14 * Math.sin(turn), 7 * Math.sin(2 * turn));
      const time = Math.floor(bench.now()) % 2 ** BITS;
      for (let bit = 0; bit < BITS; bit++) {
        paper.fillStyle = Math.floor(time / 2 ** bit) % 2 ? "#fff" : "#000";
        paper.fillRect(bit * CELL, 0, CELL, HEIGHT);
      }
      track.requestFrame();
    }, 1000 / rate);
    return track;
  };

  /** Collect the age of each picture that `video` presents, in bench.ages[name]. */
  bench.watchVideo = (name, video) => {
    const ages = (bench.ages[name] = []);
    const canvas = new OffscreenCanvas(WIDTH, 1);
    const paper = canvas.getContext("2d", { willReadFrequently: true });
    const look = () => {
      const now = bench.now();
      const row = (MIDDLE * video.videoHeight) / 480;
      paper.drawImage(video, 0, row, video.videoWidth, 1, 0, 0, WIDTH, 1);
      const pixels = paper.getImageData(0, 0, WIDTH, 1).data;
      let time = 0;
      for (let bit = 0; bit < BITS; bit++) if (pixels[4 * (bit * CELL + CELL / 2)] > 127) time += 2 ** bit;
      ages.push([now, (now % 2 ** BITS) - time]);
      video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
  };

  /** Keep the page's connections, newest last, for `incoming`. */
  bench.watchConnections = () => {
    bench.connections = [];
    const Real = RTCPeerConnection;
    globalThis.RTCPeerConnection = class extends Real {
      constructor(...how) {
        super(...how);
        bench.connections.push(this);
      }
    };
  };

  /** Everything that came in so far: bytes, and by track what the decoder says. */
  bench.incoming = async (connection) => {
    const reports = [...(await connection.getStats()).values()];
    const byId = new Map(reports.map((report) => [report.id, report]));
    return reports.filter(({ type }) => type === "inbound-rtp").map((track) => ({
      kind: track.kind, mid: track.mid, bytes: track.bytesReceived, frames: track.framesDecoded ?? 0,
      width: track.frameWidth ?? 0, height: track.frameHeight ?? 0,
      codec: byId.get(track.codecId)?.mimeType ?? "", freezes: track.freezeCount ?? 0,
    }));
  };

  /** How many pictures each incoming track of the newest connection has brought. */
  bench.pictures = async () => {
    const connection = bench.connections.at(-1);
    const tracks = connection ? await bench.incoming(connection) : [];
    return tracks.filter(({ kind }) => kind === "video").map(({ frames }) => frames);
  };

  /** Replace the camera of this page by the canvas; the microphone stays what it is. */
  bench.replaceCamera = (jpeg, rate) => {
    const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      const bytes = Uint8Array.from(atob(jpeg), (letter) => letter.charCodeAt(0));
      const portrait = await createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
      const stream = wanted.audio ? await real({ audio: wanted.audio }) : new MediaStream();
      if (wanted.video) stream.addTrack(bench.camera(portrait, rate));
      return stream;
    };
  };
})();
