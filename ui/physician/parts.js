// Long messages come in pieces, so that nothing waits behind them; here they become whole again.

const UNFINISHED_MAX = 3;
const PIECES_MAX = 64;

export class Parts {
  /** `deliver(message)` gets each message that is whole. */
  constructor(deliver) {
    this.deliver = deliver;
    this.unfinished = new Map();
  }

  take({ id, n, of, text }) {
    if (!(of <= PIECES_MAX && n >= 0 && n < of) || typeof text !== "string") return;
    const pieces = this.unfinished.get(id) ?? new Map();
    this.unfinished.set(id, pieces);
    pieces.set(n, text);
    if (pieces.size === of) this.finish(id, pieces, of);
    else if (this.unfinished.size > UNFINISHED_MAX) this.unfinished.delete(this.unfinished.keys().next().value);
  }

  finish(id, pieces, of) {
    this.unfinished.delete(id);
    const text = Array.from({ length: of }, (_, n) => pieces.get(n)).join("");
    try {
      this.deliver(JSON.parse(text));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      console.warn("a message in pieces did not fit together", error.message);
    }
  }

  /** After a cut nothing of what was begun will be finished. */
  clear() {
    this.unfinished.clear();
  }
}
