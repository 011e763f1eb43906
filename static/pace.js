// What is shown, and when: at once, one step after the other, or each at a key. The chat goes on
// meanwhile; what is to be shown of it waits here.
import { YOURS } from "./steps.js";

const STEP_TIME = 2000; // milliseconds, when it is slow
const MAX_WAITING = 1000; // what is more is shown as if live

export class Pace {
  #waiting = []; // {show, name, whose}: name is of its step, if it has one
  #show;
  #mode = "live";
  #onlyMine = false;
  #timer;

  /** show(entry) is called for each, in their order. */
  constructor(show) {
    this.#show = show;
  }

  /** live, slow or step */
  set mode(mode) {
    if (mode === this.#mode) return;
    this.#mode = mode;
    clearInterval(this.#timer);
    if (mode === "slow") this.#timer = setInterval(() => this.next(), STEP_TIME);
    this.#showSurplus();
  }

  /** Only the steps of one's own handler wait. */
  set onlyMine(onlyMine) {
    this.#onlyMine = onlyMine;
    this.#showSurplus();
  }

  get isHeld() {
    return this.#mode !== "live";
  }

  /** How many steps wait. */
  get waiting() {
    return this.#waiting.filter((entry) => this.#waits(entry)).length;
  }

  add(...entries) {
    this.#waiting.push(...entries);
    this.#showSurplus();
  }

  /** Shows one step, and what comes after it that need not wait. */
  next() {
    this.#showFirst();
    this.#showWhatNeedNotWait();
  }

  /** Shows all up to the next step of one's own handler, with it; nothing if there is none. */
  nextOfMine() {
    const many = this.#waiting.findIndex(({ whose }) => whose === YOURS) + 1;
    for (let n = 0; n < many; n++) this.#showFirst();
    this.#showWhatNeedNotWait();
  }

  #waits({ name, whose }) {
    return name !== undefined && (!this.#onlyMine || whose === YOURS);
  }

  #showFirst() {
    if (this.#waiting.length > 0) this.#show(this.#waiting.shift());
  }

  #showSurplus() {
    const most = this.isHeld ? MAX_WAITING : 0;
    while (this.#waiting.length > most) this.#showFirst();
    this.#showWhatNeedNotWait();
  }

  #showWhatNeedNotWait() {
    while (this.#waiting.length > 0 && !this.#waits(this.#waiting[0])) this.#showFirst();
  }
}
