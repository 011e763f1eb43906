// The page: it hears what happens in the programs, and shows it live, slowly, or step by step.
import { Clients } from "./clients.js";
import { Column } from "./column.js";
import { ask, element } from "./dom.js";
import { linkPairs } from "./pairs.js";
import { Player } from "./player.js";
import { sentence } from "./state.js";

const SLOW = 400; // milliseconds between two events
const SPOKEN = 1000; // milliseconds between two sentences for a screen reader
const TOLD = new Set(["raise", "held", "released", "closed", "end", "lock", "set"]);

const NARROW = matchMedia("(max-width: 60rem)"); // one program at a time
const $ = (selector) => document.querySelector(selector);
let columns = [];
let clients;
let pace = "live";
let drawing = false;
let saying;

function begin({ programs, stories, missing = "" }) {
  columns = programs.map((program, i) => new Column(program, i, new Player(), (column, n) => {
    setPace("step");
    column.player.goTo(n);
    draw();
  }));
  $("#programs").replaceChildren(...columns.map((column) => column.element));
  $("#programs").dataset.count = programs.length;
  $("#clients").replaceChildren();
  clients = new Clients();
  linkPairs(columns);
  if (!$("#story").length) {
    $("#story").append(element("option", { value: "all", textContent: "all, one after the other" }),
      ...stories.map(({ name, title }) => element("option", { value: name, textContent: title })));
  }
  $("#wrong").textContent = missing;
  showTabs(programs);
  fit();
}

/** The lines are as high as lets the longest program fit, if they can be read then. */
function fit() {
  const style = document.documentElement.style;
  style.removeProperty("--row");
  if (NARROW.matches || !columns.length) return;
  const heights = columns.map(({ element: section, height }) => {
    const code = section.querySelector(".code");
    const left = innerHeight - code.getBoundingClientRect().top - scrollY - 14;
    return left / height;
  });
  style.setProperty("--row", `${Math.min(Math.max(Math.min(...heights), 10.5), 24)}px`);
}

/** On a phone one program is shown at a time. */
function showTabs(programs) {
  const tabs = programs.map(({ file }, i) => {
    const tab = element("button", { type: "button", textContent: file.split("/").at(-1) });
    tab.addEventListener("click", () => select(i));
    return tab;
  });
  const select = (chosen) => {
    document.body.dataset.program = chosen;
    tabs.forEach((tab, i) => { tab.ariaPressed = String(i === chosen); });
  };
  $("#tabs").replaceChildren(...tabs);
  select(Math.min(Number(document.body.dataset.program ?? 0), programs.length - 1));
}

function tell({ name, title, before, after }) {
  $("#story").value = name;
  $("#told").replaceChildren(element("strong", { textContent: `${title}. ` }), before,
    ...(after ? [" ", element("span", { className: "after", textContent: after })] : []));
}

function setPace(mode) {
  pace = mode;
  for (const button of document.querySelectorAll("[data-pace]")) {
    button.ariaPressed = String(button.dataset.pace === mode);
  }
  $("#next").disabled = mode !== "step";
  if (mode === "live") draw();
}

/** One event further in each program: between them no order is known. */
function step() {
  for (const { player } of columns) player.goTo(player.state.n + 1);
  draw();
}

/** At most once a frame, however much happens. */
function draw() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    if (pace === "live") for (const { player } of columns) player.goTo(player.end);
    for (const column of columns) column.draw();
    const states = columns.map(({ player }) => player.state);
    clients?.draw(states);
    const isHeld = states.some(({ handlers }) =>
      [...handlers.values()].some(({ kind }) => kind === "held"));
    $("#release").disabled = !isHeld;
    saying ??= setTimeout(say, SPOKEN);
  });
}

/** What a screen reader is told: the last event of each program; live, only what matters most. */
function say() {
  saying = undefined;
  const text = columns.map(({ player: { state: { last } }, element: { ariaLabel } }) =>
    last && (pace !== "live" || TOLD.has(last.kind)) ? `${ariaLabel}: ${sentence(last)}` : "")
    .filter(Boolean).join(". ");
  if (text && $("#said").textContent !== text) $("#said").textContent = text;
}

function hear(message) {
  if (message.programs) begin(message);
  if (message.story) tell(message.story);
  const player = columns[message.program]?.player;
  if (message.sum) player?.begin(message.sum);
  if (message.events) player?.add(message.events);
  draw();
}

for (const button of document.querySelectorAll("[data-pace]")) {
  button.addEventListener("click", () => setPace(button.dataset.pace));
}
$("#next").addEventListener("click", step);
$("#come").addEventListener("click", () => ask({ do: "come" }));
$("#release").addEventListener("click", () => ask({ do: "release" }));
$("#afresh").addEventListener("click", () => ask({ do: "afresh" }));
$("#stories").addEventListener("submit", (event) => {
  event.preventDefault();
  setPace("live");
  ask({ do: "story", name: $("#story").value });
});
addEventListener("keydown", ({ key, target, ctrlKey, altKey, metaKey }) => {
  const writes = target.closest("select, input");
  if (key === "n" && pace === "step" && !writes && !ctrlKey && !altKey && !metaKey) step();
});
const sizes = new ResizeObserver(fit);
for (const selector of ["#clients", "#told", "html"]) sizes.observe($(selector));
setInterval(() => { if (pace === "slow") step(); }, SLOW);

const events = new EventSource("events");
events.addEventListener("message", ({ data }) => hear(JSON.parse(data)));
events.addEventListener("error", () => {
  $("#wrong").textContent = "The tool has ended. Start it again: go run -C learn ./watch";
});
