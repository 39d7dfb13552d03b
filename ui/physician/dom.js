// Small helpers to build and find elements.

export const byId = (id) => document.getElementById(id);

/** el("p", {class: "x", "data-id": 1}, "text", child): attributes that are null or false are left out. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false && value !== undefined) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Writes only what differs, so that screen readers and selections are left in peace. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export const clockTime = (when) => new Date(when).toLocaleTimeString("fr-FR");

/** With its day when that is not today. */
export function dayAndTime(when) {
  const day = new Date(when).toLocaleDateString("fr-FR");
  return day === new Date().toLocaleDateString("fr-FR") ? clockTime(when) : `${day} ${clockTime(when)}`;
}
