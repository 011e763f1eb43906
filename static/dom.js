// Two small things that both lists need.

/** An element with properties, not attributes: element("p", { textContent: "…" }). */
export function element(name, properties) {
  return Object.assign(document.createElement(name), properties);
}

/** 14:05:09, the same in every locale. */
export function clock(date) {
  return date.toTimeString().slice(0, 8);
}
