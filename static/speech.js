// What the texts of the protocol say. It has four:
//   You wrote: …      Client #… says: …      Client #… has left the chat
// and what one sends, which is bare.

const WROTE = "You wrote: ";
const SAYS = /^Client #(-?\d+) says: /;
const LEFT = /^Client #(-?\d+) has left the chat$/;

/**
 * Remembers what this page sent. Two pages may have the same id, so that the id does not tell whose
 * words come back: one's own are those that were sent, and then answered with "You wrote".
 */
export class Speech {
  #clientID;
  #unanswered = [];
  #answered = []; // each comes once more, as said to everyone

  constructor(clientID) {
    this.#clientID = String(clientID);
  }

  /** Returns the message, which is the same object in read's answer. */
  sent(text) {
    const message = { text, at: performance.now() };
    this.#unanswered.push(message);
    return message;
  }

  /** A new connection knows nothing of what was sent over the last. */
  forget() {
    this.#unanswered = [];
    this.#answered = [];
  }

  /**
   * kind: personal, own, other, namesake (another page with this id), left, unknown or binary.
   * prefix: what of the text is the server's own words. id: who it is about. answers: the message
   * that it answers.
   */
  read(data) {
    if (typeof data !== "string") return { kind: "binary" };
    if (data.startsWith(WROTE)) {
      return { kind: "personal", prefix: WROTE, answers: this.#answer(data.slice(WROTE.length)) };
    }
    const says = SAYS.exec(data);
    if (says) {
      const [prefix, id] = says;
      return { kind: this.#speaker(id, data.slice(prefix.length)), prefix, id };
    }
    const left = LEFT.exec(data);
    return left ? { kind: "left", prefix: data, id: left[1] } : { kind: "unknown", prefix: "" };
  }

  #answer(text) {
    const message = take(this.#unanswered, text);
    if (message) this.#answered.push(message);
    return message;
  }

  #speaker(id, text) {
    if (id !== this.#clientID) return "other";
    return take(this.#answered, text) ? "own" : "namesake";
  }
}

/** Takes the first message with this text out of the list. */
function take(messages, text) {
  const index = messages.findIndex((message) => message.text === text);
  return index < 0 ? undefined : messages.splice(index, 1)[0];
}
