// One tile per vital sign: the value exactly as the device gave it, its unit, time, age and quality.

import { byId, dayAndTime, el, setText } from "./dom.js";
import { ageS, newestOf, unitText, valueText } from "./readings.js";
import { find, onLanguage, t } from "./strings.js";

const TILES = [
  { id: "spo2", main: ["spo2"], small: [] },
  { id: "pulse", main: ["pulse_rate"], small: [] },
  { id: "perfusion", main: ["perfusion_index"], small: [] },
  { id: "pressure", main: ["systolic", "diastolic"], small: ["mean_pressure", "cuff_pulse_rate"] },
  { id: "temperature", main: ["body_temperature"], small: [] },
  // What few sites own takes no place before it has been measured.
  { id: "heart", main: ["heart_rate"], small: [], rare: true },
  { id: "weight", main: ["body_weight"], small: ["body_height", "body_mass_index", "body_fat"], rare: true },
  { id: "recording", main: ["spo2_lowest"], small: ["spo2_average", "recorded", "spo2_recorded"], rare: true },
  { id: "glucose", main: ["glucose_mass", "glucose_molar"], small: [], rare: true },
];
const SMALL_LABELS = {
  mean_pressure: "tile.mean", cuff_pulse_rate: "tile.cuffPulse",
  spo2_average: "tile.average", recorded: "tile.recorded", spo2_recorded: "tile.withValue",
  body_height: "tile.height", body_mass_index: "tile.bmi", body_fat: "tile.fat",
};
const CUFF_SILENCE_MS = 3000;

export function absentText(quantity, kind) {
  return find(`absent.${quantity.absent}.${kind}`) ?? t(`absent.${quantity.absent}`);
}

export function ageText(seconds) {
  if (seconds < 3) return t("age.now");
  if (seconds < 60) return t("age.seconds", { n: seconds });
  if (seconds < 3600) return t("age.minutes", { n: Math.floor(seconds / 60) });
  const minutes = String(Math.floor((seconds % 3600) / 60)).padStart(2, "0");
  return t("age.hours", { n: Math.floor(seconds / 3600), m: minutes });
}

export function qualityText(quality) {
  return quality.length ? quality.map((word) => t(`quality.${word}`)).join(", ") : t("quality.none");
}

function numberNode(quantity, kind) {
  const value = valueText(quantity) ?? absentText(quantity, kind);
  return el("span", { class: quantity.value === null ? "absent" : "number",
    "data-testid": `value-${quantity.metric}`, "data-metric": quantity.metric }, value);
}

/** "128/79 mmHg": two present values side by side; anything absent is said in words. */
function mainNode(present, kind) {
  const nodes = present.flatMap((quantity, index) => {
    const slash = el("span", { class: "slash" }, " / ");
    return index ? [slash, numberNode(quantity, kind)] : [numberNode(quantity, kind)];
  });
  const measured = present.some((quantity) => quantity.value !== null);
  if (measured) nodes.push(el("span", { class: "unit" }, unitText(present[0].unit)));
  // Numbers read left to right in every language: 128/79 must never turn into 79/128.
  return el("bdi", { dir: measured ? "ltr" : "auto" }, ...nodes);
}

function smallNodes(present, kind) {
  return present.map((quantity) => {
    const unit = quantity.value === null ? "" : ` ${unitText(quantity.unit)}`;
    const number = el("bdi", { dir: unit ? "ltr" : "auto" }, numberNode(quantity, kind), unit);
    return el("span", {}, `${t(SMALL_LABELS[quantity.metric])} `, number);
  });
}

class Tile {
  constructor(spec, readings) {
    Object.assign(this, { spec, readings });
    this.name = el("h3");
    this.value = el("p", { class: "value" });
    this.small = el("p", { class: "small" });
    this.time = el("time");
    this.age = el("span", { class: "age" });
    this.quality = el("p", { class: "quality" });
    const when = el("p", { class: "when" }, this.time, this.age);
    this.node = el("article", { class: "tile", "data-tile": spec.id, "data-testid": `tile-${spec.id}` },
      this.name, this.value, this.small, when, this.quality);
  }

  draw() {
    setText(this.name, t(`tile.${this.spec.id}`));
    const newest = newestOf(this.readings, this.spec.main);
    this.node.toggleAttribute("data-empty", !newest);
    this.node.hidden = Boolean(this.spec.rare) && !newest;
    if (newest) this.drawReading(newest);
    else this.value.replaceChildren(el("span", { class: "absent" }, t("tile.none")));
  }

  drawReading({ reading, quantities }) {
    const pick = (metrics) => metrics.map((metric) => quantities.get(metric)).filter(Boolean);
    this.node.dataset.readingId = reading.id;
    this.value.replaceChildren(mainNode(pick(this.spec.main), reading.kind));
    this.small.replaceChildren(...smallNodes(pick(this.spec.small), reading.kind));
    this.time.dateTime = reading.t0;
    this.time.title = t(`clock.${reading.clock}`);
    setText(this.time, dayAndTime(reading.t0));
    setText(this.quality, qualityText(reading.quality));
    this.quality.toggleAttribute("data-remark", reading.quality.length > 0);
    this.drawAge(reading);
  }

  drawAge(reading = newestOf(this.readings, this.spec.main)?.reading) {
    if (!reading) return;
    const known = !reading.quality.includes("time_unsure");
    setText(this.age, known ? ageText(ageS(this.readings, reading, Date.now())) : "");
  }
}

/** All tiles; `draw()` after new readings, `tick()` once a second, `cuff(wave)` while the cuff inflates. */
export class Tiles {
  constructor(readings) {
    this.tiles = TILES.map((spec) => new Tile(spec, readings));
    for (const tile of this.tiles) byId(`slot-${tile.spec.id}`).replaceWith(tile.node);
    this.live = el("p", { class: "cuff-live", "data-testid": "cuff-live", hidden: true });
    this.tiles.find((tile) => tile.spec.id === "pressure").value.after(this.live);
    onLanguage(() => this.draw());
  }

  draw() {
    for (const tile of this.tiles) tile.draw();
  }

  tick() {
    for (const tile of this.tiles) tile.drawAge();
    if (performance.now() - this.cuffAt > CUFF_SILENCE_MS) this.live.hidden = true;
  }

  cuff(wave) {
    this.cuffAt = performance.now();
    this.live.hidden = false;
    const pressure = el("strong", {}, String(wave.samples.at(-1)));
    this.live.replaceChildren(`${t("tile.cuffNow")} `, pressure, ` ${unitText(wave.unit)}`);
  }

  cuffDone() {
    this.live.hidden = true;
  }
}
