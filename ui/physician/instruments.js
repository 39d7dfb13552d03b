// The instruments at the kiosk, each with its state in words.

import { byId, el } from "./dom.js";
import { find, onLanguage, t } from "./strings.js";

// The kiosk's own camera and microphone: listed only when they fail.
const OF_THE_CALL = ["camera", "microphone"];
const TROUBLE = ["lost", "faulty"];

export class Instruments {
  constructor() {
    this.items = [];
    onLanguage(() => this.draw());
  }

  changed(items) {
    this.items = items.filter((item) => !OF_THE_CALL.includes(item.kind) || TROUBLE.includes(item.state));
    this.draw();
  }

  draw() {
    byId("instruments").replaceChildren(...this.items.map((item) => this.row(item)));
    byId("instruments-none").hidden = this.items.length > 0;
  }

  row({ id, kind, also = [], name, state, reason }) {
    const known = state === "absent" && reason === "unplugged";
    const why = reason && reason !== "none" && !known ? `, ${reasonText(reason, kind)}` : "";
    const words = `${t(`instrument.${state}`)}${why}`;
    const kinds = [kind, ...also].map((each) => t(`kind.${each}`)).join(", ");
    return el("li", { "data-instrument": id, "data-instrument-state": state },
      el("span", { class: "kind" }, kinds), el("span", { class: "model" }, name),
      el("span", { class: "state" }, words));
  }
}

/** Some kinds have words of their own: a strap is no clip. */
function reasonText(reason, kind) {
  return find(`reason.${reason}.${kind}`) ?? t(`reason.${reason}`);
}
