// Small things that the lists need.

/** An element with properties, not attributes: element("p", { textContent: "…" }). */
export function element(name, properties) {
  return Object.assign(document.createElement(name), properties);
}

/** 14:05:09, the same in every locale. */
export function clock(date) {
  return date.toTimeString().slice(0, 8);
}

/** 14:05:09.123 */
export function preciseClock(date) {
  return `${clock(date)}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}
