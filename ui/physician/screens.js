// Which screen is shown: the card to join, the consultation, or one message on the whole page.

import { byId, setText } from "./dom.js";
import { find, onLanguage, t } from "./strings.js";

const ACTIONS = { unreachable: "message.now", dead: "message.retry", used: "message.retry", left: "message.return" };
const IN_CONSULTATION = ["connected", "reconnecting"];
/** Nothing leads out of these by itself. */
export const FINAL = ["wrong", "unsupported", "used", "dead", "tampered", "unsuited", "different", "ended", "left"];

export class Screens {
  /** `act()` is what the message's button does. */
  constructor(act) {
    this.details = {};
    byId("message-action").onclick = act;
    onLanguage(() => this.draw());
  }

  get state() {
    return document.body.dataset.state;
  }

  show(state, details = {}) {
    const entering = state !== this.state;
    this.details = details;
    document.body.dataset.state = state;
    this.draw();
    if (entering && !byId("message").hidden) byId("message-title").focus();
  }

  draw() {
    const consultation = IN_CONSULTATION.includes(this.state);
    byId("join").hidden = this.state !== "join";
    byId("consultation").hidden = !consultation;
    byId("call-tools").hidden = !consultation;
    byId("message").hidden = consultation || this.state === "join";
    if (!byId("message").hidden) this.drawMessage();
    setText(byId("status"), consultation ? t(`state.${this.state}`) : "");
    byId("banner").hidden = this.state !== "reconnecting";
  }

  drawMessage() {
    setText(byId("message-title"), t(`message.${this.state}.title`));
    setText(byId("message-text"), t(`message.${this.state}.text`, this.details));
    const action = find(ACTIONS[this.state]);
    byId("message-action").hidden = !action;
    setText(byId("message-action"), action ?? "");
    byId("message").toggleAttribute("data-busy", !FINAL.includes(this.state));
  }
}
