// A client that stops reading while another one talks. A WebSocket of a page is always read from;
// only a WebSocketStream waits until somebody takes the next message.
import { closeCode } from "./close-codes.js";
import { next } from "./events.js";

const WORD_BYTES = 60_000;
const MAX_WORDS = 400; // more than all buffers on the way hold
const STANDSTILL = 5_000; // milliseconds without an answer

/** Bytes that everyone in the room may be sent. */
export const MAX_SENT = WORD_BYTES * MAX_WORDS;

export async function stopReading({ see, guests: [slow, talker] }) {
  const stream = new WebSocketStream(slow.url);
  const { readable } = await stream.opened;
  see(`${slow.name} came, and does not read.`);
  const ws = await talker.join();
  see(`${talker.name} came after it, and talks: 60,000 bytes at a time.`);
  let cutOff = false;
  const left = next("received", ({ data }) => data === `${slow.name} has left the chat`);
  left.then(() => (cutOff = true), () => {});

  const { words, longest, stands } = await talk(ws, talker.name, () => cutOff);
  if (stands) see(`After ${words} messages ${talker.name} hears nothing more.`);
  else if (!cutOff) see(`${words} messages were heard, and it is still there.`);
  else {
    see(`It was cut off: “${slow.name} has left the chat”.`);
    see(`${talker.name} heard all ${words} messages, the slowest after ${longest} ms.`);
  }
  const wasCutOff = cutOff; // later it leaves by itself
  // It reads again, so that a server that waits for it goes on.
  const close = stream.closed.catch(({ closeCode = 1006 }) => ({ closeCode }));
  const end = readAll(readable);
  if (stands) {
    await echo(ws, "", Infinity);
    see("It reads again, and the chat goes on.");
  }
  ws.close(1000);
  if (!wasCutOff) stream.close({ closeCode: 1000 });
  await end;
  if (wasCutOff) see(`What it read in the end: closed with ${closeCode((await close).closeCode)}.`);
  return { stands, wasCutOff };
}

/** Says one word after the other, each when the last came back, until done() or nothing comes. */
async function talk(ws, name, done) {
  const noise = randomWord();
  let words = 0;
  let longest = 0;
  while (words < MAX_WORDS && !done()) {
    const start = performance.now();
    const word = `${words + 1} ${noise}`;
    const heard = echo(ws, `${name} says: ${word}`, STANDSTILL);
    ws.send(word);
    if (!(await heard)) return { words, longest, stands: true };
    longest = Math.max(longest, Math.round(performance.now() - start));
    words++;
  }
  return { words, longest, stands: false };
}

/** Whether this text, or any if it is empty, comes in time. */
function echo(ws, text, within) {
  return new Promise((resolve) => {
    const end = (came) => {
      clearTimeout(timer);
      ws.onmessage = ws.onclose = null;
      resolve(came);
    };
    const timer = within < Infinity ? setTimeout(() => end(false), within) : 0;
    ws.onmessage = ({ data }) => (text === "" || data === text) && end(true);
    ws.onclose = () => end(false);
  });
}

/** Random, or a server that compresses would send next to nothing. */
function randomWord() {
  const bytes = crypto.getRandomValues(new Uint8Array((WORD_BYTES / 4) * 3));
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

async function readAll(readable) {
  try {
    for await (const message of readable) message; // taken, and forgotten
  } catch {
    // a connection that was cut
  }
}
