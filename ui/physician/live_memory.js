// What the kiosk has said so far, for a guest who comes later.

const STATES = ["hello", "instruments", "media", "video"]; // the latest of each, in this order
const NOT_FOR_GUESTS = ["pong", "end", "guest", "part"]; // a part is sent on once it is whole

export class LiveMemory {
  constructor() {
    this.states = new Map();
    this.readings = new Map();
  }

  /** Keeps what matters of a message; true when a guest who is there should get it as well. */
  take(message) {
    if (STATES.includes(message.type)) this.states.set(message.type, message);
    else if (message.type === "reading") this.readings.set(message.id, message);
    return !NOT_FOR_GUESTS.includes(message.type);
  }

  /** In the order in which the kiosk would send it. The four words of another connection say nothing here. */
  get soFar() {
    const states = STATES.map((type) => this.states.get(type)).filter(Boolean);
    const readings = [...this.readings.values()].sort((a, b) => a.seq - b.seq);
    return [
      ...states.map((state) => (state.type === "hello" ? { ...state, words: [] } : state)),
      ...readings.map((reading) => ({ ...reading, history: true })),
    ];
  }
}
