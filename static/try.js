// Try it: what a chat page never does, at one click each, and what the page then sees.
import { closeCode } from "./close-codes.js";
import { element } from "./dom.js";
import { Guest, next } from "./guest.js";
import { stopReading } from "./stop-reading.js";

const MANY = 100;
const LONG = 70_000;
const GUESTS = 5; // who may come for a trial
const MOMENT = 2_000; // milliseconds, after which a word will not be heard any more

const TRIALS = [
  {
    name: "Send a binary message",
    shows: "What a server does with a kind of message that it does not expect.",
    look: "In Python the handler ends in “Receive”, and “Leave” never runs.",
    async run(connection, see) {
      connection.sendBinary(Uint8Array.of(1, 2, 3).buffer);
      see("Sent 3 bytes as a binary message.");
      await seeClosed(see);
      await ask(connection, see);
    },
  },
  {
    name: "Send 70,000 bytes",
    shows: "Whether there is a limit. Everyone is sent what one client sends.",
    look: "Look for the number of bytes, and for the close frame.",
    async run(connection, see) {
      const text = "x".repeat(LONG);
      connection.send(text);
      see("Sent 70,000 bytes as one message.");
      const lost = await closedBefore(({ kind, data }) => kind === "own" && data.endsWith(text));
      if (!lost) return see("It was passed on to everyone.");
      await seeClosed(see, lost);
      await ask(connection, see);
    },
  },
  {
    name: "Close with 1000 and a reason",
    shows: "The closing handshake: one close frame each way, then the page reconnects.",
    look: "Look for the two close frames. A close is what “Leave” waits for.",
    async run(connection, see) {
      connection.close(1000, "off to lunch");
      see("Sent a close frame: 1000, “off to lunch”.");
      await seeClosed(see);
    },
  },
  {
    name: "Go away without waiting",
    shows: "A client that is gone like a closed tab. The others are told all the same.",
    look: "A browser says 1001 and hangs up. Only a lost network says nothing.",
    async run(connection, see, guest) {
      await guest.inFrame();
      see(`${guest.name} came, in a frame of this page, and the frame goes away.`);
      await seeLeft(see, guest);
    },
  },
  {
    name: "Say last words and leave at once",
    shows: "Whether others hear what five clients say just before they close.",
    look: "In Python “Answer only the sender” fails, because the sender is gone.",
    async run(connection, see, ...guests) {
      const sockets = await Promise.all(guests.map((guest) => guest.join()));
      const hears = ({ name }) =>
        next("received", ({ data }) => data === `${name} says: Farewell!`, MOMENT);
      const all = Promise.allSettled(guests.map(hears));
      for (const ws of sockets) {
        ws.send("Farewell!");
        ws.close(1000);
      }
      see(`${guests.length} clients came, said “Farewell!” and closed in the same moment.`);
      const heard = (await all).filter(({ status }) => status === "fulfilled").length;
      see(`${heard} of ${guests.length} last words were heard.`);
    },
  },
  {
    name: "Send 100 messages at once",
    shows: "That each arrives once, and in the order in which it was sent.",
    look: "The counts of “Receive”, “Answer” and “Tell everyone” grow by 100.",
    async run(connection, see) {
      const numbers = [];
      const all = next("received", ({ kind, data }) => {
        const number = kind === "own" && /: (\d+) of 100$/.exec(data)?.[1];
        return number && numbers.push(Number(number)) === MANY;
      });
      for (let n = 1; n <= MANY; n++) connection.send(`${n} of ${MANY}`);
      see(`Sent ${MANY} messages without waiting.`);
      await all;
      const inOrder = numbers.every((number, n) => number === n + 1);
      see(`${numbers.length} came back, ${inOrder ? "each once, in order" : "out of order"}.`);
    },
  },
  {
    name: "Stop reading while others talk",
    shows: "What one slow client costs all others.",
    look: "In Python “Tell everyone” waits for it. In Go it is cut off with 1008.",
    missing: "WebSocketStream" in self ? "" : "This browser has no WebSocketStream: try Chromium.",
    run: stopReading,
  },
];

/** The close that comes before a message that passes the test, if it does. */
function closedBefore(test) {
  return Promise.race([next("received", test).then(() => undefined), next("closed")]);
}

async function seeClosed(see, close = next("closed")) {
  const { code, reason } = await close;
  see(`Closed with ${closeCode(code)}${reason && ` (“${reason}”)`}.`);
  await next("opened");
  see("Connected again.");
}

async function seeLeft(see, { name }) {
  await next("received", ({ kind, data }) => kind === "left" && data.startsWith(`${name} `));
  see(`Everyone was told: “${name} has left the chat”.`);
}

/** Does the room go on? */
async function ask(connection, see) {
  const QUESTION = "Does the room go on?";
  connection.send(QUESTION);
  const lost = await closedBefore(({ kind, data }) => kind === "own" && data.endsWith(QUESTION));
  if (!lost) return see(`“${QUESTION}” was heard: it does.`);
  see(`“${QUESTION}” was not heard. Closed with ${closeCode(lost.code)}.`);
  see("The room is broken until the server restarts.");
}

export function offerTrials(connection, clientID) {
  const menu = document.querySelector("#try");
  const place = document.querySelector("#trial");
  const seen = document.querySelector("#trial-seen");
  let running = false;
  let guests = 0;

  const see = (textContent) => {
    seen.append(element("li", { textContent }));
    place.scrollTop = place.scrollHeight;
  };
  const start = async ({ name, look, run }) => {
    if (running) return;
    running = true;
    menu.hidePopover();
    document.querySelector("#trial-title").textContent = name;
    document.querySelector("#trial-look").textContent = look;
    seen.replaceChildren();
    place.hidden = false;
    place.dataset.state = "running";
    // A guest's id is the page's own with a number after it.
    const guest = () => new Guest(`${clientID}${++guests}`);
    try {
      const some = Array.from({ length: GUESTS }, guest);
      if (connection.isOpen) await run(connection, see, ...some);
      else see("There is no connection: try again when it is back.");
    } catch (error) {
      see(`It did not finish: ${error.message}`);
    }
    place.dataset.state = "done";
    running = false;
  };

  for (const trial of TRIALS) {
    const button = element("button", { type: "button", textContent: trial.name });
    button.append(element("small", { textContent: trial.missing || trial.shows }));
    if (trial.missing) button.ariaDisabled = "true";
    else button.addEventListener("click", () => start(trial));
    const item = element("li");
    item.append(button);
    menu.querySelector("ul").append(item);
  }
  document.querySelector("#trial-close").addEventListener("click", () => {
    place.hidden = true;
    document.querySelector("#try-button").focus();
  });
}
