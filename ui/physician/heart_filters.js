// Filters for listening only: Butterworth, fourth order above, second below. The record stays as captured.

const SECOND = [Math.SQRT1_2];
const FOURTH = [0.5412, 1.3066]; // the two Q of a fourth-order Butterworth

/** The band that each lets pass, in Hz; `wide` does nothing at all. */
export const BANDS = { wide: null, heart: [20, 200], lung: [100, 1000] };

/** The Web Audio API counts the Q of these two types in dB (Web Audio API, BiquadFilterNode). */
function section(context, type, frequency, q) {
  return new BiquadFilterNode(context, { type, frequency, Q: 20 * Math.log10(q) });
}

/** The sections of a filter, to be connected one after the other; none for `wide`. */
export function filterSections(context, name) {
  const band = BANDS[name];
  if (!band) return [];
  return [
    ...SECOND.map((q) => section(context, "highpass", band[0], q)),
    ...FOURTH.map((q) => section(context, "lowpass", band[1], q)),
  ];
}
