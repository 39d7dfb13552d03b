// The line before the call: what passes to and from the meeting place, and whether a relay lets packets through.

import { median } from "./median.js";

const SIZES = [8_000, 64_000, 256_000]; // small enough for 60 kbit/s, large enough for a fast line
const ENOUGH_MS = 400; // a piece that took this long says what the line can do
const RATE_LIMIT_MS = 1500;
const REACH_LIMIT_MS = 4000; // a connection by TLS and one question more: six round trips, over a satellite as well
const ROUND_TRIPS = 3, ROUND_TRIPS_MS = 1500;
const RELAY_LIMIT_MS = 3000;
const PACKETS = 50;
const PACKET_BYTES = 200;
const PACKET_EVERY_MS = 20;
const LATE_MS = 500;

const nothing = { reachable: null, rttMs: null, upBps: null, downBps: null };
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Where the probe is; null when the relay is another host, which this page may not ask. */
export function probeAddress(relay, { room, seat }, place = location) {
  const address = new URL(relay);
  if (address.host !== place.host) return null;
  address.protocol = place.protocol;
  address.pathname = address.pathname.replace(/[^/]*$/, "probe");
  address.search = new URLSearchParams({ room, role: "physician", seat });
  return address;
}

/** The relays that the call may use (`RTCConfiguration.iceServers`); none when nobody can be asked. */
export async function askServers(address, signal) {
  if (!address) return [];
  const where = new URL(address);
  where.pathname = where.pathname.replace(/[^/]*$/, "servers");
  try {
    const answer = await fetch(where, { cache: "no-store", signal: AbortSignal.any([signal, AbortSignal.timeout(REACH_LIMIT_MS)]) });
    return answer.ok ? (await answer.json()).ice : [];
  } catch (error) {
    console.info("the relays are not known", error.name);
    return [];
  }
}

/** About 7 s at most. `signal` ends it early. Never throws for a line that is down. */
export async function measureLine(address, signal) {
  if (!address) return nothing;
  let rttMs;
  try {
    rttMs = await roundTrip(address, AbortSignal.any([signal, AbortSignal.timeout(REACH_LIMIT_MS)]));
  } catch (error) {
    console.info("the line could not be measured", error.name);
    return { ...nothing, reachable: error instanceof NotGiven || signal.aborted ? null : false };
  }
  const downBps = await rate(down, address, rttMs, signal);
  const upBps = await rate(up, address, rttMs, signal);
  return { reachable: true, rttMs, upBps, downBps };
}

/** The shortest of a few, of one where that takes long. */
async function roundTrip(address, signal) {
  await down(address, 0, signal); // opens the connection
  const began = performance.now(), trips = [await down(address, 0, signal)];
  while (trips.length < ROUND_TRIPS && performance.now() - began < ROUND_TRIPS_MS) trips.push(await down(address, 0, signal));
  return Math.min(...trips);
}

class NotGiven extends Error {}

async function rate(transfer, address, rttMs, signal) {
  const endMs = performance.now() + RATE_LIMIT_MS;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(RATE_LIMIT_MS)]);
  let bps = null;
  for (const size of SIZES) {
    try {
      let tookMs = await transfer(address, size, limit);
      const doubtful = tookMs >= ENOUGH_MS && performance.now() + tookMs < endMs; // a hiccup is no narrow line
      if (doubtful) tookMs = Math.min(tookMs, await transfer(address, size, limit).catch(() => Infinity));
      bps = (size * 8000) / Math.max(tookMs - rttMs, 1);
      if (tookMs >= ENOUGH_MS) break;
    } catch (error) {
      console.info("a piece did not pass", size, error.name);
      if (error instanceof NotGiven || signal.aborted) return bps;
      return Math.min(bps ?? Infinity, (size * 8000) / RATE_LIMIT_MS);
    }
  }
  return bps;
}

async function down(address, size, signal) {
  const from = new URL(address);
  from.searchParams.set("bytes", size);
  return timed(from, { signal });
}

const up = (address, size, signal) => timed(address, { method: "POST", body: new Uint8Array(size), signal });

async function timed(address, options) {
  const began = performance.now();
  const answer = await fetch(address, { ...options, cache: "no-store" });
  if (!answer.ok) throw new NotGiven(String(answer.status));
  await answer.arrayBuffer();
  return performance.now() - began;
}

/**
 * Packets from this page through the relay and back: `{ reachable, rttMs, loss }`, null without a relay.
 * `ice` as in RTCConfiguration.iceServers.
 */
export async function checkRelay(ice, signal) {
  const turn = ice.filter(({ urls }) => [urls].flat().some((url) => /^turns?:/.test(url)));
  if (!turn.length) return null;
  const options = { iceServers: turn, iceTransportPolicy: "relay" };
  const [near, far] = [new RTCPeerConnection(options), new RTCPeerConnection(options)];
  try {
    const [ours, theirs] = await connect(near, far, AbortSignal.any([signal, AbortSignal.timeout(RELAY_LIMIT_MS)]));
    return await count(ours, theirs, signal);
  } catch (error) {
    console.info("no way through a relay", error.name);
    return signal.aborted ? null : { reachable: false, rttMs: null, loss: null };
  } finally {
    near.close();
    far.close();
  }
}

async function connect(near, far, limit) {
  near.onicecandidate = ({ candidate }) => candidate && far.addIceCandidate(candidate);
  far.onicecandidate = ({ candidate }) => candidate && near.addIceCandidate(candidate);
  const ours = near.createDataChannel("probe", { ordered: false, maxRetransmits: 0 });
  const opened = new Promise((resolve, reject) => {
    limit.addEventListener("abort", () => reject(limit.reason));
    far.ondatachannel = ({ channel }) => (ours.readyState === "open" ? resolve(channel) : (ours.onopen = () => resolve(channel)));
  });
  await near.setLocalDescription();
  await far.setRemoteDescription(near.localDescription);
  await far.setLocalDescription();
  await near.setRemoteDescription(far.localDescription);
  return [ours, await opened];
}

/** Each packet comes back from the far end: the loss is that of both ways together. */
async function count(ours, theirs, signal) {
  const sentAt = [];
  const trips = new Map();
  theirs.onmessage = ({ data }) => theirs.send(data);
  ours.onmessage = ({ data }) => {
    const number = new DataView(data).getUint16(0);
    trips.set(number, performance.now() - sentAt[number]);
  };
  ours.binaryType = theirs.binaryType = "arraybuffer";
  for (let number = 0; number < PACKETS; number += 1) {
    signal.throwIfAborted(); // the call begins: it has the line to itself
    const packet = new DataView(new ArrayBuffer(PACKET_BYTES));
    packet.setUint16(0, number);
    sentAt.push(performance.now());
    ours.send(packet);
    await pause(PACKET_EVERY_MS);
  }
  for (let waited = 0; trips.size < PACKETS && waited < LATE_MS; waited += PACKET_EVERY_MS) await pause(PACKET_EVERY_MS);
  return { reachable: true, rttMs: median([...trips.values()]) ?? null, loss: 1 - trips.size / PACKETS };
}
