// The code panel: the Python and the Go lines that ran, as far as the page knows from what it sends
// and receives. It may slow down what is shown; it never slows down the chat.
import { element } from "./dom.js";
import { setPace } from "./events.js";
import { highlighted } from "./highlight.js";
import { serverLanguage } from "./server.js";
import { view } from "./views.js";

const SLOW = 2000; // milliseconds for one step
const MOST = 1000; // steps that wait; more are shown as if live
const PAUSE = 1000; // milliseconds between two steps that a screen reader is told of
const NARROW = matchMedia("(max-width: 47.99rem)"); // where one pair is open at a time
const YOURS = "your handler";
const THEIRS = "another client’s handler";

export class Code {
  #panel = document.querySelector("#code-view");
  #steps = Object.fromEntries(
    [...document.querySelectorAll("#pairs > li")].map((row) => [row.dataset.step, { row, n: 0 }]),
  );
  #waiting = []; // {show, name, whose}: what is to be shown, and with which step, if with any
  #last;
  #mode = "live";
  #isOpen = false;
  #language;
  #binary = false; // the page has sent a binary message on this connection
  #timer;
  #saying;
  #drawing = false;

  constructor() {
    for (const { row } of Object.values(this.#steps)) {
      row.querySelector("button").addEventListener("click", () => this.#toggle(row));
    }
    for (const button of this.#panel.querySelectorAll("[data-mode]")) {
      button.addEventListener("click", () => this.#setMode(button.dataset.mode));
    }
    document.querySelector("#code-next").addEventListener("click", () => this.#next());
    addEventListener("keydown", (event) => this.#pressed(event));
    setPace((event) => this.#happened(event));
    view("code", (isOpen) => this.#show(isOpen));
    fillIn(this.#steps);
  }

  #happened({ type, detail, show }) {
    if (type === "opened") this.#whoRuns();
    const steps = this.#stepsOf(type, detail);
    const entries = steps.map(([name, whose]) => ({ name, whose, show: () => {} }));
    if (entries.length === 0) entries.push({});
    entries.at(-1).show = show; // a message appears with its last step
    this.#waiting.push(...entries);
    while (this.#waiting.length > (this.#isHeld ? MOST : 0)) this.#run(this.#waiting.shift());
    this.#showWhatHasNoStep();
    this.#draw();
  }

  /** Which steps of whose handler an event tells of. */
  #stepsOf(type, { kind, wasOpen }) {
    if (type === "opened") return [["connect", YOURS]];
    if (type === "sentBinary") this.#binary = true;
    if (type === "closed") {
      const failed = this.#binary && this.#language === "python"; // with a KeyError
      this.#binary = false;
      const leave = failed ? [] : [["leave", YOURS], ["stay", YOURS]];
      return wasOpen ? [["receive", YOURS], ...leave] : [];
    }
    switch (kind) {
      case "personal": return [["receive", YOURS], ["answer", YOURS]];
      case "own": return [["everyone", YOURS]];
      case "other": case "namesake": return [["everyone", THEIRS]];
      case "left": return [["leave", THEIRS], ["stay", THEIRS]];
    }
    return [];
  }

  get #isHeld() {
    return this.#isOpen && this.#mode !== "live";
  }

  #run(entry) {
    entry.show();
    if (!entry.name) return;
    this.#steps[entry.name].n++;
    this.#last = entry;
    if (this.#isHeld && NARROW.matches) this.#open(entry.name);
  }

  #next() {
    if (this.#waiting.length === 0) return;
    this.#run(this.#waiting.shift());
    this.#showWhatHasNoStep();
    this.#draw();
  }

  #showWhatHasNoStep() {
    while (this.#waiting.length > 0 && !this.#waiting[0].name) this.#run(this.#waiting.shift());
  }

  #setMode(mode) {
    this.#mode = mode;
    this.#panel.dataset.mode = mode;
    for (const button of this.#panel.querySelectorAll("[data-mode]")) {
      button.ariaPressed = String(button.dataset.mode === mode);
    }
    clearInterval(this.#timer);
    if (this.#isHeld && mode === "slow") this.#timer = setInterval(() => this.#next(), SLOW);
    while (!this.#isHeld && this.#waiting.length > 0) this.#run(this.#waiting.shift());
    this.#draw();
  }

  #show(isOpen) {
    this.#isOpen = isOpen;
    this.#setMode(this.#mode);
    if (isOpen) this.#whoRuns();
  }

  async #whoRuns() {
    this.#language = await serverLanguage().catch(() => this.#language);
    this.#panel.dataset.language = this.#language;
  }

  /** At most once a frame, however much happens. */
  #draw() {
    if (this.#drawing || !this.#isOpen) return;
    this.#drawing = true;
    requestAnimationFrame(() => {
      this.#drawing = false;
      for (const [name, { row, n }] of Object.entries(this.#steps)) {
        row.querySelector(".count").textContent = `${n.toLocaleString("en")}×`;
        row.classList.toggle("now", name === this.#last?.name);
        row.querySelector(".whose").textContent = name === this.#last?.name ? this.#last.whose : "";
        row.classList.toggle("theirs", this.#last?.whose === THEIRS);
      }
      const waiting = this.#waiting.filter(({ name }) => name).length;
      const wait = waiting === 1 ? "step waits" : "steps wait";
      document.querySelector("#code-waiting").textContent =
        `${waiting.toLocaleString("en")} ${wait}. The chat itself is not slowed.`;
      document.querySelector("#code-next").ariaDisabled = String(waiting === 0);
      if (this.#isHeld && this.#last) {
        const block = NARROW.matches ? "start" : "nearest";
        this.#steps[this.#last.name].row.scrollIntoView({ block });
      }
      this.#saying ??= setTimeout(() => this.#say(), PAUSE);
    });
  }

  #say() {
    this.#saying = undefined;
    if (!this.#isOpen || !this.#last) return;
    const { name, whose } = this.#last;
    const title = this.#steps[name].row.querySelector("button").textContent;
    const said = document.querySelector("#code-said");
    if (said.textContent !== `${title}: ${whose}`) said.textContent = `${title}: ${whose}`;
  }

  #pressed({ key, target, ctrlKey, altKey, metaKey }) {
    const writes = target.closest?.("textarea, input, [popover]");
    if (key === "n" && !writes && !ctrlKey && !altKey && !metaKey && this.#isHeld) this.#next();
  }

  #toggle(row) {
    this.#open(row.classList.contains("open") ? "" : row.dataset.step);
  }

  /** One pair is open at a time: a phone has no room for more. */
  #open(name) {
    for (const { row } of Object.values(this.#steps)) {
      const isOpen = row.classList.toggle("open", row.dataset.step === name);
      row.querySelector("button").ariaExpanded = String(isOpen);
    }
  }
}

/** The lines are those of static/pairs.json, which a test holds against both programs. */
async function fillIn(steps) {
  const { class: methods, endpoint } = await (await fetch("/static/pairs.json")).json();
  // In the order of a call: what the handler calls, then what that does.
  for (const { step, python, go } of [...endpoint, ...methods]) {
    if (!step) continue;
    const lines = steps[step].row.querySelector(".lines");
    for (const line of python) addLine(lines.querySelector(".python"), line);
    for (const line of go) addLine(lines.querySelector(".go"), line);
  }
}

function addLine(place, line) {
  const code = element("code", { translate: false });
  code.classList.toggle("inner", /[:{]\n$/.test(place.textContent)); // what a loop does
  code.append(...highlighted(line), "\n");
  place.append(code);
}
