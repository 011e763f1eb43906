// The page of the chat: the connection, the form, and what becomes of each message.
import { Connection } from "./connection.js";
import { Messages } from "./messages.js";
import { Wire, byteLength } from "./wire.js";

// Bytes of UTF-8. The server takes no more in one message and would close the connection (1009).
const MAX_BYTES = 65_536;
const NOT_CONNECTED = "Not connected: your message stays here. Send it again when the connection is back.";

const clientID = Date.now(); // a constant of this page, so it outlives the connection
const form = document.querySelector("#form");
const input = document.querySelector("#messageText");
const hint = document.querySelector("#hint");
const status = document.querySelector("#status");

const messages = new Messages(clientID);
const wire = new Wire();
/** What was sent and not yet answered with "You wrote: …", oldest first. */
let unanswered = [];
let connectedBefore = false;

const scheme = location.protocol === "https:" ? "wss:" : "ws:";
const url = `${scheme}//${location.host}/ws/${clientID}`;
const connection = new Connection(url, {
  connecting() {
    if (connectedBefore) show("waiting", "Reconnecting", "…");
    else show("connecting", "Connecting…");
    wire.handshake(url);
  },
  open(ws) {
    show("connected", "Connected");
    wire.open(ws);
    if (connectedBefore) messages.reconnected();
    connectedBefore = true;
    if (hint.textContent === NOT_CONNECTED) checkDraft();
  },
  message(data) {
    const isAnswer = typeof data === "string" && data.startsWith("You wrote: ");
    const sentAt = isAnswer ? unanswered.shift()?.at : undefined;
    wire.received(data, sentAt && performance.now() - sentAt);
    if (typeof data === "string") messages.add(data); // this chat is text only
  },
  closed(event) {
    wire.closed(event);
    returnUnanswered();
  },
  waiting(seconds) {
    show("waiting", "Reconnecting", ` in ${seconds} s…`);
  },
});

/** The countdown is for the eye: a screen reader that said each second would leave no room for anything else. */
function show(state, words, countdown = "") {
  status.dataset.state = state;
  const [said, unsaid] = status.children;
  if (said.textContent !== words) said.textContent = words;
  unsaid.textContent = countdown;
  document.querySelector("#send").ariaDisabled = String(state !== "connected");
}

function tell(text, isError = false) {
  hint.textContent = text;
  hint.classList.toggle("text-danger-emphasis", isError);
}

/** Says what stands in the way of the draft; true if nothing does. */
function checkDraft() {
  // A character of a JavaScript string is at most 3 bytes, so that a short draft need not be counted.
  const bytes = input.value.length * 3 > MAX_BYTES ? byteLength(input.value) : 0;
  const isTooLong = bytes > MAX_BYTES;
  input.classList.toggle("is-invalid", isTooLong);
  input.ariaInvalid = String(isTooLong);
  if (isTooLong) {
    tell(`Too long to send: ${bytes.toLocaleString("en")} bytes, and ${MAX_BYTES.toLocaleString("en")} is the most.`, true);
    return false;
  }
  tell("Enter sends it to everyone here.");
  return true;
}

/** A message that went out as the connection broke may have reached nobody: the writer decides whether to repeat it. */
function returnUnanswered() {
  const last = unanswered.at(-1);
  unanswered = [];
  if (!last) return;
  if (input.value === "") input.value = last.text;
  tell(`The server did not confirm “${last.text.slice(0, 40)}”: it may be lost.`, true);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  input.focus();
  const text = input.value;
  if (text === "" || !checkDraft()) return;
  if (!connection.isOpen) {
    tell(NOT_CONNECTED, true);
    return;
  }
  connection.send(text);
  wire.sent(text);
  unanswered.push({ text, at: performance.now() });
  input.value = "";
  messages.toEnd();
});

input.addEventListener("input", checkDraft);
document.querySelector("#jump").addEventListener("click", () => {
  input.focus();
  messages.toEnd();
});

document.querySelector("#ws-id").textContent = clientID;
checkDraft();
connection.start();
