// The session's pictures, newest first, after actions.js. They live in the browser alone.
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
window.addEventListener("onestroke-made", ({ detail }) => {
  if (strip.firstChild?.firstChild?.src === detail.url) return;
  const button = document.createElement("button"), picture = document.createElement("img");
  picture.src = detail.url;
  picture.alt = detail.title;
  Object.assign(button, { type: "button", role: "option", title: detail.title, onclick: () => choose(detail, button) });
  button.append(picture);
  strip.prepend(button);
  if (strip.children.length > KEPT) strip.lastChild.remove();
});
