export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** A client's mark: its number, in its colour. */
export function mark(id, text = `#${id}`, className = "") {
  const made = element("span", { className: `mark ${className}`, textContent: text });
  made.dataset.client = id % 8;
  return made;
}

/** Asks the tool for something, and shows what is wrong with it. */
export async function ask(command) {
  const wrong = document.querySelector("#wrong");
  try {
    const answer = await fetch("do", { method: "POST", body: JSON.stringify(command) });
    wrong.textContent = answer.ok ? "" : await answer.text();
  } catch {
    wrong.textContent = "The tool does not answer. Start it again: go run -C learn ./watch";
  }
}
