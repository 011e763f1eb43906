// The pairs of the code panel. They are those of static/pairs.json, which a test holds against both
// programs: what differs in each, and its lines, first the handler's, then those of what it calls.
import { element } from "./dom.js";
import { highlighted } from "./highlight.js";

const WAITS = /\bawait\b|\b(?:Lock|Send|ReceiveText)\(/;
const STARTS = /^(?:async )?def |^func \(/; // what is called
const INDENTATION = { python: "    ", go: "\t" }; // copied with the line; CSS shows it by --depth

/** Makes a row for each step, by the template; returns them by their steps. */
export async function makeRows(place, template) {
  const answer = await fetch("/static/pairs.json");
  const { steps, class: methods, endpoint } = await answer.json();
  const rows = {};
  for (const pair of steps) {
    const row = template.content.firstElementChild.cloneNode(true);
    row.dataset.step = pair.step;
    row.querySelector("button").textContent = pair.title;
    const lines = [...endpoint, ...methods].filter(({ step }) => step === pair.step);
    for (const language of ["python", "go"]) {
      row.querySelector(`pre.${language}`).append(...linesOf(lines, language));
    }
    const link = element("a", { textContent: pair.read, target: "lesson" });
    link.href = `/static/lesson.html#${pair.section}`;
    row.querySelector(".differs").append(...prose(pair.differs), " ", link);
    rows[pair.step] = row;
  }
  place.replaceChildren(...Object.values(rows));
  return rows;
}

function linesOf(pairs, language) {
  const lines = [];
  let depth = pairs[0].depth ?? 0;
  for (const text of pairs.flatMap((pair) => pair[language])) {
    const isCallee = STARTS.test(text);
    if (isCallee) depth = 0;
    if (text.startsWith("}")) depth--;
    const line = element("code", { translate: false });
    line.classList.toggle("callee", isCallee);
    line.classList.toggle("waits", WAITS.test(text) && !isCallee && !text.startsWith("defer"));
    line.style.setProperty("--depth", depth);
    const textContent = INDENTATION[language].repeat(depth);
    line.append(element("span", { className: "indentation", textContent }), ...highlighted(text));
    lines.push(line, "\n");
    if (/[:{]$/.test(text.replace(/ \/\/.*/, ""))) depth++;
  }
  return lines;
}

/** Words in backticks are code. */
function prose(text) {
  return text.split("`").map((part, n) =>
    n % 2 ? element("code", { textContent: part, translate: false }) : part,
  );
}
