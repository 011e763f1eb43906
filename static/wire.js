// On the wire: the handshake, the frames and the close code, as far as a browser shows them to JavaScript.
import { GrowingList } from "./growing-list.js";
import { clock, element } from "./dom.js";

const MAX_FRAMES = 200; // rows
const SHOWN_TEXT = 160; // characters of a frame's text

// RFC 6455, 7.4.1, and the codes registered with IANA since.
const CLOSE_CODES = {
  1000: "normal closure",
  1001: "going away: the server stops, or the page is left",
  1002: "protocol error",
  1003: "unsupported data: this chat is text only",
  1005: "a close frame without a code",
  1006: "no close frame came: the connection was refused or lost",
  1007: "invalid data: the text was not UTF-8",
  1008: "policy violation: such as reading too slowly",
  1009: "message too big",
  1010: "an extension is missing",
  1011: "internal error of the server",
  1012: "service restart",
  1013: "try again later",
  1014: "bad gateway",
  1015: "TLS handshake failed",
};

function meaning(code) {
  if (CLOSE_CODES[code]) return CLOSE_CODES[code];
  return code >= 4000 ? "a code of the application's own" : "a registered code";
}

function milliseconds(ms) {
  return `${ms.toFixed(1)} ms`;
}

function preciseClock(date) {
  return `${clock(date)}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

const utf8 = new TextEncoder();

/** The number of bytes that the text is on the wire. */
export function byteLength(text) {
  return utf8.encode(text).length;
}

function row({ at, up, opcode, data = "", bytes = data.byteLength ?? byteLength(data), note }) {
  const text = typeof data === "string" ? data.slice(0, SHOWN_TEXT) : "";
  const tr = element("tr");
  const way = element("td", { textContent: up ? "↑ up" : "↓ down", className: "text-nowrap" });
  const shown = element("td", { className: "payload" });
  shown.append(element("bdi", { textContent: text.length < data.length ? `${text}…` : text }));
  if (note) shown.append(element("span", { className: "note text-body-secondary", textContent: note }));
  tr.append(
    element("td", { textContent: preciseClock(at) }),
    way,
    element("td", { textContent: opcode, className: "text-nowrap" }),
    element("td", { textContent: opcode.startsWith("0x") ? bytes.toLocaleString("en") : "–", className: "text-end" }),
    shown,
  );
  return tr;
}

export class Wire {
  #panel = document.querySelector("#wire");
  #button = document.querySelector("#wire-button");
  #opened = document.querySelector("#wire-opened");
  #trip = document.querySelector("#wire-trip");
  #frames;
  #startedAt;

  constructor() {
    const scroller = document.querySelector("#frames");
    this.#frames = new GrowingList({ scroller, list: scroller.querySelector("tbody"), max: MAX_FRAMES, row });
    this.#frames.paused = true;
    this.#button.addEventListener("click", () => this.#toggle());
  }

  #toggle() {
    const open = this.#panel.hidden;
    this.#panel.hidden = !open;
    document.body.classList.toggle("wire-open", open);
    this.#frames.paused = !open;
    this.#button.setAttribute("aria-expanded", open);
  }

  #add(frame) {
    this.#frames.add({ at: new Date(), ...frame });
  }

  handshake(url) {
    this.#startedAt = performance.now();
    document.querySelector("#wire-url").textContent = `GET ${url}`;
    this.#opened.textContent = "not yet";
    this.#add({ up: true, opcode: "handshake", data: `GET ${url}` });
  }

  open({ extensions, protocol }) {
    const took = milliseconds(performance.now() - this.#startedAt);
    this.#opened.textContent = `at ${preciseClock(new Date())}, after ${took}`;
    const extras = `extensions: ${extensions || "none"}, subprotocol: ${protocol || "none"}`;
    this.#add({ opcode: "handshake", data: "101 Switching Protocols", note: `after ${took}; ${extras}` });
  }

  sent(text) {
    this.#add({ up: true, opcode: "0x1 text", data: text });
  }

  /** trip: the milliseconds since the message was sent that this one answers. */
  received(data, trip) {
    const note = trip === undefined ? "" : `round trip ${milliseconds(trip)}`;
    if (note) this.#trip.textContent = `${milliseconds(trip)} (your last message)`;
    this.#add({ opcode: typeof data === "string" ? "0x1 text" : "0x2 binary", data, note });
  }

  closed({ code, reason, wasClean }) {
    this.#opened.textContent = "not now";
    const note = `${code}: ${meaning(code)}`;
    // 1006 is the browser's own word for "nothing came"; it is never on the wire.
    if (!wasClean) return this.#add({ opcode: "lost", note });
    const bytes = code === 1005 ? 0 : 2 + byteLength(reason);
    this.#add({ opcode: "0x8 close", data: reason, bytes, note });
  }
}
