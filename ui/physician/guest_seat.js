// This page in the hands of the guest: it looks and listens, and asks for nothing. The host refuses it as well.

import { byId } from "./dom.js";
import { setRole } from "./strings.js";

export function takeGuestSeat() {
  setRole("guest");
  document.body.dataset.role = "guest"; // guest.css takes the requests away
  byId("guest-note").hidden = false;
}
