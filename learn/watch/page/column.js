// One program: its source, with the marks of its handlers, and its time line.
import { ask, element, mark } from "./dom.js";
import { sentence } from "./state.js";

const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Column {
  #rows = new Map(); // by line number
  #drawn = new Map(); // what each row shows
  #counts = {};
  #list = element("span", { className: "list" });
  #event = element("p", { className: "event" });
  #slider = element("input", { type: "range", min: 0, max: 0, value: 0 });
  #index;
  #canBlock = "";

  constructor({ file, lines }, index, player, moved) {
    this.#index = index;
    this.player = player;
    this.lines = lines;
    this.#slider.ariaLabel = `time line of ${file}`;
    this.#slider.addEventListener("input", () => moved(this, Number(this.#slider.value)));
    const code = element("ol", { className: "code" });
    this.#addLines(code, lines);
    code.addEventListener("keydown", (event) => this.#pressed(event));
    this.element = element("section", { className: "program" },
      element("h2", {}, element("span", { textContent: file }), this.#list),
      element("div", { className: "time" }, this.#slider, this.#event), code);
    this.element.ariaLabel = file;
    this.element.dataset.program = index;
  }

  #addLines(code, lines) {
    for (let i = 0; i < lines.length;) {
      const start = i;
      while (i < lines.length && lines[i].folded) i++;
      if (i > start) code.append(...this.#fold(lines.slice(start, i)));
      else code.append(this.#row(lines[i++]));
    }
  }

  /** Folded lines, behind a button where there is something to read. */
  #fold(lines) {
    if (lines.every(({ text }) => text === "")) return [element("li", { className: "gap" })];
    const rows = lines.map((line) => this.#row(line));
    const [from, to] = [lines[0].number, lines.at(-1).number];
    const button = element("button", { type: "button", textContent: "⋯" });
    button.ariaLabel = `lines ${from} to ${to}`;
    button.title = `lines ${from} to ${to}: imports, comments, and what no handler runs`;
    const show = (isOpen) => {
      button.ariaExpanded = String(isOpen);
      for (const row of rows) row.hidden = !isOpen;
    };
    button.addEventListener("click", () => show(button.ariaExpanded !== "true"));
    show(false);
    return [element("li", { className: "fold" }, button), ...rows];
  }

  #row({ number, text }) {
    const parts = {
      marks: element("span", { className: "marks" }),
      number: element("span", { className: "number", textContent: number }),
      count: element("span", { className: "count" }),
      code: element("code", { textContent: text, translate: false, title: text.trim() }),
      notes: element("span", { className: "notes" }),
    };
    parts.row = element("li", { className: "line" }, ...Object.values(parts));
    parts.row.dataset.line = number;
    this.#rows.set(number, parts);
    return parts.row;
  }

  /** The lines where a handler can be blocked are buttons; the arrows go from one to the next. */
  #makeButtons(lines) {
    const key = [...lines].join();
    if (key === this.#canBlock) return;
    this.#canBlock = key;
    let isFirst = true;
    for (const { number, folded } of this.lines) {
      if (folded || !lines.has(number)) continue;
      const parts = this.#rows.get(number);
      const button = element("button", {
        type: "button", className: "number", textContent: number, tabIndex: isFirst ? 0 : -1,
        title: "block here, as time.sleep(10) would",
      });
      button.ariaLabel = `line ${number}: block here, as time.sleep(10) would`;
      parts.number.replaceWith(button);
      parts.number = button;
      parts.row.classList.add("can");
      parts.row.addEventListener("click", () => this.#block(number));
      isFirst = false;
    }
  }

  #block(number) {
    if (getSelection().type === "Range") return; // somebody copies the code
    ask({ do: "block", program: this.#index, line: number });
  }

  #pressed(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const buttons = [...this.element.querySelectorAll("button.number")];
    const at = buttons.indexOf(event.target);
    if (!step || at < 0) return;
    event.preventDefault();
    const next = buttons[(at + step + buttons.length) % buttons.length];
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  draw() {
    const { state } = this.player;
    this.#makeButtons(state.lines);
    const shown = new Map();
    const at = (line) => {
      if (!shown.has(line)) shown.set(line, { marks: [], notes: [], waits: false });
      return shown.get(line);
    };
    for (const event of state.handlers.values()) this.#place(event, at);
    for (const { order, client, name, lines } of state.raised) {
      const { notes } = at(lines.at(-1));
      for (const note of notes) if (note.isBad) note.text = note.short; // the newest has its name
      const short = `${order}. ✗ #${client}`;
      notes.push({ text: `${short} ${name}`, short, isBad: true });
    }
    for (const [line, text] of state.values) if (text) at(line).notes.push({ text });
    if (state.armed) at(state.armed).notes.push({ text: "whoever comes next is blocked here" });
    for (const [line, row] of this.#rows) this.#drawRow(line, row, shown.get(line));
    this.#drawHead(state);
  }

  #place({ kind, client, part = "", lines, to, name }, at) {
    const own = [client && `#${client}`, part].filter(Boolean).join(" ");
    const here = at(lines.at(-1));
    here.marks.push({ client, text: own });
    for (const line of lines.slice(0, -1)) {
      at(line).marks.push({ client, text: own, isOuter: true });
    }
    const holder = this.player.state.holders.get(name);
    let text = "";
    if (kind === "wait" && to && lines.length > 1) text = `waiting: #${to} does not read`;
    else if (kind === "lock" && holder) text = `waiting for the lock, which #${holder} holds`;
    else if (kind === "held") text = "blocked here by you";
    else if (kind === "line" && to && lines.length > 1) here.notes.push({ text: `to #${to}` });
    if (!text) return;
    const same = here.notes.find((note) => note.who && note.text === text);
    if (same) same.who.push(client);
    else here.notes.push({ who: [client], text });
    here.waits = true;
  }

  #drawRow(line, row, { marks = [], notes = [], waits = false } = {}) {
    const { state } = this.player;
    const count = state.counts[line] ?? 0;
    const isStruck = state.struck.has(line);
    const drawn = JSON.stringify([marks, notes, waits, count, isStruck]);
    if (this.#drawn.get(line) === drawn) return;
    this.#drawn.set(line, drawn);
    const isFull = marks.length > 3;
    row.marks.replaceChildren(...marks.map(({ client, text, isOuter }) =>
      mark(client, isFull ? text.replace("#", "") : text, isOuter ? "outer" : "")));
    row.marks.classList.toggle("full", isFull);
    row.notes.replaceChildren(...notes.map(({ who = [], text, isBad }) => isBad
      ? mark(0, text, "bad")
      : element("span", { className: who.length ? "note waiting" : "note", title: text },
        ...who.map((client) => mark(client)), ` ${text}`)));
    row.count.textContent = count ? `${count.toLocaleString("en")}×` : "";
    row.row.classList.toggle("here", marks.some(({ isOuter }) => !isOuter));
    row.row.classList.toggle("waits", waits);
    row.row.classList.toggle("struck", isStruck);
    row.row.classList.toggle("raised", notes.some(({ isBad }) => isBad));
    if (count > (this.#counts[line] ?? 0) && !still.matches) {
      row.code.animate([{ backgroundColor: "#f0b40080" }, { backgroundColor: "#f0b40000" }], 700);
    }
    this.#counts[line] = count;
  }

  /** How many rows the code takes, folds and gaps included. */
  get height() {
    const count = (selector) => this.element.querySelectorAll(selector).length;
    return count(".line:not([hidden])") + .55 * count(".fold") + .35 * count(".gap");
  }

  #drawHead(state) {
    const { first, end } = this.player;
    this.#slider.min = first;
    this.#slider.max = end;
    this.#slider.value = state.n;
    const text = state.last ? sentence(state.last) : "";
    this.#slider.ariaValueText = `event ${state.n} of ${end}: ${text}`;
    const dropped = first ? `; the first ${first.toLocaleString("en")} were dropped` : "";
    this.#event.textContent =
      `${state.n.toLocaleString("en")} of ${end.toLocaleString("en")}${dropped}: ${text}`;
    const list = state.list.map((id) => {
      const isDead = state.isDead(id);
      return mark(id, isDead ? `#${id} gone` : `#${id}`, isDead ? "dead" : "");
    });
    const parts = ["its list: ", ...(list.length ? list : ["nobody"])];
    for (const [mutex, holder] of state.holders) {
      parts.push(` ${mutex}: `, ...(holder ? [mark(holder), " holds it"] : ["free"]));
      const waiting = state.waiting(mutex).filter(({ client }) => client !== holder);
      if (holder && waiting.length) {
        parts.push(", ", ...waiting.map(({ client }) => mark(client)), " wait");
      }
    }
    this.#list.replaceChildren(...parts);
  }
}
