// ---- the layers, and undo of what is drawn on them
// Paint is `back` and `ink`. `sketch` above them holds lines that guide a person, and never leaves the canvas for
// the model. Hiding a layer is for the eye alone.
const LAYERS = { sketch, ink };
const BRUSHES = { sketch: { kind: "round", colour: "#1d1d1f", opacity: 1, size: 5 } }; // of the layers not drawn on
const layerButtons = [...root.querySelectorAll("[data-layer]")];
const eyes = Object.fromEntries([...root.querySelectorAll("[data-eye]")].map((b) => [b.dataset.eye, b]));
let onto = "ink"; // the layer that is drawn on
const shows = (name) => eyes[name].getAttribute("aria-pressed") === "true";
function show(name, visible = true) {
  eyes[name].setAttribute("aria-pressed", visible);
  root.classList.toggle(`lc-no-${name}`, !visible);
}
function drawOn(name) { // each layer keeps a brush of its own
  if (stroke) return;
  show(name);
  if (name === onto) return;
  const { kind, colour, opacity, size } = brush;
  BRUSHES[onto] = { kind, colour, opacity, size };
  onto = name;
  Object.assign(brush, BRUSHES[name]);
  showBrush();
  layerButtons.forEach((b) => b.setAttribute("aria-pressed", b.dataset.layer === name));
  root.classList.toggle("lc-sketching", name === "sketch");
}
layerButtons.forEach((b) => { b.onclick = () => drawOn(b.dataset.layer); });
for (const [name, eye] of Object.entries(eyes)) eye.onclick = () => {
  show(name, !shows(name));
  keepSoon();
};

function over(...layers) { // white paper
  const canvas = sheet(ink.width, ink.height), ctx = canvas.getContext("2d");
  layers.forEach((layer) => ctx.drawImage(layer, 0, 0));
  return canvas;
}
const seen = () => over(...(shows("ink") ? [back, ink] : []), ...(shows("sketch") ? [sketch] : []));
const bare = () => root.classList.contains("lc-empty"); // nothing is painted

// ---- undo
const shots = new Map(); // a layer's copy as it now is, which one state after another may share
function shot(layer) {
  if (!shots.has(layer)) shots.set(layer, copy(layer));
  return shots.get(layer);
}
const state = () => ({ paper, ink: shot(ink), sketch: shot(sketch), empty: bare() });
function restore(was) {
  shots.clear();
  paper = was.paper;
  for (const layer of [back, ink, sketch]) [layer.width, layer.height] = [paper.width, paper.height];
  backCtx.drawImage(paper, 0, 0);
  for (const [name, layer] of Object.entries(LAYERS)) {
    if (!was[name]) continue;
    layer.getContext("2d").drawImage(was[name], 0, 0, layer.width, layer.height);
    if (was[name].width === layer.width && was[name].height === layer.height) shots.set(layer, was[name]);
  }
  root.classList.toggle("lc-empty", was.empty);
}
function remember() {
  done.push(state());
  if (done.length > UNDO_DEPTH) done.shift();
  undone = [];
  shots.delete(LAYERS[onto]); // which is about to change
}
function swap(from, to) {
  if (!from.length || stroke) return;
  const now = state(), was = from.pop();
  to.push(now);
  restore(was);
  for (const name in LAYERS) if (now[name] !== was[name]) show(name); // nothing changes unseen
  changed();
}
function changed() {
  act.undo.disabled = !done.length;
  act.redo.disabled = !undone.length;
  if (!ready) return;
  root.dataset.changed = "yes"; // a link is to carry it
  send();
  keepSoon();
}
const act = Object.fromEntries([...root.querySelectorAll("[data-act]")].map((b) => [b.dataset.act, b]));
act.undo.onclick = () => swap(done, undone);
act.redo.onclick = () => swap(undone, done);
act.clear.onclick = () => { // the layer that is drawn on
  if (stroke) return;
  remember();
  show(onto);
  const { [onto]: _, ...left } = done.at(-1);
  restore(onto === "ink" && mode === "paint" ? { ...left, paper: sheet(SIDE, SIDE), empty: true } : left);
  changed();
};
