// The form: what one writes, and what stands in its way.
import { on } from "./events.js";
import { bytesOf, isBlank } from "./text.js";

// Bytes of UTF-8. The server takes no more in one message and would close the connection (1009).
const MAX_BYTES = 65_536;

const HINT = "Enter sends it to everyone here; Shift+Enter starts a new line.";
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

  constructor(connection) {
    this.#connection = connection;
    document.querySelector("#form").addEventListener("submit", (event) => this.#submit(event));
    this.#box.addEventListener("keydown", (event) => this.#pressed(event));
    this.#box.addEventListener("input", () => this.#changed());
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

  /** Enter sends, unless an input method uses it to choose a word. */
  #pressed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (!event.repeat) this.#box.form.requestSubmit();
  }

  #submit(event) {
    event.preventDefault();
    this.#box.focus();
    // Half a character cannot be sent: the browser would replace it, and the answer would differ.
    const text = this.#box.value.toWellFormed();
    if (this.#tooLong() || !this.say(text)) return;
    this.#box.value = "";
    this.#changed();
  }

  #changed() {
    if (this.#refused === BLANK && !isBlank(this.#box.value)) this.#refused = "";
    this.#showProblem();
  }

  #connectionChanged() {
    const { isOpen } = this.#connection;
    if (isOpen && this.#refused === OFFLINE) this.#refused = "";
    this.#hint.textContent = isOpen ? HINT : OFFLINE_HINT;
    document.querySelector("#send").ariaDisabled = String(!isOpen);
    this.#showProblem();
  }

  /** How many bytes it is, if these are too many. */
  #tooLong() {
    const text = this.#box.value;
    // A character of a JavaScript string is at most 3 bytes: a short draft need not be counted.
    const bytes = text.length * 3 > MAX_BYTES ? bytesOf(text).length : 0;
    return bytes > MAX_BYTES ? bytes : 0;
  }

  /** A screen reader reads the problem out once, and not the count, which changes with each key. */
  #showProblem() {
    const bytes = this.#tooLong();
    const problem = bytes ? TOO_LONG : this.#refused;
    const [said, unsaid] = this.#problem.children;
    if (problem !== this.#said) said.textContent = this.#said = problem;
    unsaid.textContent = bytes ? ` It is ${bytes.toLocaleString("en")} bytes.` : "";
    this.#hint.hidden = problem !== "";
    this.#box.classList.toggle("is-invalid", bytes > 0);
    this.#box.ariaInvalid = String(bytes > 0);
  }
}
