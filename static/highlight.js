// Python and Go, coloured as far as it helps to read them, and broken, where they must be, after
// "(", "." and ",". The lesson has the same classes (static/code.css).
import { element } from "./dom.js";

const TOKENS = new RegExp(
  [
    /(?<s>f?"[^"]*")/,
    /(?<c>\/\/.*)/,
    /(?<k>\b(?:async|await|class|def|defer|except|for|func|if|in|nil|range|return|self)\b)/,
  ].map(({ source }) => source).join("|"),
  "g",
);

/** The nodes that show a line of code. */
export function highlighted(line) {
  const nodes = [];
  let end = 0;
  for (const match of line.matchAll(TOKENS)) {
    const [className] = Object.entries(match.groups).find(([, text]) => text !== undefined);
    nodes.push(...breakable(line.slice(end, match.index)));
    nodes.push(element("span", { className, textContent: match[0] }));
    end = match.index + match[0].length;
  }
  return [...nodes, ...breakable(line.slice(end))];
}

function breakable(text) {
  const parts = text.match(/[^(.,]*[(.,]?/g).filter((part) => part);
  return parts.flatMap((part) => (/[(.,]$/.test(part) ? [part, element("wbr")] : [part]));
}
