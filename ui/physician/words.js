// The four words: computed here from what this browser really negotiated, to be compared aloud.

import { byId, el } from "./dom.js";
import { fourWords } from "./link.js";

export class Words {
  /** `different()` is called when the physician hears other words. */
  constructor(different) {
    this.list = fetch("words.json").then((response) => response.json());
    byId("words-same").onclick = () => this.agreed();
    byId("words-different").onclick = different;
  }

  async compute(secret, descriptions) {
    this.now = await fourWords(secret, ...descriptions, await this.list);
    const items = this.now.map((word) => el("li", {}, word));
    byId("words").replaceChildren(...items);
    byId("words-short").textContent = this.now.join(" · ");
    // The keys are new after a cut, and so are the words; the proof in the offer already covers them.
    byId("words-card").hidden = Boolean(this.compared);
    return this.now;
  }

  agreed() {
    this.compared = true;
    byId("words-card").hidden = true;
    byId("words-label").focus();
  }
}
