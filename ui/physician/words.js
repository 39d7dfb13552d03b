// The four words: computed here from what this browser really negotiated, to be compared aloud.

import { byId, el } from "./dom.js";
import { fourWords } from "./link.js";

const RETRY_MS = 2000;

/** The list of words; without it there is nothing to compare, so it tries until it has it. */
async function loadList() {
  for (;;) {
    try {
      const response = await fetch("words.json");
      if (response.ok) return await response.json();
    } catch (error) {
      console.info("no list of words yet", error.message);
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

export class Words {
  /** `different()` is called when the physician hears other words. */
  constructor(different) {
    this.list = loadList();
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
