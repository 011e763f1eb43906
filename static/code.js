// The code panel: the Python and the Go lines that ran, as far as the page knows from what it sends
// and receives. It may slow down what is shown; it never slows down the chat.
import { setPace } from "./events.js";
import { Pace } from "./pace.js";
import { showLines } from "./pairs.js";
import { serverLanguage } from "./server.js";
import { stepsOf, THEIRS } from "./steps.js";
import { view } from "./views.js";

const PAUSE = 1000; // milliseconds between two steps that a screen reader is told of
const NARROW = matchMedia("(max-width: 47.99rem)"); // where one pair is open at a time

export class Code {
  #panel = document.querySelector("#code-view");
  #modes = [...document.querySelectorAll("#code-view button[data-mode]")];
  #rows = {}; // by their steps
  #counts = {};
  #pace = new Pace((entry) => this.#run(entry));
  #last;
  #isOpen = false;
  #language;
  #binary = false; // the page has sent a binary message on this connection
  #saying;
  #drawing = false;

  constructor() {
    for (const row of document.querySelectorAll("#pairs > li")) {
      const { step } = row.dataset;
      this.#rows[step] = row;
      this.#counts[step] = 0;
      const open = () => this.#open(row.classList.contains("open") ? "" : step);
      row.querySelector("button").addEventListener("click", open);
    }
    for (const button of this.#modes) {
      button.addEventListener("click", () => this.#setMode(button.dataset.mode));
    }
    document.querySelector("#code-next").addEventListener("click", () => this.#next());
    addEventListener("keydown", (event) => this.#pressed(event));
    setPace((event) => this.#happened(event));
    view("code", (isOpen) => this.#show(isOpen));
    showLines(this.#rows);
  }

  #happened({ type, detail, show }) {
    if (type === "opened") this.#whoRuns();
    if (type === "sentBinary") this.#binary = true;
    const failed = this.#binary && this.#language === "python"; // with a KeyError
    const entries = stepsOf(type, detail, failed).map(([name, whose]) => ({ name, whose }));
    if (entries.length === 0) entries.push({});
    entries.at(-1).show = show; // a message appears with its last step
    if (type === "closed") this.#binary = false;
    this.#pace.add(...entries);
    this.#draw();
  }

  #run(entry) {
    entry.show?.();
    if (!entry.name) return;
    this.#counts[entry.name]++;
    this.#last = entry;
    if (this.#pace.isHeld && NARROW.matches) this.#open(entry.name);
    this.#draw();
  }

  #next() {
    this.#pace.next();
    this.#draw();
  }

  #setMode(mode) {
    this.#panel.dataset.mode = mode;
    for (const button of this.#modes) button.ariaPressed = String(button.dataset.mode === mode);
    this.#pace.mode = this.#isOpen ? mode : "live";
    this.#draw();
  }

  #show(isOpen) {
    this.#isOpen = isOpen;
    this.#setMode(this.#panel.dataset.mode);
    if (!isOpen) return;
    this.#whoRuns();
    const step = this.#last?.name ?? "connect";
    if (NARROW.matches && !this.#panel.querySelector("li.open")) this.#open(step);
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
      for (const step in this.#rows) this.#drawRow(step);
      const { waiting } = this.#pace;
      const wait = waiting === 1 ? "step waits" : "steps wait";
      document.querySelector("#code-waiting").textContent =
        `${waiting.toLocaleString("en")} ${wait}. The chat itself is not slowed.`;
      document.querySelector("#code-next").ariaDisabled = String(waiting === 0);
      const block = NARROW.matches ? "start" : "nearest";
      if (this.#pace.isHeld) this.#rows[this.#last?.name]?.scrollIntoView({ block });
      this.#saying ??= setTimeout(() => this.#say(), PAUSE);
    });
  }

  #drawRow(step) {
    const row = this.#rows[step];
    const isLast = step === this.#last?.name;
    const whose = isLast ? this.#last.whose : "";
    row.querySelector(".count").textContent = `${this.#counts[step].toLocaleString("en")}×`;
    row.querySelector(".whose").textContent = whose;
    row.classList.toggle("now", isLast);
    row.classList.toggle("theirs", whose === THEIRS);
  }

  #say() {
    this.#saying = undefined;
    if (!this.#isOpen || !this.#last) return;
    const title = this.#rows[this.#last.name].querySelector("button").textContent;
    const text = `${title}: ${this.#last.whose}`;
    const said = document.querySelector("#code-said");
    if (said.textContent !== text) said.textContent = text;
  }

  #pressed({ key, target, ctrlKey, altKey, metaKey }) {
    const writes = target.closest?.("textarea, input, [popover]");
    if (key === "n" && !writes && !ctrlKey && !altKey && !metaKey && this.#pace.isHeld) this.#next();
  }

  /** One pair is open at a time: a phone has no room for more. */
  #open(step) {
    for (const row of Object.values(this.#rows)) {
      const isOpen = row.classList.toggle("open", row.dataset.step === step);
      row.querySelector("button").ariaExpanded = String(isOpen);
    }
  }
}
