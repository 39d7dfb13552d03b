// Every sentence of the page, in every language. Keys are the same in each; French comes first.

import { AR } from "./strings_ar.js";
import { EN } from "./strings_en.js";
import { FR } from "./strings_fr.js";
import { GUEST } from "./strings_guest.js";

/** In this order the button of the page goes round them. */
const STRINGS = { fr: FR, en: EN, ar: AR };
const LANGUAGES = Object.keys(STRINGS);
const RIGHT_TO_LEFT = ["ar"];

const listeners = [];
let current = LANGUAGES.find((name) => name === new URLSearchParams(location.search).get("lang")) ?? "fr";

let role = "";
for (const [name, sentences] of Object.entries(GUEST)) Object.assign(STRINGS[name], sentences);

export const language = () => current;

/** Whose page it is: sentences of this role come before the common ones. Before anything is shown. */
export function setRole(name) {
  role = name;
}

/** The sentence for `key`, with {names} filled in; undefined when there is none. */
export function find(key, values = {}) {
  const sentence = STRINGS[current][`${key}.${role}`] ?? STRINGS[current][key];
  return sentence?.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** The sentence for `key`; an unknown word of the kiosk is shown as it came rather than hidden. */
export function t(key, values = {}) {
  return find(key, values) ?? key.split(".").at(-1);
}

/** `redraw` runs at once and after every change of language. */
export function onLanguage(redraw) {
  listeners.push(redraw);
  redraw();
}

/** Fills what the page itself holds: data-t for text, data-t-label for names without visible text. */
export function translatePage() {
  document.documentElement.lang = current;
  document.documentElement.dir = RIGHT_TO_LEFT.includes(current) ? "rtl" : "ltr";
  document.title = t("title");
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll("[data-t-label]")) {
    node.setAttribute("aria-label", t(node.dataset.tLabel));
  }
}

export function switchLanguage() {
  current = LANGUAGES[(LANGUAGES.indexOf(current) + 1) % LANGUAGES.length];
  const address = new URL(location.href);
  address.searchParams.set("lang", current);
  history.replaceState(null, "", address);
  for (const redraw of listeners) redraw();
}
