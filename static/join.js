// The join card: the address for others, large enough for the back row, and as a QR code.
import { element } from "./dom.js";
import { generate } from "./lean-qr.js";
import { isLocal, serverLanguage } from "./server.js";

const KEY = "F2"; // the same on every layout, and no letter
const SVG = "http://www.w3.org/2000/svg";
const QUIET = 4; // modules around the code, which a camera needs

// What lets others in, where only this machine serves.
const COMMANDS = {
  go: "go run main.go -addr :8000",
  python: "uvicorn main:app --host 0.0.0.0",
};

export function offerToJoin() {
  const card = document.querySelector("#join");
  const button = document.querySelector("#join-button");
  if (!card.showModal) return void (button.hidden = true); // a browser of before 2022
  const toggle = () => {
    if (card.open) return card.close();
    card.showModal();
    if (isLocal) showCommand();
  };
  button.addEventListener("click", toggle);
  document.querySelector("#join-close").addEventListener("click", () => card.close());
  addEventListener("keydown", (event) => {
    if (event.key !== KEY) return;
    event.preventDefault();
    toggle();
  });
  if (!isLocal) inviteOthers();
}

function inviteOthers() {
  document.querySelector("#join-how").replaceChildren("Others join at ", address());
  document.querySelector("#join-code").replaceChildren(qrCode(location.origin));
  document.querySelector("#empty").replaceChildren("Others join at ", address());
}

/** The server may be another one by now. */
async function showCommand() {
  const command = COMMANDS[await serverLanguage().catch(() => "go")] ?? COMMANDS.go;
  const code = element("code", { textContent: command, translate: false });
  document.querySelector("#join-how").replaceChildren(
    "Only this computer can open this page. To let others in, stop the server and start it with ",
    code,
    ", then open this page by this computer’s name or address.",
  );
}

/** It breaks nowhere but after "//". */
function address() {
  const [scheme, host] = location.origin.split("//");
  const whole = element("strong", { className: "address", translate: false });
  whole.style.setProperty("--characters", host.length);
  whole.append(`${scheme}//`, element("wbr"), host);
  return whole;
}

function qrCode(text) {
  const code = generate(text);
  const size = code.size + 2 * QUIET;
  let path = "";
  for (let y = 0; y < code.size; y++) {
    for (let x = 0; x < code.size; x++) {
      if (code.get(x, y)) path += `M${x + QUIET} ${y + QUIET}h1v1h-1z`;
    }
  }
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `QR code of ${text}`);
  const dark = document.createElementNS(SVG, "path");
  dark.setAttribute("d", path);
  svg.append(dark);
  return svg;
}
