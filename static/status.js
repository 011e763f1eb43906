// The state of the connection, in words, and the button that does not wait for the next attempt.
import { backToWriting } from "./dom.js";
import { on } from "./events.js";
import { titleTells } from "./title.js";

const REFUSED = `The server answers, but this page gets no WebSocket: the server refuses it, or
  something on the way does, such as a proxy or a virus scanner. If the server did, its log names
  the reason.`.replace(/\s+/g, " ");

const status = document.querySelector("#status");
const refusal = document.querySelector("#refusal");
const button = document.querySelector("#reconnect");

let connectedBefore = false;
let said = "";
let isRefused = false;

export function showStatus(connection) {
  on("connecting", () => {
    if (connectedBefore) show("waiting", "Reconnecting", "…");
    else show("connecting", "Connecting…");
  });
  on("opened", () => {
    connectedBefore = true;
    show("connected", "Connected");
    showRefusal(false);
    titleTells({ isLost: false });
  });
  on("closed", () => titleTells({ isLost: true }));
  on("waiting", ({ seconds }) => show("waiting", "Reconnecting", ` in ${seconds} s…`));
  on("asked", ({ answers }) => showRefusal(answers));
  button.addEventListener("click", () => {
    backToWriting(); // the button goes away
    connection.connect();
  });
}

/**
 * The countdown is for the eye: a screen reader that said each second would leave no room for
 * anything else.
 */
function show(state, words, countdown = "") {
  status.dataset.state = state;
  const [saidPart, unsaidPart] = status.children;
  if (words !== said) saidPart.textContent = said = words;
  unsaidPart.textContent = countdown;
  button.hidden = countdown === "" || countdown === "…";
}

function showRefusal(refused) {
  if (refused !== isRefused) refusal.textContent = refused ? REFUSED : "";
  isRefused = refused;
}
