// The form: what one writes, and what stands in its way.
import { belongsToInputMethod } from "./dom.js";
import { on } from "./events.js";
import { bytesOf, isBlank, wellFormed } from "./text.js";

// Bytes of UTF-8. The server takes no more in one message and would close the connection (1009).
const MAX_BYTES = 65_536;
// Characters. What is longer is not counted with each key.
const MAX_COUNTED = 2 * MAX_BYTES;
// Milliseconds after a message, in which nobody means an empty one: a second click, a second Enter.
const JUST_SENT = 1000;
const DRAFT = "draft"; // its name in the browser's storage, which is this tab's own

const HINT = matchMedia("(pointer: coarse)").matches
  ? "Everyone here reads what you send."
  : "Enter sends it to everyone here; Shift+Enter starts a new line.";
const OFFLINE_HINT = "Keep writing: you can send it when the connection is back.";
const BLANK = "Not sent: there is nothing in it to read.";
const OFFLINE = "Not sent: there is no connection. Your message stays here.";
const TOO_LONG = `Too long to send: the limit is ${MAX_BYTES.toLocaleString("en")} bytes.`;

export class Composer {
  #connection;
  #box = document.querySelector("#messageText");
  #hint = document.querySelector("#hint");
  #problem = document.querySelector("#problem");
  #refused = ""; // why the last try sent nothing
  #said = "";
  #sentAt = -Infinity;

  constructor(connection) {
    this.#connection = connection;
    document.querySelector("#form").addEventListener("submit", (event) => this.#submit(event));
    this.#box.addEventListener("keydown", (event) => this.#pressed(event));
    this.#box.addEventListener("input", () => this.#changed());
    addEventListener("pagehide", () => keep(this.#box.value));
    this.#box.value ||= kept();
    on("opened", () => this.#connectionChanged());
    on("closed", () => this.#connectionChanged());
    this.#changed();
    this.#connectionChanged();
  }

  /** Sends the text and returns true, or says why it cannot. */
  say(text) {
    this.#refused = isBlank(text) ? BLANK : this.#connection.isOpen ? "" : OFFLINE;
    if (!this.#refused) this.#connection.send(text);
    this.#showProblem();
    return !this.#refused;
  }

  /** A second click on Send, or a second Enter, comes when the box is empty already. */
  #isAnEcho(text) {
    return text === "" && performance.now() - this.#sentAt < JUST_SENT;
  }

  /** Enter sends, unless an input method uses it to choose a word. */
  #pressed(event) {
    if (event.key !== "Enter" || event.shiftKey || belongsToInputMethod(event)) return;
    event.preventDefault();
    if (!event.repeat) this.#box.form.requestSubmit();
  }

  #submit(event) {
    event.preventDefault();
    this.#box.focus();
    // The browser would send it in this form, and the answer would differ from what was sent.
    const text = wellFormed(this.#box.value);
    if (this.#isAnEcho(text) || this.#tooLong() || !this.say(text)) return;
    this.#sentAt = performance.now();
    this.#box.value = "";
    this.#changed();
  }

  #changed() {
    const isLong = this.#box.textLength > MAX_BYTES;
    if (this.#refused === BLANK && (isLong || !isBlank(this.#box.value))) {
      this.#refused = "";
    }
    this.#showProblem();
  }

  #connectionChanged() {
    const { isOpen } = this.#connection;
    if (isOpen && this.#refused === OFFLINE) this.#refused = "";
    this.#hint.textContent = isOpen ? HINT : OFFLINE_HINT;
    document.querySelector("#send").setAttribute("aria-disabled", !isOpen);
    this.#showProblem();
  }

  /**
   * How many bytes it is, if these are too many. A character of a JavaScript string is one to three
   * bytes: what is short need not be counted, and what is very long is at least its length.
   */
  #tooLong() {
    const { textLength } = this.#box;
    if (textLength > MAX_COUNTED) return textLength;
    const bytes = textLength * 3 > MAX_BYTES ? bytesOf(this.#box.value).length : 0;
    return bytes > MAX_BYTES ? bytes : 0;
  }

  /** A screen reader reads the problem out once, and not the count, which changes with each key. */
  #showProblem() {
    const bytes = this.#tooLong();
    const problem = bytes ? TOO_LONG : this.#refused;
    const [said, unsaid] = this.#problem.children;
    if (problem !== this.#said) said.textContent = this.#said = problem;
    const least = this.#box.textLength > MAX_COUNTED ? "at least " : "";
    unsaid.textContent = bytes ? ` It is ${least}${bytes.toLocaleString("en")} bytes.` : "";
    this.#hint.hidden = problem !== "";
    this.#box.classList.toggle("is-invalid", bytes > 0);
    this.#box.setAttribute("aria-invalid", bytes > 0);
  }
}

/** Keeps the draft for a reload, if the browser allows it and it is not too long for it. */
function keep(draft) {
  try {
    sessionStorage.setItem(DRAFT, draft);
  } catch {
    // then it is gone with the page
  }
}

function kept() {
  try {
    return sessionStorage.getItem(DRAFT) ?? "";
  } catch {
    return "";
  }
}
