// What the lesson's page does: commands are copied, the contents tell where one is.

const contents = document.querySelector("#contents");
const place = document.querySelector("#place");
const headings = [...document.querySelectorAll("main :is(h2, h3)")];
const beside = matchMedia("(min-width: 90rem)"); // where the contents stay open

contents.open = beside.matches;
beside.addEventListener("change", () => (contents.open = beside.matches));
contents.addEventListener("click", ({ target }) => {
  if (target.localName === "a" && !beside.matches) contents.open = false;
});

for (const command of document.querySelectorAll(".command")) {
  const button = document.createElement("button");
  const className = "copy btn btn-sm border";
  Object.assign(button, { type: "button", className, textContent: "Copy" });
  button.addEventListener("click", async () => {
    button.textContent = (await copied(command.querySelector("code"))) ? "Copied" : "Not copied";
  });
  command.append(button);
}

addEventListener("scroll", tellPlace, { passive: true });
addEventListener("resize", tellPlace);
tellPlace();

/** The clipboard is there on a secure page only, which http:// on another machine is not. */
async function copied(code) {
  try {
    await navigator.clipboard.writeText(code.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(code);
    return document.execCommand("copy");
  }
}

function tellPlace() {
  const limit = innerHeight / 3;
  const now = headings.findLast(({ offsetTop }) => offsetTop - scrollY < limit);
  for (const link of contents.querySelectorAll("[aria-current]")) {
    link.removeAttribute("aria-current");
  }
  const current = now && contents.querySelector(`a[href="#${now.id}"]`);
  current?.setAttribute("aria-current", "true");
  const part = [...document.querySelectorAll(".part")]
    .findLast(({ offsetTop }) => offsetTop - scrollY < limit);
  place.textContent = part?.textContent ?? "";
}
