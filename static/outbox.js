// What was sent and is not yet answered with "You wrote". It may have reached nobody, so the writer
// decides whether to repeat it. A chat that you changed may answer in words that the page does not
// know. These answer the oldest.
import { element } from "./dom.js";
import { on } from "./events.js";

// Milliseconds. An answer that takes longer than a moment is worth a word; one that takes longer
// than this does not come any more, whatever the browser believes of the connection.
const MOMENT = 700;
const TOO_LONG = 10_000;

export class Outbox {
  #connection;
  #say;
  #place = document.querySelector("#outbox");
  #title = document.querySelector("#outbox-title");
  #list = document.querySelector("#outbox ul");
  #waiting = new Map(); // message → the timers that wait for its answer
  #lost = 0;

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
  }

  #sent(message) {
    const row = element("li");
    const textContent = message.text;
    row.append(element("p", { className: "text", textContent, dir: "auto", tabIndex: 0 }));
    const timers = [
      setTimeout(() => this.#show(row), MOMENT),
      setTimeout(() => this.#connection.giveUp("no “You wrote” for 10 seconds"), TOO_LONG),
    ];
    this.#waiting.set(message, { row, timers });
  }

  #answered(message) {
    this.#stopWaiting(message).remove();
    this.#showTitle();
  }

  #notConfirmed(message) {
    const row = this.#stopWaiting(message);
    this.#lost++;
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
      row.remove();
      this.#lost--;
      this.#showTitle();
      document.querySelector("#messageText").focus();
    });
    return button;
  }

  #show(row) {
    this.#list.append(row);
    this.#showTitle();
  }

  #showTitle() {
    const shown = this.#list.childElementCount;
    this.#place.classList.toggle("filled", shown > 0);
    const are = this.#lost === 1 ? "message is" : "messages are";
    let title = "";
    if (shown > 0) title = "Sending…";
    if (this.#lost > 0) title = `${this.#lost} ${are} not confirmed, and may be lost.`;
    this.#title.textContent = title;
  }
}
