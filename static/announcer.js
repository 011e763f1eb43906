// What a screen reader is told of the messages: each one, or in a flood a digest.
import { element } from "./dom.js";
import { shorten } from "./text.js";

const BETWEEN = 1000; // milliseconds between two announcements
const FEW = 3; // messages that are read out one by one
const READ_OUT = 300; // characters

export class Announcer {
  #place = document.querySelector("#announcer");
  #few = [];
  #many = 0;
  #timer;

  add(text) {
    this.#many++;
    if (this.#few.length < FEW) this.#few.push(shorten(text, READ_OUT));
    this.#timer ??= setTimeout(() => this.#announce(), BETWEEN);
  }

  #announce() {
    const digest = `${this.#many.toLocaleString("en")} new messages`;
    const texts = this.#many > FEW ? [digest] : this.#few;
    this.#place.replaceChildren(...texts.map((textContent) => element("p", { textContent })));
    this.#few = [];
    this.#many = 0;
    this.#timer = undefined;
  }
}
