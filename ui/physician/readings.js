// What has been measured in this session. Pure: no page, no clock of its own.

export function createReadings() {
  return { byId: new Map(), bySeq: new Map(), latest: new Map(), clockOffsetMs: null };
}

/**
 * A reading as the kiosk means it: one that is `like` an earlier one names only what differs. Undefined when that one
 * is not here; the kiosk names only those that it knows to be.
 */
export function completed(state, reading) {
  if (reading.like === undefined) return reading;
  const earlier = state.bySeq.get(reading.like);
  if (earlier?.quantities.length !== reading.values.length) return undefined;
  const { like, values, ...own } = reading;
  const quantities = earlier.quantities.map((quantity, index) => ({ ...quantity, ...given(values[index]) }));
  return { ...earlier, ...own, gap: false, history: false, quantities };
}

const given = (value) => ({ value: typeof value === "string" ? value : null, absent: value.absent ?? null });

/**
 * False when this reading was here already: the kiosk sends all of them again after a cut, and one that was started
 * anew numbers them anew.
 */
export function addReading(state, reading) {
  state.bySeq.set(reading.seq, reading);
  if (state.byId.has(reading.id)) return false;
  state.byId.set(reading.id, reading);
  for (const quantity of reading.quantities) keepLatest(state, reading, quantity);
  return true;
}

/** The newer; but what was measured in the consultation comes before what the helper attached, whatever its date. */
function comesFirst(reading, known) {
  const attached = ({ quality }) => quality.includes("attached_by_helper");
  if (attached(reading) !== attached(known)) return attached(known);
  return Date.parse(reading.t0) >= Date.parse(known.t0);
}

function keepLatest(state, reading, quantity) {
  const known = state.latest.get(quantity.metric);
  if (known && !comesFirst(reading, known.reading)) return;
  state.latest.set(quantity.metric, { reading, quantity });
}

/** The newest reading among several metrics, with all of them that it holds; undefined when none. */
export function newestOf(state, metrics) {
  const found = metrics.map((metric) => state.latest.get(metric)).filter(Boolean);
  if (found.length === 0) return undefined;
  const reading = found.reduce((a, b) => (comesFirst(b.reading, a.reading) ? b : a)).reading;
  const quantities = new Map(reading.quantities.map((quantity) => [quantity.metric, quantity]));
  return { reading, quantities };
}

/** A waveform is live: the smallest lead of our clock over its end is how far the two clocks differ. */
export function noteClock(state, sampleEndMs, nowMs) {
  const offset = nowMs - sampleEndMs;
  if (state.clockOffsetMs === null || offset < state.clockOffsetMs) state.clockOffsetMs = offset;
}

/** Seconds since the measurement, by the kiosk's clock as far as it is known; never negative. */
export function ageS(state, reading, nowMs) {
  return Math.max(0, Math.round((nowMs - (state.clockOffsetMs ?? 0) - Date.parse(reading.t0)) / 1000));
}

const UNITS = { "mm[Hg]": "mmHg", Cel: "°C", "1": "", "kg/m2": "kg/m²", s: "h:min:s" };

/** A UCUM code as people write it. */
export function unitText(ucum) {
  return UNITS[ucum] ?? ucum;
}

/** A value as the device gave it; a duration as hours, minutes and seconds. */
export function valueText({ value, unit }) {
  if (unit !== "s" || value === null) return value;
  const seconds = Math.trunc(Number(value));
  const two = (number) => String(number).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
