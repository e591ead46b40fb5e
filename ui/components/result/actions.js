// What can be done with a picture: menus to save it and to send it to another tab.
// Used by results and by the history, each with its own `current()`: {url, file, seed, labels, title} or null.
const SAVES = [["PNG, as it is", "png1"], ["PNG, 256 pixels", "png256"], ["PNG, 512 pixels", "png512"],
  ["PNG, 1024 pixels", "png1024"], ["SVG, traced shapes", "svg"]];
const TABS = ["Paint", "Inpaint", "Colour", "Enlarge", "Denoise"];

function menu(title, entries) {
  const details = document.createElement("details");
  details.className = "menu";
  details.innerHTML = `<summary>${title}</summary><div class="menu-list"></div>`;
  for (const [text, act] of entries) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.onclick = () => { details.open = false; act(); };
    details.lastChild.append(button);
  }
  details.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    details.open = false;
    details.firstChild.focus();
  });
  for (const elsewhere of ["pointerdown", "focusin"]) // a press, or Tab
    document.addEventListener(elsewhere, (event) => { if (!details.contains(event.target)) details.open = false; });
  return details;
}
// canvas: where the picture was painted, if it was, to be saved in layers with that.
function saveMenu(current, canvas) {
  function save(kind, more = {}) {
    const { url, file } = current();
    writing(true);
    trigger("download", { url: file ?? url, kind, ...more });
  }
  const entries = SAVES.map(([text, kind]) => [text, () => save(kind)]);
  if (canvas) entries.push(["OpenRaster, in layers", () => save("ora", layersOf(canvas))]);
  const details = menu("Save", [["Copy (Ctrl+C)", () => copyPicture(current)], ...entries]);
  function writing(on) { // a large file takes a while
    details.firstChild.textContent = on ? "Saving…" : "Save";
    details.firstChild.ariaBusy = on;
  }
  document.addEventListener("onestroke-written", () => writing(false));
  return details;
}
// What is on a canvas, as {sketch, paint, paper}: data URLs below the most that the server takes.
function layersOf(canvas) {
  const [paper, paint, sketch] = document.querySelectorAll(`#${canvas} canvas`), exact = paper.toDataURL();
  return { sketch: sketch.toDataURL(), paint: paint.toDataURL(), paper: exact.length < 1_200_000 ? exact : paper.toDataURL("image/jpeg", 0.95) };
}
function tell(sentence, good = false) {
  window.dispatchEvent(new CustomEvent("onestroke-told", { detail: { sentence, good } }));
}
async function copyPicture(current) {
  const { url, file } = current(), picture = fetch(file ?? url).then((answer) => answer.blob());
  try {
    await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
    tell("Copied: paste the picture where you want it.", true);
  } catch {
    tell("This browser lets no page copy a picture from here: save it instead.");
  }
}
function send(current, tab, more = {}) {
  const { url, file, seed, labels } = current();
  trigger("select", { tab, url: file ?? url, seed, labels, ...more });
}
function actions(current, canvas = null) {
  return [
    saveMenu(current, canvas),
    menu("Send to", TABS.map((tab) => [tab, () => send(current, tab)])),
  ];
}
