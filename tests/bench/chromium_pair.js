// Chromium to Chromium: the kiosk's duties (two pictures out, one in, sound both ways) by the browser alone.
// The other side of the bench carries offer and answer; no candidate trickles.
// `bench.pair`: what differs from case to case.
const options = { codec: "h264", shown: true, watched: true, width: 640, height: 480, rate: 30, ...bench.pair };
const { width, height, rate: frameRate } = options;
const wanted = { audio: true, video: { width, height, frameRate } };
const gathered = (connection) => new Promise((resolve) => {
  const done = () => connection.iceGatheringState === "complete" && resolve();
  connection.onicegatheringstatechange = done;
  done();
});
/** "h264": H264 first, as the physician's page asks for; else Chromium's own order. */
const preferCodec = (transceiver) => {
  if (options.codec !== "h264") return;
  const rank = ({ mimeType }) => ["video/h264", "video/vp8", "video/rtx"].indexOf(mimeType.toLowerCase());
  const known = RTCRtpReceiver.getCapabilities("video").codecs.filter((codec) => rank(codec) >= 0);
  transceiver.setCodecPreferences(known.sort((a, b) => rank(a) - rank(b)));
};
const show = (id, track) => {
  if (!options.shown) return null;
  const video = Object.assign(document.createElement("video"), { id, autoplay: true, muted: id === "self" });
  video.srcObject = new MediaStream([track]);
  document.body.append(video);
  return video;
};
const connection = new RTCPeerConnection({ iceServers: [], bundlePolicy: "max-bundle" });
connection.ontrack = ({ track, transceiver }) => {
  if (track.kind === "audio") return Object.assign(new Audio(), { srcObject: new MediaStream([track]) }).play();
  const name = transceiver.mid === "1" ? "face" : "second";
  const video = show(name, track);
  if (video && options.watched) bench.watchVideo(name, video);
};
const READINGS_MS = 500;
/** The kiosk's side of the data channel: readings as long as the product's, and answers to pings. */
connection.ondatachannel = ({ channel }) => {
  const say = (message) => channel.readyState === "open" && channel.send(JSON.stringify({ v: 1, ...message }));
  channel.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === "ping") say({ type: "pong", id: message.id });
  };
  setInterval(() => {
    say({ ...bench.reading, t0: new Date().toISOString() });
  }, READINGS_MS);
};

/** The physician's side offers: its picture, and room for a second one of the kiosk. */
globalThis.offer = async () => {
  const stream = await navigator.mediaDevices.getUserMedia(wanted);
  const [audio] = stream.getAudioTracks(), [video] = stream.getVideoTracks();
  connection.addTransceiver(audio, { direction: "sendrecv" });
  preferCodec(connection.addTransceiver(video, { direction: "sendrecv" }));
  preferCodec(connection.addTransceiver("video", { direction: "recvonly" }));
  show("self", video);
  connection.createDataChannel("live");
  await connection.setLocalDescription(await connection.createOffer());
  await gathered(connection);
  return connection.localDescription.sdp;
};

/** The kiosk's side answers with two pictures. */
globalThis.answer = async (sdp) => {
  const stream = await navigator.mediaDevices.getUserMedia(wanted);
  const [audio] = stream.getAudioTracks(), [video] = stream.getVideoTracks();
  const second = (await navigator.mediaDevices.getUserMedia({ video: wanted.video })).getVideoTracks()[0];
  await connection.setRemoteDescription({ type: "offer", sdp });
  const tracks = [audio, video, second];
  for (const [index, transceiver] of connection.getTransceivers().entries()) {
    transceiver.direction = index === 2 ? "sendonly" : "sendrecv";
    await transceiver.sender.replaceTrack(tracks[index]);
    if (index < 2) transceiver.sender.setStreams(stream); // lips and voice in step, as the kiosk asks for it too
  }
  show("self", video);
  await connection.setLocalDescription(await connection.createAnswer());
  await gathered(connection);
  return connection.localDescription.sdp;
};
globalThis.accept = (sdp) => connection.setRemoteDescription({ type: "answer", sdp });

/** What comes in: pictures, size and codec by track, bytes of everything. */
globalThis.incoming = async () => bench.incoming(connection);
