// Frames held in the browser, after actions.js. `props.value` is {frames, columns, seeds, names: of
// each frame or null}, or null.
const figure = element.querySelector(".walk"), picture = figure.querySelector(".after");
const along = figure.querySelector(".along"), across = figure.querySelector(".across");
const title = figure.querySelector(".title"), sheet = figure.querySelector(".walk-frames");
let at = 0, walked = null; // the frame shown, and which walk it is of

function endHere() { // an end or a corner is of a seed
  const { frames, columns } = props.value, rows = frames.length / columns;
  const corners = rows > 1 ? [0, columns - 1, columns * (rows - 1), frames.length - 1] : [0, frames.length - 1];
  return corners.indexOf(at);
}
function go(to) {
  const { frames, columns } = props.value;
  at = to;
  picture.src = frames[at];
  along.value = at % columns;
  across.value = Math.floor(at / columns);
  const { seeds, names } = props.value, end = endHere(), frame = `Frame ${at + 1} of ${frames.length}`;
  const name = names ? names[at] : end < 0 ? "" : `seed ${seeds[end]}`;
  title.textContent = name ? `${frame}: ${name}` : frame;
  [...sheet.children].forEach((b, i) => b.setAttribute("aria-pressed", i === at));
}
function show() {
  const value = props.value;
  figure.classList.toggle("has-picture", !!value);
  figure.style.display = value || figure.querySelector(".empty").textContent ? "" : "none";
  if (!value) return;
  const { frames, columns } = value, rows = frames.length / columns;
  figure.classList.toggle("has-grid", rows > 1);
  along.max = columns - 1;
  across.max = rows - 1;
  sheet.style.setProperty("--columns", rows > 1 ? columns : Math.min(columns, 8));
  sheet.replaceChildren(...frames.map((url, i) => {
    const button = document.createElement("button"), small = document.createElement("img");
    small.src = url;
    small.alt = `Frame ${i + 1}`;
    Object.assign(button, { type: "button", title: `Frame ${i + 1}`, onclick: () => go(i) });
    button.append(small);
    return button;
  }));
  const walk = [frames.length, columns, ...value.seeds].join();
  go(walk === walked ? at : 0); // the same walk, further refined, stays where one looks
  walked = walk;
}
along.oninput = across.oninput = () => go(+across.value * props.value.columns + +along.value);
figure.querySelector(".tools").append(...actions(() => props.value && { url: props.value.frames[at], title: "Frame" }));
watch("value", show);
show();
