// From what was measured to a light and a reason. The kiosk judges with the same limits (kiosk/call/checks).

const VOICE_ONLY_BPS = 60_000;
const WEAK_BPS = 300_000;
const LOSSY = 0.08;
const SLOW_RTT_MS = 400;
const BLACK_BELOW = 40; // luma of the brightest spot
const HEARD_FROM = 0.01; // of full scale: a voice at arm's length is well above
const SILENT_BELOW = 0.0005;
const STILL_MS = 2000;
const LISTEN_MS = 3000;

const found = (light, reason = "") => ({ light, reason });

export const UNKNOWN = found("unknown");

/** `{ present, sinceMs, brightest, stillMs }`: how long it has been open, and without a new picture. */
export function judgeCamera({ present, sinceMs, brightest, stillMs }) {
  if (!present) return found("red", "camera.missing");
  if (stillMs > STILL_MS) return found("red", "camera.frozen");
  if (brightest === null) return UNKNOWN;
  if (brightest < BLACK_BELOW) return sinceMs > STILL_MS ? found("red", "camera.black") : UNKNOWN;
  return found("green");
}

/** `loudest` (0 to 1) of what was heard in `sinceMs`. */
export function judgeMicrophone({ present, sinceMs, loudest }) {
  if (!present) return found("red", "microphone.missing");
  if (loudest >= HEARD_FROM) return found("green");
  if (sinceMs < LISTEN_MS) return found("unknown", "microphone.speak");
  return loudest < SILENT_BELOW ? found("red", "microphone.silent") : found("orange", "microphone.faint");
}

/** `heard`: what the physician answered. */
export function judgeSpeaker({ heard }) {
  return heard ? found("green") : found("red", "speaker.unheard");
}

/** `{ reachable, rttMs, upBps, downBps, relay }`; null for what was not measured. `relay`: see checkRelay. */
export function judgeLine({ reachable, rttMs, upBps, downBps, relay }) {
  if (reachable === false) return found("red", "line.down");
  if (relay && !relay.reachable) return found("red", "line.relay");
  const rates = [upBps, downBps].filter((rate) => rate !== null);
  const slowest = rates.length ? Math.min(...rates) : null;
  const loss = relay?.loss ?? null;
  if (slowest !== null && slowest < VOICE_ONLY_BPS) return found("red", "line.voiceOnly");
  if (loss !== null && loss > LOSSY) return found("orange", "line.lossy");
  if (slowest !== null && slowest < WEAK_BPS) return found("orange", "line.weak");
  if ((relay?.rttMs ?? rttMs ?? 0) > SLOW_RTT_MS) return found("orange", "line.slow");
  if (slowest === null && loss === null) return found("unknown", "line.unmeasured");
  return found("green");
}

const BADNESS = ["green", "unknown", "orange", "red"];

/** The part to name: the first of the worst, in the order given. */
export function worst(checks) {
  return checks.reduce((bad, next) => (BADNESS.indexOf(next.light) > BADNESS.indexOf(bad.light) ? next : bad));
}
