// Which steps of a handler an event tells of. What a page cannot know is not among them.

export const YOURS = "your handler";
export const THEIRS = "another client’s handler";

const STEPS = {
  personal: [["receive", YOURS], ["answer", YOURS]],
  own: [["everyone", YOURS]],
  other: [["everyone", THEIRS]],
  namesake: [["everyone", THEIRS]],
  left: [["leave", THEIRS], ["stay", THEIRS]],
};
const CLOSED = [["receive", YOURS], ["leave", YOURS], ["stay", YOURS]];

/** [step, whose] for each. language: "go", "python", or undefined if it is not known. */
export function stepsOf(type, detail, language) {
  if (type === "opened") return [["connect", YOURS]];
  if (type === "closed") return language === "go" && cameToAnEnd(detail) ? CLOSED : [];
  return STEPS[detail.kind] ?? [];
}

/** What is known of the end of the page's own handler; nothing where the steps tell all. */
export function endOf(close, language) {
  if (!close.wasOpen || (language === "go" && cameToAnEnd(close))) return "";
  if (language === "go") {
    return `No close frame came. The server finds out by itself, within 40 seconds, and then
      “Leave” runs.`;
  }
  if (language !== "python") return "How your handler ended, this page does not know.";
  return cameToAnEnd(close)
    ? `uvicorn itself takes part in a close. Whether your handler came to “Leave”, this page does
      not see: the others hear it.`
    : `Your handler ended with an exception, here or later, or the connection was lost: Python does
      not tell which. “Leave” runs only for WebSocketDisconnect.`;
}

/** A close frame of the server came. In Go only a handler's end, or what leads to it, sends one. */
function cameToAnEnd({ code, wasOpen, gaveUp }) {
  return wasOpen && !gaveUp && code !== 1006;
}
