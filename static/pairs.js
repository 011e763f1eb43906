// The lines of the code panel. They are those of static/pairs.json, which a test holds against both
// programs.
import { element } from "./dom.js";
import { highlighted } from "./highlight.js";

/** Fills the rows, which are named by their steps. */
export async function showLines(rows) {
  const { class: methods, endpoint } = await (await fetch("/static/pairs.json")).json();
  // In the order of a call: what the handler calls, then what that does.
  for (const { step, python, go } of [...endpoint, ...methods]) {
    if (!step) continue;
    for (const line of python) addLine(rows[step].querySelector(".python"), line);
    for (const line of go) addLine(rows[step].querySelector(".go"), line);
  }
}

function addLine(place, line) {
  const code = element("code", { translate: false });
  code.classList.toggle("inner", /[:{]\n$/.test(place.textContent)); // what a loop does
  code.append(...highlighted(line), "\n");
  place.append(code);
}
