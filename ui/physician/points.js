// Where on the body something was taken: the kiosk's keys, in the order in which one listens.

import { el } from "./dom.js";
import { t } from "./strings.js";

const GROUPS = {
  heart: ["aortic", "pulmonic", "tricuspid", "mitral"],
  front: ["lung_front_upper_right", "lung_front_upper_left", "lung_front_lower_right", "lung_front_lower_left"],
  back: ["lung_back_upper_left", "lung_back_upper_right", "lung_back_lower_left", "lung_back_lower_right"],
  belly: ["abdomen"],
};

const EARS = ["ear_right", "ear_left"];

/** In the language of the page; words that are no key are shown as they came. */
export const pointName = (site) => (site ? t(`point.${site}`) : t("point.none"));

/** Fills a select with all of them, keeping what is chosen. */
export function drawPoints(select) {
  const chosen = select.value;
  const groups = Object.entries(GROUPS).map(([group, points]) =>
    el("optgroup", { label: t(`points.${group}`) }, ...points.map((site) => el("option", { value: site }, pointName(site)))));
  select.replaceChildren(el("option", { value: "" }, t("point.choose")), ...groups);
  select.value = chosen;
}

/** Fills a select with both ears, keeping what is chosen. */
export function drawEars(select) {
  const chosen = select.value;
  const ears = EARS.map((site) => el("option", { value: site }, pointName(site)));
  select.replaceChildren(el("option", { value: "" }, t("otoscope.earChoose")), ...ears);
  select.value = chosen;
}
