// Who is who: each id has a colour, and four digits that can be told apart at a glance.
import { element } from "./dom.js";

// Degrees. Ids that follow one another are far apart on the colour wheel.
const GOLDEN_ANGLE = 137.508;
const TAIL = 4; // digits

/** The id, all of it, with its last digits in its own colour. */
export function idElement(id) {
  const whole = element("span", { className: "id", translate: false });
  const tail = element("span", { className: "tail", textContent: id.slice(-TAIL) });
  colour(tail, id);
  whole.append(id.slice(0, -TAIL), tail);
  return whole;
}

/** Sets --hue; chat.css makes a colour of it that can be read on a light and on a dark page. */
export function colour(element, id) {
  // In an exercise ids are names.
  const number = [...id].reduce((sum, sign) => (sum * 10 + sign.codePointAt(0)) % 1e9, 0);
  element.style.setProperty("--hue", ((number * GOLDEN_ANGLE) % 360).toFixed(1));
}
