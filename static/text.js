// What the page needs to know about text.

const utf8 = new TextEncoder();
// What one sees as a single character is hardly ever longer, unless it is a stack of accents.
const LONGEST = 100;
const segmenter = Intl.Segmenter && new Intl.Segmenter(); // Firefox has it since 125

/** The bytes that the text is on the wire. */
export function bytesOf(text) {
  return utf8.encode(text);
}

/** Nothing that one could see: spaces, and characters that have no shape. */
export function isBlank(text) {
  return /^[\s\p{Control}\p{Default_Ignorable_Code_Point}\u2800]*$/u.test(text);
}

/** At most `max` characters, and no half of what one sees as a single one, such as an emoji. */
export function shorten(text, max) {
  if (text.length <= max) return text;
  const enough = text.slice(0, max + LONGEST);
  const end = segmenter?.segment(enough).containing(max).index;
  return `${wellFormed(text.slice(0, end || max))}…`;
}

/** Half a character can be neither sent nor shown: it becomes U+FFFD, as in a browser's UTF-8. */
export function wellFormed(text) {
  return text.replace(/\p{Surrogate}/gu, "\uFFFD");
}
