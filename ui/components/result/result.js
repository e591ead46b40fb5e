// A result picture, after kept.js and actions.js. `props.value` is {url, file, before, seed, labels, draft, reduced} or
// null; what is reduced, a step of a large picture, can be looked at and not be saved.
const figure = element.querySelector(".result"), name = `result/${figure.dataset.name}`, after = figure.querySelector(".after");
const before = figure.querySelector(".before"), wipe = figure.querySelector(".wipe");
const KEEP_AFTER_MS = 900; // a picture that stays this long goes into the history
const WIPED = figure.dataset.name === "paint-result" ? 0 : 20; // per cent: a painting is to be seen beside it, too
let timer = null;

function show() {
  const value = props.value;
  clearTimeout(timer);
  figure.classList.toggle("has-picture", !!value?.url);
  figure.classList.toggle("has-before", !!value?.before);
  figure.classList.toggle("reduced", !!value?.reduced);
  if (!value?.url) return after.removeAttribute("src");
  after.src = value.url;
  if (value.file) after.dataset.file = value.file;
  else delete after.dataset.file;
  if (value.before) before.src = value.before;
  if (value.draft || figure.dataset.keep === "no") return;
  kept.put(name, value);
  const { url, file, seed, labels } = value, title = figure.dataset.title;
  timer = setTimeout(() => window.dispatchEvent(new CustomEvent("onestroke-made", { detail: { url, file, seed, labels, title } })), seed == null ? KEEP_AFTER_MS : 0);
}
wipe.oninput = () => figure.style.setProperty("--wipe", wipe.value + "%");
wipe.value = WIPED;
wipe.oninput();
const current = () => props.value;
figure.querySelector(".tools").append(...actions(current, figure.dataset.name === "paint-result" ? "paint-canvas" : null));
// Ctrl+C copies the picture under the pointer, else the last one to be seen.
document.addEventListener("copy", (event) => {
  if (String(getSelection()) || event.target.closest?.("textarea, input:not([type=range], [type=checkbox], [type=radio])")) return;
  const shown = [...document.querySelectorAll(".result.has-picture:not(.reduced, [data-keep=no])")].filter((one) => one.offsetParent);
  if (figure !== (shown.find((one) => one.matches(":hover")) ?? shown.at(-1))) return;
  event.preventDefault();
  copyPicture(current);
});
let news = false; // since the page was opened
watch("value", () => {
  news = true;
  show();
});
show();
if (figure.dataset.keep !== "no")
  kept.get(name).then((was) => {
    if (!was || news) return;
    props.value = was;
    show();
  });
