// On the wire: the handshake, the frames and the close codes, as far as a browser shows them to
// JavaScript. What it does not show, and the page only knows or guesses, is a remark.
import { closeCode } from "./close-codes.js";
import { belongsToInputMethod, element, preciseClock } from "./dom.js";
import { on } from "./events.js";
import { frameElements, opcodeName, payloadOf } from "./frame.js";
import { GrowingList } from "./growing-list.js";
import { shorten } from "./text.js";
import { view } from "./views.js";

const MAX_FRAMES = 200; // rows
const SHOWN_TEXT = 160; // characters of a frame's text

const NO_WEBSOCKET = "refused, or nobody there; a browser does not tell which.";
const HEADERS = "with Upgrade: websocket, and headers that a browser does not show";

export class Wire {
  #opened = document.querySelector("#wire-opened");
  #trip = document.querySelector("#wire-trip");
  #pause = document.querySelector("#wire-pause");
  #compression = document.querySelector("#wire-compression");
  #scroller = document.querySelector("#frames");
  #bytes = document.querySelector("#frame");
  #chosen; // the row whose bytes are shown
  #list;
  #frames = new WeakMap(); // row → its frame
  #isPaused = false;
  #isOpen = false;
  #startedAt;
  #deflate = false;

  constructor() {
    const scroller = this.#scroller;
    this.#list = new GrowingList({
      scroller,
      list: scroller.querySelector("tbody"),
      max: MAX_FRAMES,
      row: (frame) => this.#row(frame),
    });
    scroller.addEventListener("click", ({ target }) => this.#show(target.closest("tr")));
    scroller.addEventListener("keydown", (event) => this.#move(event));
    document.querySelector("#frame-close").addEventListener("click", () => this.#hide());
    const panel = document.querySelector("#wire-view");
    panel.addEventListener("keydown", (event) => this.#escape(event));
    this.#pause.addEventListener("click", () => this.#togglePause());
    this.#listen();
    view("wire", ({ isOpen }) => {
      this.#isOpen = isOpen;
      this.#applyPause();
    });
  }

  #listen() {
    on("connecting", ({ url }) => this.#connecting(new URL(url)));
    on("opened", (ws) => this.#open(ws));
    on("sent", ({ message }) => this.#add({ up: true, opcode: 1, data: message.text }));
    on("sentBinary", ({ data }) => this.#add({ up: true, opcode: 2, data }));
    on("received", (message) => this.#received(message));
    on("closing", ({ code, reason }) => this.#add({ up: true, ...closeFrame(code, reason) }));
    on("closed", (close) => this.#closed(close));
  }

  #add(frame) {
    this.#list.add({ at: new Date(), deflate: this.#deflate, ...frame });
  }

  #connecting({ pathname, href }) {
    this.#startedAt = performance.now();
    document.querySelector("#wire-url").textContent = href;
    this.#opened.textContent = "not yet";
    this.#add({ up: true, http: `GET ${pathname}`, remark: HEADERS });
  }

  #open({ extensions, protocol }) {
    const took = milliseconds(performance.now() - this.#startedAt);
    this.#opened.textContent = `at ${preciseClock(new Date())}, after ${took}`;
    this.#deflate = extensions.includes("permessage-deflate");
    this.#compression.textContent = this.#deflate
      ? "permessage-deflate: the bytes below are those before compression"
      : "none";
    const extras = `extensions: ${extensions || "none"}, subprotocol: ${protocol || "none"}`;
    this.#add({ http: "101 Switching Protocols", remark: `after ${took}; ${extras}` });
  }

  #received({ data, at, answers }) {
    const trip = answers && milliseconds(performance.now() - answers.at);
    if (trip) this.#trip.textContent = `${trip} (your last message)`;
    const opcode = typeof data === "string" ? 1 : 2;
    this.#add({ opcode, data, at, remark: trip && `round trip ${trip}` });
  }

  /** 1006 is the browser's own word for "no close frame came"; it is never on the wire. */
  #closed({ code, reason, wasOpen, gaveUp }) {
    if (wasOpen) this.#opened.textContent += `, closed at ${preciseClock(new Date())}`;
    if (gaveUp) this.#add({ remark: `The page gave up: ${gaveUp}.` });
    else if (!wasOpen) this.#add({ remark: `${code}: ${NO_WEBSOCKET}` });
    else if (code === 1006) this.#add({ remark: closeCode(code) });
    else this.#add(closeFrame(code, reason));
  }

  #row(frame) {
    const row = element("tr");
    const cell = (textContent, className = "") => element("td", { textContent, className });
    const text = textCell(frame);
    row.append(cell(preciseClock(frame.at)));
    if (frame.opcode) {
      this.#frames.set(row, frame);
      row.append(cell(way(frame)), opcodeCell(frame.opcode), cell(size(frame), "text-end"), text);
    } else if (frame.http) {
      row.append(cell(way(frame)), cell("HTTP"), cell("–", "text-end"), text);
    } else {
      text.colSpan = 4;
      row.append(text);
    }
    return row;
  }

  /** 200 frames are too many for the Tab key, so the arrow keys go from one to the next. */
  #move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const buttons = [...event.currentTarget.querySelectorAll("button")];
    const at = buttons.findIndex((button) => button === document.activeElement);
    const chosen = buttons.findIndex((button) => button.closest("tr") === this.#chosen);
    const from = at < 0 ? chosen : at;
    (from < 0 ? buttons.at(-1) : buttons[from + step])?.focus();
  }

  #show(row) {
    const frame = this.#frames.get(row);
    if (!frame) return;
    const title = [opcodeName(frame.opcode), frame.up ? "up" : "down", preciseClock(frame.at)];
    document.querySelector("#frame-title").textContent = title.join(", ");
    document.querySelector("#frame-bytes").replaceChildren(...frameElements(frame));
    this.#mark(row);
    this.#bytes.hidden = false;
    this.#list.following = false; // one reads here
    row.scrollIntoView({ block: "nearest" });
    this.#bytes.focus();
  }

  #mark(row) {
    this.#chosen?.removeAttribute("aria-current");
    row?.setAttribute("aria-current", "true");
    this.#chosen = row;
  }

  #hide() {
    this.#bytes.hidden = true;
    const button = this.#chosen?.isConnected && this.#chosen.querySelector("button");
    (button || this.#scroller).focus();
    this.#mark();
  }

  #escape(event) {
    if (event.key !== "Escape" || this.#bytes.hidden || belongsToInputMethod(event)) return;
    event.preventDefault();
    this.#hide();
  }

  #togglePause() {
    this.#isPaused = !this.#isPaused;
    this.#pause.textContent = this.#isPaused ? "Go on" : "Pause";
    this.#applyPause();
  }

  #applyPause() {
    this.#list.paused = this.#isPaused || !this.#isOpen;
  }
}

/** What the browser hands over as a close event, or sends when the page closes. */
function closeFrame(code, reason) {
  return { opcode: 8, code, data: reason, remark: closeCode(code) };
}

function milliseconds(ms) {
  return `${ms.toFixed(1)} ms`;
}

function way({ up }) {
  return up ? "↑ up" : "↓ down";
}

function size(frame) {
  return payloadOf(frame).length.toLocaleString("en");
}

function opcodeCell(opcode) {
  const cell = element("td");
  const textContent = opcodeName(opcode);
  const title = "Show its bytes";
  cell.append(element("button", { type: "button", textContent, title, tabIndex: -1 }));
  return cell;
}

function textCell({ http, data, remark }) {
  const cell = element("td", { className: "payload" });
  const text = http ?? (typeof data === "string" ? data : "");
  if (text) cell.append(element("bdi", { textContent: shorten(text, SHOWN_TEXT) }));
  const className = "remark text-body-secondary";
  if (remark) cell.append(element("span", { className, textContent: remark }));
  return cell;
}
