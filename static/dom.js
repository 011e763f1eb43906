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

/**
 * Whether an input method takes the key. Safari ends the composition before the Enter that confirms
 * it: then only the old key code still says so.
 */
export function belongsToInputMethod({ isComposing, keyCode, key }) {
  return isComposing || keyCode === 229 || key === "Process";
}

/** Writing goes on where what had the focus goes away. */
export function backToWriting() {
  document.querySelector("#messageText").focus();
}
