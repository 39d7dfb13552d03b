// The table of all readings received, newest first: each one exactly once.

import { byId, dayAndTime, el, setText } from "./dom.js";
import { pointName } from "./points.js";
import { unitText, valueText } from "./readings.js";
import { onLanguage, t } from "./strings.js";
import { absentText, qualityText } from "./tiles.js";

function quantityText(quantity, kind) {
  const name = t(`metric.${quantity.metric}`);
  if (quantity.value === null) return `${name} : ${absentText(quantity, kind)}`;
  return `${name} ${valueText(quantity)} ${unitText(quantity.unit)}`.trim();
}

function attachmentText(attachment) {
  if (!attachment) return [];
  const what = t(attachment.content_type.startsWith("image/") ? "history.picture" : "history.sound");
  const facts = [attachment.site && pointName(attachment.site), attachment.mirrored && t("history.mirrored")];
  const told = facts.filter(Boolean).join(", ");
  return [told ? `${what} (${told})` : what];
}

function rowCells(reading) {
  const values = reading.quantities.map((quantity) => quantityText(quantity, reading.kind));
  const remarks = reading.gap ? [t("history.gap")] : [];
  const time = el("time", { datetime: reading.t0 }, dayAndTime(reading.t0));
  return [
    el("td", {}, time, el("span", { class: "clock" }, t(`clock.${reading.clock}`))),
    el("td", {}, reading.device.name || t(`kind.${reading.kind}`)),
    el("td", { dir: "auto" }, [...values, ...attachmentText(reading.attachment)].join(" · ")),
    el("td", {}, [qualityText(reading.quality), ...remarks].join(", ")),
  ];
}

export class History {
  constructor(readings) {
    this.readings = readings;
    this.body = byId("history-rows");
    onLanguage(() => this.redraw());
  }

  add(newReadings) {
    for (const reading of newReadings) this.insert(reading);
    this.count();
  }

  /** The newest on top, in whatever order they come: after a cut the newest is sent first. */
  insert(reading) {
    const older = [...this.body.children].find((row) => Number(row.dataset.seq) < reading.seq);
    this.body.insertBefore(this.row(reading), older ?? null);
  }

  row(reading) {
    const marks = { "data-reading-id": reading.id, "data-seq": reading.seq, "data-kind": reading.kind, "data-testid": "history-row" };
    return el("tr", marks, ...rowCells(reading));
  }

  redraw() {
    const newestFirst = [...this.readings.byId.values()].sort((a, b) => b.seq - a.seq);
    this.body.replaceChildren(...newestFirst.map((reading) => this.row(reading)));
    this.count();
  }

  count() {
    const number = this.readings.byId.size;
    setText(byId("history-count"), String(number));
    byId("history-none").hidden = number > 0;
  }
}
