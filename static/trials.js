// What a chat page never does. Each trial does it, tells see() what the page sees, and returns it
// for look(), which then says where to look, and of what happened, not of what might have.
import { closeCode } from "./close-codes.js";
import { next } from "./events.js";
import { MAX_SENT, stopReading } from "./stop-reading.js";

const MANY = 100;
const LONG_BYTES = 70_000;
const LAST_WORD_TIME = 2_000; // milliseconds, after which it will not be heard any more

export const TRIALS = [
  {
    key: "binary",
    name: "Send a binary message",
    shows: "What a server does with a kind of message that it does not expect.",
    look: ({ goesOn }) =>
      goesOn
        ? "The server closed this one client. The others heard that it left."
        : "The handler ended in “Receive”, with a KeyError, and “Leave” never ran.",
    async run({ connection, see }) {
      connection.sendBinary(Uint8Array.of(1, 2, 3).buffer);
      see("Sent 3 bytes as a binary message.");
      await seeClosed(see);
    },
  },
  {
    key: "long-message",
    name: "Send 70,000 bytes",
    shows: "Whether there is a limit. Everyone is sent what one client sends.",
    look: ({ passed }) =>
      passed
        ? "Look for the number of bytes: once up, and down again to everyone."
        : "Look for the number of bytes, and for the close frame.",
    async run({ connection, see }) {
      const text = "x".repeat(LONG_BYTES);
      connection.send(text, true);
      see("Sent 70,000 bytes as one message.");
      const lost = await closedBefore(({ kind, data }) => kind === "own" && data.endsWith(text));
      if (lost) await seeClosed(see, lost);
      else see("It was passed on to everyone.");
      return { passed: !lost };
    },
  },
  {
    key: "close",
    name: "Close with 1000 and a reason",
    shows: "The closing handshake: one close frame each way, then the page reconnects.",
    look: () => "Look for the two close frames, one each way.",
    async run({ connection, see }) {
      connection.close(1000, "off to lunch");
      see("Sent a close frame: 1000, “off to lunch”.");
      await seeClosed(see);
    },
  },
  {
    key: "go-away",
    name: "Go away without waiting",
    shows: "A client that is gone like a closed tab. The others are told all the same.",
    look: () => "A browser says 1001 and hangs up. Only a lost network says nothing.",
    async run({ see, guests: [guest] }) {
      await guest.inFrame();
      see(`${guest.name} came, in a frame of this page, and the frame goes away.`);
      await next("received", ({ data }) => data === `${guest.name} has left the chat`);
      see(`Everyone was told: “${guest.name} has left the chat”.`);
    },
  },
  {
    key: "last-words",
    name: "Say last words and leave at once",
    shows: "Whether others hear what five clients say just before they close.",
    look: ({ language, heard, came, goesOn }) => {
      if (!goesOn) return "A handler raised an exception that nobody catches, before “Leave”.";
      if (heard < came) return "“Answer only the sender” failed where the sender was gone already.";
      return language === "python"
        ? "This time each handler was faster than the close: in Python it depends on chance."
        : "Each word was read, and told to everyone, before the close that came after it.";
    },
    async run({ see, guests }) {
      const sockets = await Promise.all(guests.map((guest) => guest.join()));
      const hears = ({ name }) =>
        next("received", ({ data }) => data === `${name} says: Farewell!`, LAST_WORD_TIME);
      const all = Promise.allSettled(guests.map(hears));
      for (const ws of sockets) {
        ws.send("Farewell!");
        ws.close(1000);
      }
      see(`${guests.length} clients came, said “Farewell!” and closed in the same moment.`);
      const heard = (await all).filter(({ status }) => status === "fulfilled").length;
      see(`${heard} of ${guests.length} last words were heard.`);
      return { heard, came: guests.length };
    },
  },
  {
    key: "hundred",
    name: "Send 100 messages at once",
    shows: "That each arrives once, and in the order in which it was sent.",
    look: () => "The counts of “Receive”, “Answer” and “Tell everyone” grew by 100.",
    async run({ connection, see }) {
      const numbers = [];
      const all = next("received", ({ kind, data }) => {
        const number = kind === "own" && /: (\d+) of 100$/.exec(data)?.[1];
        return number && numbers.push(Number(number)) === MANY;
      });
      for (let n = 1; n <= MANY; n++) connection.send(`${n} of ${MANY}`, true);
      see(`Sent ${MANY} messages without waiting.`);
      await all;
      const inOrder = numbers.every((number, n) => number === n + 1);
      see(`${numbers.length} came back, ${inOrder ? "each once, in order" : "out of order"}.`);
    },
  },
  {
    key: "stop-reading",
    name: "Stop reading while others talk",
    shows: `What one slow client costs all others. Each page in the room is sent up to
      ${MAX_SENT / 1e6} MB: better not while many phones are here.`,
    look: ({ stands, wasCutOff }) => {
      if (stands) return "“Tell everyone” waited for the one that did not read.";
      return wasCutOff
        ? "“Tell everyone” waited for it less than 100 ms in a second; then it was cut off."
        : "The buffers on the way held all of it.";
    },
    missing: "WebSocketStream" in self ? "" : "This browser has no WebSocketStream: try Chromium.",
    run: stopReading,
  },
];

/** Whether a message that passes the test comes; if the connection is closed before, its close. */
function closedBefore(test) {
  return Promise.race([next("received", test).then(() => undefined), next("closed")]);
}

async function seeClosed(see, close = next("closed")) {
  const { code, reason } = await close;
  see(`Closed with ${closeCode(code)}${reason && ` (“${reason}”)`}.`);
  await next("opened");
  see("Connected again.");
}
