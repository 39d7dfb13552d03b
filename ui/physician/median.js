/** Of two in the middle the larger one; undefined of none. */
export function median(values) {
  return [...values].sort((one, other) => one - other)[values.length >> 1];
}
