// A frame's bytes, as RFC 6455, section 5.2, draws them.
import { element } from "./dom.js";
import { bytesOf } from "./text.js";

const SHOWN_BYTES = 64;

const OPCODES = { 1: "text", 2: "binary", 8: "close" };

const MASKED = `Masked: a client chooses a key for each frame at random and combines the payload
  with it (XOR), so that no page can choose the bytes on the wire and make a proxy on the way take
  them for HTTP. The browser does not reveal the key; these are the payload's bytes unmasked.`;
const NOT_MASKED = `Not masked: a server must not mask. Its words come from the program that the
  browser called, not from a stranger's page.`;
const COMPRESSED = `The browser and the server agreed on permessage-deflate. If this message was
  compressed, RSV1 is 1, and the length and the payload on the wire are others: “?” is what this
  page cannot know.`;
const CUT = `A browser may cut a long message into several frames. This page sees the message
  alone.`;
// Bytes. A message from the page that is longer may be more than one frame.
const SURELY_WHOLE = 16_384;

/** "0x1 text" */
export function opcodeName(opcode) {
  return `0x${opcode} ${OPCODES[opcode]}`;
}

/** The bytes of a frame's payload: a text, what came as binary, or a close code and its reason. */
export function payloadOf({ opcode, data, code }) {
  if (opcode === 2) return new Uint8Array(data);
  const text = bytesOf(data);
  if (opcode !== 8) return text;
  return code === 1005 ? new Uint8Array() : Uint8Array.of(code >> 8, code & 255, ...text);
}

/** The header's fields, one after the other: [name, bits, meaning]. "?" is what nobody tells. */
export function header(frame, length) {
  const { up, opcode } = frame;
  const bits = (value, many) => value.toString(2).padStart(many, "0");
  const fields = [
    mayBeCut(frame, length)
      ? ["FIN", "?", "one frame, or several"]
      : ["FIN", "1", "the last fragment"],
    mayBeCompressed(frame) ? ["RSV1–3", "?00", "compressed?"] : ["RSV1–3", "000", "no extension"],
    ["opcode", bits(opcode, 4), OPCODES[opcode]],
    ["MASK", up ? "1" : "0", up ? "masked" : "not masked"],
  ];
  if (mayBeCompressed(frame)) {
    const bytes = `${length.toLocaleString("en")} bytes (before compression)`;
    fields.push(["length", "?", bytes]);
  } else if (mayBeCut(frame, length)) {
    fields.push(["length", "?", `${length.toLocaleString("en")} bytes in all`]);
  } else if (length < 126) fields.push(["length", bits(length, 7), `${length} bytes`]);
  else {
    const [marker, many] = length < 65_536 ? [126, 16] : [127, 64];
    const bytes = `${length.toLocaleString("en")} bytes`;
    fields.push(["length", bits(marker, 7), `${marker}: it is in the next ${many} bits`]);
    fields.push([`length, ${many} bits`, bits(length, many), bytes]);
  }
  if (up) fields.push(["masking key, 32 bits", "????", "not told"]);
  return fields;
}

/** What shows a frame: its header, the first bytes of its payload, and why it is masked. */
export function frameElements(frame) {
  const payload = payloadOf(frame);
  const fields = element("dl", { className: "fields", translate: false });
  const name = mayBeCompressed(frame) ? "payload (before compression)" : "payload";
  const all = [...header(frame, payload.length), [name, hex(payload), printable(payload)]];
  for (const [name, bits, meaning] of all) {
    const field = element("div");
    field.append(
      element("dt", { textContent: name }),
      element("dd", { textContent: bits, className: "bits" }),
      element("dd", { textContent: meaning }),
    );
    fields.append(field);
  }
  const remarks = [frame.up ? MASKED : NOT_MASKED];
  if (mayBeCompressed(frame)) remarks.push(COMPRESSED);
  if (mayBeCut(frame, payload.length)) remarks.push(CUT);
  return [fields, ...remarks.map((textContent) => element("p", { textContent }))];
}

/** Control frames never are. */
function mayBeCompressed({ deflate, opcode }) {
  return Boolean(deflate) && opcode < 8;
}

function mayBeCut({ up }, length) {
  return up && length > SURELY_WHOLE;
}

function hex(bytes) {
  const shown = [...bytes.subarray(0, SHOWN_BYTES)];
  const all = shown.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return bytes.length > SHOWN_BYTES ? `${all} …` : all || "none";
}

/** As in a hex dump: one character for each byte, a dot for those that are no ASCII. */
function printable(bytes) {
  const shown = [...bytes.subarray(0, SHOWN_BYTES)];
  return shown.map((b) => (b > 31 && b < 127 ? String.fromCharCode(b) : "·")).join("");
}
