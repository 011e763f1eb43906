// The code panel: the Python and the Go lines that ran, as far as the page knows from what it sends
// and receives. It may slow down what is shown; it never slows down the chat.
import { setPace } from "./events.js";
import { Pace } from "./pace.js";
import { makeRows } from "./pairs.js";
import { serverLanguage } from "./server.js";
import { endOf, stepsOf, THEIRS } from "./steps.js";
import { view } from "./views.js";

const BETWEEN_WORDS = 1000; // milliseconds between two steps that a screen reader is told of
const NEXT_KEY = "F8"; // the same on every layout, and no letter
const NOT_LOADED = "The lines could not be loaded. Reload the page to see them.";

export class Code {
  #panel = document.querySelector("#code-view");
  #place = document.querySelector("#pairs");
  #modes = [...document.querySelectorAll("#code-view button[data-mode]")];
  #rows = {}; // by their steps
  #counts = {};
  #ran = new Set(); // steps, since the last look
  #pace = new Pace((entry) => this.#run(entry));
  #last;
  #end = "";
  #isOpen = false;
  #shown; // what the view was told last
  #language;
  #saying;
  #drawing = false;
  #flip = 0;

  constructor() {
    for (const button of this.#modes) {
      button.addEventListener("click", () => this.#setMode(button.dataset.mode));
    }
    const press = (id, act) => document.querySelector(id).addEventListener("click", () => act());
    press("#code-next", () => this.#next());
    press("#code-mine", () => this.#nextOfMine());
    document.querySelector("#code-only").addEventListener("change", ({ target }) => {
      this.#pace.onlyMine = target.checked;
      this.#draw();
    });
    addEventListener("keydown", (event) => this.#pressed(event));
    setPace((event) => this.#happened(event));
    view("code", (change) => this.#show(change));
    this.#makeRows();
  }

  async #makeRows() {
    try {
      this.#rows = await makeRows(this.#place, document.querySelector("#pair"));
    } catch {
      this.#place.textContent = NOT_LOADED;
    }
    for (const [step, row] of Object.entries(this.#rows)) {
      const open = () => this.#open(row.classList.contains("open") ? "" : step);
      row.querySelector("button").addEventListener("click", open);
    }
    this.#show(this.#shown);
  }

  #happened({ type, detail, show }) {
    if (type === "opened") this.#whoRuns();
    const steps = stepsOf(type, detail, this.#language);
    const entries = steps.map(([name, whose]) => ({ name, whose }));
    if (entries.length === 0) entries.push({});
    const last = entries.at(-1);
    last.show = show; // a message appears with its last step
    if (type === "closed") last.end = endOf(detail, this.#language);
    if (type === "opened") last.end = "";
    this.#pace.add(...entries);
    this.#draw();
  }

  #run(entry) {
    entry.show?.();
    this.#end = entry.end ?? this.#end;
    if (!entry.name) return;
    this.#counts[entry.name] = (this.#counts[entry.name] ?? 0) + 1;
    this.#ran.add(entry.name);
    this.#last = entry;
    this.#draw();
  }

  #next() {
    this.#pace.next();
    this.#draw();
  }

  #nextOfMine() {
    this.#pace.nextOfMine();
    this.#draw();
  }

  #setMode(mode) {
    this.#panel.dataset.mode = mode;
    for (const button of this.#modes) {
      button.setAttribute("aria-pressed", button.dataset.mode === mode);
    }
    this.#pace.mode = mode;
    this.#draw();
  }

  /** Steps go on waiting while another view is open; with the messages alone nothing waits. */
  #show(change) {
    const { isOpen, isChat, argument } = (this.#shown = change);
    this.#isOpen = isOpen;
    if (isOpen) this.#pace.mode = this.#panel.dataset.mode;
    if (isChat) this.#pace.mode = "live";
    this.#draw();
    if (isOpen && this.#rows[argument]) {
      this.#open(argument);
      this.#rows[argument].scrollIntoView({ block: "start" });
    }
  }

  async #whoRuns() {
    this.#language = await serverLanguage().catch(() => undefined);
    this.#panel.dataset.language = this.#language ?? "";
    document.body.dataset.server = this.#language ?? "";
  }

  /** At most once a frame, however much happens. */
  #draw() {
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(() => {
      this.#drawing = false;
      this.#drawWaiting();
      if (!this.#isOpen) return this.#ran.clear();
      this.#flip = 1 - this.#flip; // starts the fading anew
      for (const step in this.#rows) this.#drawRow(step);
      document.querySelector("#code-end").textContent = this.#end.replace(/\s+/g, " ");
      if (this.#ran.size > 0) this.#toLast();
      this.#ran.clear();
      this.#saying ??= setTimeout(() => this.#say(), BETWEEN_WORDS);
    });
  }

  #drawWaiting() {
    const { waiting, isHeld } = this.#pace;
    const wait = waiting === 1 ? "step waits" : "steps wait";
    const many = waiting.toLocaleString("en");
    document.querySelector("#code-waiting").firstElementChild.textContent = `${many} ${wait}.`;
    for (const id of ["#code-next", "#code-mine"]) {
      document.querySelector(id).setAttribute("aria-disabled", waiting === 0);
    }
    const held = document.querySelector("#code-held");
    held.textContent = isHeld && !this.#isOpen && waiting > 0 ? `${many} wait` : "";
  }

  #drawRow(step) {
    const row = this.#rows[step];
    const isLast = step === this.#last?.name;
    const whose = isLast ? this.#last.whose : "";
    row.querySelector(".count").textContent = `${(this.#counts[step] ?? 0).toLocaleString("en")}×`;
    row.querySelector(".whose").textContent = whose;
    row.classList.toggle("now", isLast);
    row.classList.toggle("theirs", whose === THEIRS);
    if (this.#ran.has(step)) row.dataset.ran = this.#flip;
  }

  /** Brings what ran last into view, unless one reads something there. */
  #toLast() {
    const row = this.#rows[this.#last.name];
    if (!row || (!this.#pace.isHeld && this.#place.contains(document.activeElement))) return;
    const fits = row.offsetHeight < this.#place.parentElement.clientHeight;
    row.scrollIntoView({ block: fits ? "nearest" : "start" });
  }

  #say() {
    this.#saying = undefined;
    const row = this.#rows[this.#last?.name];
    if (!this.#isOpen || !row) return;
    const text = `${row.querySelector("button").textContent}: ${this.#last.whose}`;
    const said = document.querySelector("#code-said");
    if (said.textContent !== text) said.textContent = text;
  }

  #pressed(event) {
    if (event.key !== NEXT_KEY || !this.#isOpen || this.#panel.dataset.mode !== "step") return;
    event.preventDefault();
    this.#next();
  }

  /** Shows what differs in one pair at a time. */
  #open(step) {
    for (const row of Object.values(this.#rows)) {
      const isOpen = row.classList.toggle("open", row.dataset.step === step);
      row.querySelector("button").setAttribute("aria-expanded", isOpen);
    }
  }
}
