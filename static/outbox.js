// What was sent and is not yet answered with "You wrote". It may have reached nobody, so the writer
// decides whether to repeat it. A chat that you changed may answer in words that the page does not
// know. These answer the oldest.
import { backToWriting, element } from "./dom.js";
import { on } from "./events.js";

// Milliseconds. An answer that takes longer than a moment is worth a word; one that takes longer
// than this does not come any more, whatever the browser believes of the connection.
const WORTH_A_WORD = 700;
const NEVER = 10_000;
const FEW = 3; // lost messages that have a row each; more have one row together

export class Outbox {
  #connection;
  #say;
  #place = document.querySelector("#outbox");
  #title = document.querySelector("#outbox-title");
  #list = document.querySelector("#outbox ul");
  #more = document.querySelector("#outbox-more");
  #dismissAll = document.querySelector("#outbox-dismiss");
  #waiting = new Map(); // message → the timers that wait for its answer
  #lost = new Set(); // rows

  /** say(text) sends it, and returns false if it cannot. */
  constructor(connection, say) {
    this.#connection = connection;
    this.#say = say;
    on("sent", ({ message }) => this.#sent(message));
    on("received", ({ answers, kind }) => {
      if (kind === "unknown") [answers] = this.#waiting.keys();
      if (this.#waiting.has(answers)) this.#answered(answers);
    });
    on("closed", () => [...this.#waiting.keys()].forEach((message) => this.#notConfirmed(message)));
    this.#dismissAll.addEventListener("click", () => {
      [...this.#lost].forEach((row) => this.#remove(row));
      backToWriting();
    });
  }

  #sent(message) {
    const row = element("li");
    const textContent = message.text;
    row.append(element("p", { className: "text", textContent, dir: "auto", tabIndex: 0 }));
    const timers = [
      setTimeout(() => this.#show(row), WORTH_A_WORD),
      setTimeout(() => this.#connection.giveUp("no “You wrote” for 10 seconds"), NEVER),
    ];
    this.#waiting.set(message, { row, timers });
  }

  #answered(message) {
    this.#stopWaiting(message).remove();
    this.#showTitle();
  }

  #notConfirmed(message) {
    const row = this.#stopWaiting(message);
    if (message.isTrial) return this.#remove(row);
    this.#lost.add(row);
    row.append(
      this.#button("Send again", row, () => this.#say(message.text)),
      this.#button("Dismiss", row, () => true),
    );
    this.#show(row);
  }

  #stopWaiting(message) {
    const { row, timers } = this.#waiting.get(message);
    timers.forEach(clearTimeout);
    this.#waiting.delete(message);
    return row;
  }

  /** The row goes away if act() returns true. */
  #button(textContent, row, act) {
    const className = "btn btn-sm border";
    const button = element("button", { type: "button", className, textContent });
    button.addEventListener("click", () => {
      if (!act()) return;
      this.#remove(row);
      backToWriting();
    });
    return button;
  }

  #remove(row) {
    row.remove();
    this.#lost.delete(row);
    this.#showTitle();
  }

  #show(row) {
    this.#list.append(row);
    this.#showTitle();
  }

  #showTitle() {
    const shown = this.#list.childElementCount;
    const lost = this.#lost.size;
    this.#place.classList.toggle("filled", shown > 0);
    const are = lost === 1 ? "message is" : "messages are";
    let title = "";
    if (shown > 0) title = "Sending…";
    if (lost > 0) title = `${lost} ${are} not confirmed, and may be lost.`;
    this.#title.textContent = title;
    [...this.#list.children].forEach((row, n) => (row.hidden = n >= FEW));
    this.#more.textContent = shown > FEW ? `${shown - FEW} more are not shown. ` : "";
    this.#dismissAll.hidden = lost < 2;
  }
}
