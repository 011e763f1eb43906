// Which steps of a handler an event tells of, as far as a page can know.

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

/** failed: the handler ended with an exception that nobody catches. */
export function stepsOf(type, { kind, wasOpen }, failed) {
  if (type === "opened") return [["connect", YOURS]];
  if (type === "closed" && wasOpen) return failed ? CLOSED.slice(0, 1) : CLOSED;
  return STEPS[kind] ?? [];
}
