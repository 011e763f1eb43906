// What is shown, and when: at once, one step after the other, or each at a key. The chat goes on
// meanwhile; what is to be shown of it waits here.

const SLOW = 2000; // milliseconds for one step
const MOST = 1000; // that wait; what is more is shown as if live

export class Pace {
  #waiting = []; // {show, name, whose}: name is of its step, if it has one
  #show;
  #mode = "live";
  #timer;

  /** show(entry) is called for each, in their order. */
  constructor(show) {
    this.#show = show;
  }

  /** live, slow or step */
  set mode(mode) {
    this.#mode = mode;
    clearInterval(this.#timer);
    if (mode === "slow") this.#timer = setInterval(() => this.next(), SLOW);
    this.#showSurplus();
  }

  get isHeld() {
    return this.#mode !== "live";
  }

  /** How many steps wait. */
  get waiting() {
    return this.#waiting.filter(({ name }) => name).length;
  }

  add(...entries) {
    this.#waiting.push(...entries);
    this.#showSurplus();
  }

  /** Shows one step, and what comes after it without a step. */
  next() {
    if (this.#waiting.length > 0) this.#show(this.#waiting.shift());
    this.#showWhatHasNoStep();
  }

  #showSurplus() {
    const most = this.isHeld ? MOST : 0;
    while (this.#waiting.length > most) this.#show(this.#waiting.shift());
    this.#showWhatHasNoStep();
  }

  #showWhatHasNoStep() {
    while (this.#waiting.length > 0 && !this.#waiting[0].name) this.#show(this.#waiting.shift());
  }
}
