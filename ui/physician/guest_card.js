// What the physician sees of the third seat: the link to send, who is there, and how to end it.

import { byId, setText } from "./dom.js";
import { onLanguage, t } from "./strings.js";

const INVITED = ["asked", "waiting", "here", "cut", "left"];
const TOLD = [...INVITED, "removed", "tampered"];
const COPIED_MS = 4000;

/** States: none, asked, waiting, here, cut, left, removed, tampered. */
export class GuestCard {
  constructor({ invite, remove }) {
    this.state = "none";
    this.face = byId("guest-face");
    byId("invite").onclick = invite;
    byId("guest-remove").onclick = remove;
    byId("guest-copy").onclick = () => this.copy();
    byId("guest-link").onfocus = () => byId("guest-link").select();
    onLanguage(() => this.draw());
  }

  show(state, { link, stream } = {}) {
    this.state = state;
    if (link) byId("guest-link").value = link;
    if (stream) this.play(stream);
    if (!INVITED.includes(state)) this.forget();
    if (state === "left") this.play(null);
    this.draw();
  }

  play(stream) {
    this.face.srcObject = stream;
    if (stream) this.face.play().catch((error) => console.info("not playing", error.name));
  }

  forget() {
    this.play(null);
    byId("guest-link").value = "";
    this.words = null;
  }

  compare(words) {
    this.words = words;
    this.draw();
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(byId("guest-link").value);
    } catch (error) {
      console.info("the browser copies nothing by itself", error.name);
      return byId("guest-link").focus(); // selected: the physician can
    }
    this.copiedAt = performance.now();
    this.draw();
    setTimeout(() => this.draw(), COPIED_MS + 100);
  }

  draw() {
    const invited = INVITED.includes(this.state);
    const here = this.state === "here" || this.state === "cut";
    const copied = performance.now() - (this.copiedAt ?? -Infinity) < COPIED_MS;
    byId("invite").hidden = invited;
    byId("guest-card").hidden = !TOLD.includes(this.state);
    byId("guest-card").dataset.guest = this.state;
    this.face.hidden = !here;
    byId("guest-send").hidden = here || !invited || this.state === "asked";
    byId("guest-remove").hidden = !invited;
    byId("guest-limits").hidden = byId("guest-answer").hidden = !invited;
    byId("guest-compare").hidden = !here || !this.words;
    setText(byId("guest-words"), this.words?.join(" · ") ?? "");
    setText(byId("guest-state"), TOLD.includes(this.state) ? t(`guest.${this.state}`) : "");
    setText(byId("guest-copy"), t(copied ? "guest.copied" : "guest.copy"));
  }
}
