// The session's pictures, newest first, after kept.js and actions.js. They live in the browser alone.
const KEPT = 60;
const strip = element.querySelector(".history-strip"), note = element.querySelector(".history-note");
const tools = element.querySelector(".history .tools");
let chosen = null;

const ends = menu("Walk", [["from this seed", () => send(() => chosen, "Interpolate", { end: 0 })],
  ["to this seed", () => send(() => chosen, "Interpolate", { end: 1 })]]);
tools.append(...actions(() => chosen), ends);

function choose(item, button) {
  chosen = item;
  strip.querySelectorAll("button").forEach((b) => b.setAttribute("aria-selected", b === button));
  element.querySelector(".history").classList.toggle("has-choice", !!item);
  ends.hidden = item?.seed == null;
  note.textContent = item.title + (item.seed == null ? "" : `, seed ${item.seed}`);
}
function add(name, item) {
  const button = document.createElement("button"), picture = document.createElement("img");
  picture.src = item.url;
  picture.alt = item.title;
  Object.assign(button, { type: "button", role: "option", title: item.title, onclick: () => choose(item, button) });
  button.dataset.name = name;
  button.append(picture);
  strip.prepend(button);
  if (!chosen) note.textContent = "Choose a picture to save it or to send it on. They are kept in your browser.";
  if (strip.children.length <= KEPT) return;
  kept.put(strip.lastChild.dataset.name, undefined);
  strip.lastChild.remove();
}
const before = kept.all("history/").then((items) => items.forEach(([name, item]) => add(name, item)));
window.addEventListener("onestroke-made", async ({ detail }) => {
  await before;
  if (strip.firstChild?.firstChild?.src === detail.url) return;
  const name = `history/${Date.now()}`;
  add(name, detail);
  kept.put(name, detail);
});
