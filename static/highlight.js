// Python and Go, coloured as far as it helps to read them: strings, comments, keywords.
import { element } from "./dom.js";

const TOKENS =
  /(?<string>f?"[^"]*")|(?<comment>\/\/.*)|(?<keyword>\b(?:await|except|for|if|in|nil|range)\b)/g;

/** The nodes that show a line of code. */
export function highlighted(line) {
  const nodes = [];
  let end = 0;
  for (const match of line.matchAll(TOKENS)) {
    const [className] = Object.entries(match.groups).find(([, text]) => text !== undefined);
    nodes.push(line.slice(end, match.index));
    nodes.push(element("span", { className, textContent: match[0] }));
    end = match.index + match[0].length;
  }
  return [...nodes, line.slice(end)];
}
