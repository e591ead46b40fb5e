// What can be done with a picture: menus to save it and to send it to another tab.
// Used by results and by the history, each with its own `current()`: {url, file, seed, title} or null.
const SAVES = [["PNG, as it is", "png1"], ["PNG, 4 times as large", "png4"], ["PNG, 8 times as large", "png8"],
  ["SVG, traced shapes", "svg"]];
const TABS = ["Paint", "Inpaint", "Colourise", "Enlarge", "Denoise"];

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
function save(current, kind) {
  const { url, file } = current();
  trigger("download", { url: file ?? url, kind });
}
function send(current, tab, more = {}) {
  const { url, file, seed } = current();
  trigger("select", { tab, url: file ?? url, seed, ...more });
}
function actions(current) {
  return [
    menu("Save", SAVES.map(([text, kind]) => [text, () => save(current, kind)])),
    menu("Send to", TABS.map((tab) => [tab, () => send(current, tab)])),
  ];
}
