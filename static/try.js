// Try it: the menu of trials, and what the page sees of the one that runs.
import { closeCode } from "./close-codes.js";
import { belongsToInputMethod, element } from "./dom.js";
import { next } from "./events.js";
import { Guest } from "./guest.js";
import { serverLanguage } from "./server.js";
import { TRIALS } from "./trials.js";
import { addressed } from "./views.js";

const GUESTS = 5; // who may come for a trial
const QUESTION = "Does the room go on?";
const NOTHING_CAME = {}; // in place of a close
const RESTART = { python: "restart uvicorn", go: "restart the server" };

export class Try {
  #connection;
  #clientID;
  #button = document.querySelector("#try-button");
  #menu = document.querySelector("#try");
  #place = document.querySelector("#trial");
  #seen = document.querySelector("#trial-seen");
  #look = document.querySelector("#trial-look");
  #buttons = {}; // by the trials' keys
  #guests = 0;
  #running = false;

  constructor(connection, clientID) {
    this.#connection = connection;
    this.#clientID = clientID;
    for (const trial of TRIALS) this.#offer(trial);
    this.#button.addEventListener("click", () => this.#open(this.#menu.hidden));
    document.querySelector("#try-close").addEventListener("click", () => this.#open(false));
    document.querySelector("#trial-close").addEventListener("click", () => {
      this.#place.hidden = true;
      this.#button.focus();
    });
    this.#menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || belongsToInputMethod(event)) return;
      event.preventDefault();
      this.#open(false);
    });
    addEventListener("hashchange", () => this.#follow());
    this.#follow();
  }

  /** A link (#try=binary) leads to a trial, and never starts it: that may break the room. */
  #follow() {
    const { name, argument } = addressed();
    if (name !== "try") return;
    this.#open(true);
    this.#buttons[argument]?.focus();
  }

  #open(isOpen) {
    this.#menu.hidden = !isOpen;
    this.#button.setAttribute("aria-expanded", isOpen);
    if (isOpen) this.#menu.querySelector("li button").focus();
    else this.#button.focus();
  }

  #offer(trial) {
    const { key, name, shows, missing } = trial;
    const button = element("button", { type: "button", textContent: name });
    button.append(element("small", { textContent: missing || shows }));
    button.setAttribute("aria-disabled", Boolean(missing));
    if (!missing) button.addEventListener("click", () => this.#start(trial));
    this.#buttons[key] = button;
    const item = element("li");
    item.append(button);
    this.#menu.querySelector("ul").append(item);
  }

  async #start(trial) {
    if (this.#running) return;
    this.#setRunning(true);
    this.#open(false);
    document.querySelector("#trial-title").textContent = trial.name;
    this.#look.textContent = "";
    this.#seen.replaceChildren();
    this.#place.hidden = false;
    try {
      await this.#perform(trial);
    } catch (error) {
      this.#see(`It did not finish: ${error.message}`);
    }
    this.#setRunning(false);
  }

  /** One at a time: the others are disabled meanwhile. */
  #setRunning(running) {
    this.#running = running;
    this.#place.dataset.state = running ? "running" : "done";
    for (const { key, missing } of TRIALS) {
      this.#buttons[key].setAttribute("aria-disabled", running || Boolean(missing));
    }
  }

  async #perform(trial) {
    const connection = this.#connection;
    const see = (text) => this.#see(text);
    if (!connection.isOpen) return see("There is no connection: try again when it is back.");
    const language = await serverLanguage().catch(() => undefined);
    const restart = RESTART[language] ?? RESTART.go;
    const guests = Array.from({ length: GUESTS }, () => this.#guest());
    if (await this.#ask()) {
      return see(`This room was broken by an earlier trial: ${restart}, and try again.`);
    }
    const outcome = await trial.run({ connection, see, guests });
    const lost = await this.#ask();
    if (lost) {
      const end = lost.code ? `Closed with ${closeCode(lost.code)}` : "Nothing came for 20 seconds";
      see(`“${QUESTION}” was not heard by all. ${end}.`);
      see(`The room is broken until the server restarts: ${restart}.`);
    } else see(`“${QUESTION}” was heard: it does.`);
    this.#look.textContent = trial.look({ ...outcome, language, goesOn: !lost });
  }

  /**
   * Does the room go on? If not, the close that came in place of an answer. A newcomer is the last
   * who is told: the page itself may hear what then fails at somebody behind it.
   */
  async #ask() {
    if (!this.#connection.isOpen) await next("opened");
    const ws = await this.#guest().join();
    const told = new Promise((resolve) => {
      ws.onmessage = ({ data }) => data.endsWith(`says: ${QUESTION}`) && resolve();
    });
    const lost = next("closed").catch(() => NOTHING_CAME);
    this.#connection.send(QUESTION, true);
    const answer = await Promise.race([told, lost]);
    ws.close(1000);
    return answer;
  }

  /** A guest's id is the page's own with a number after it. */
  #guest() {
    return new Guest(`${this.#clientID}${++this.#guests}`);
  }

  #see(textContent) {
    this.#seen.append(element("li", { textContent }));
    this.#place.scrollTop = this.#place.scrollHeight;
  }
}
