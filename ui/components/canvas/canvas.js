// Runs once per canvas with Gradio's (element, trigger, props, watch), after brush.js.
// Two layers: `back` holds the picture, `ink` what was drawn. `props.value` leaves as {frame: data URL,
// drawing: whether the pen is down}; Python sets it to {background: data URL or null} to start anew.
// In mode "paint" both are the drawing: clearing takes both away, and undo brings both back.
const COLOURS = { Black: "#1d1d1f", White: "#ffffff", Grey: "#8e8e93", Brown: "#7a4a2b", Red: "#d92d20", Orange: "#f97316",
  Yellow: "#facc15", "Leaf green": "#65a30d", Green: "#15803d", Blue: "#2563eb", Violet: "#7c3aed" };
const SIDE = 512, SEND_EVERY_MS = 70, UNDO_DEPTH = 40;
const root = element.querySelector(".lc"), mode = root.dataset.mode, frameSide = +root.dataset.send;
const stage = root.querySelector(".lc-stage"), ring = root.querySelector(".lc-ring");
const back = root.querySelector(".lc-back"), ink = root.querySelector(".lc-ink");
const options = { willReadFrequently: true };
const backCtx = back.getContext("2d", options), inkCtx = ink.getContext("2d", options);
const MATERIALS = JSON.parse(root.dataset.materials); // what is painted, by name; colours as renders have them
const brush = { tool: "brush", colour: mode === "mask" ? "#ff2d87" : MATERIALS.Forest, opacity: 1, mirror: false,
  size: +root.dataset.size };
let undone = [], done = [], stroke = null, lastFrame = null, timer = null, lastSent = 0, ready = false;
let paper = null; // what `back` shows: a canvas that is never drawn on again, so that undo may share it
function composite() {
  const canvas = copy(back);
  canvas.getContext("2d").drawImage(ink, 0, 0);
  return canvas;
}

// ---- sending: at most one frame per SEND_EVERY_MS, the last one always, an unchanged one never
function frame() {
  const scale = Math.min(1, frameSide / Math.max(ink.width, ink.height));
  const out = blank(Math.max(1, Math.round(ink.width * scale)), Math.max(1, Math.round(ink.height * scale)));
  const ctx = out.getContext("2d");
  ctx.imageSmoothingQuality = "high";
  if (mode === "paint") ctx.drawImage(back, 0, 0, out.width, out.height);
  ctx.drawImage(ink, 0, 0, out.width, out.height);
  return out.toDataURL("image/png");
}
function send() {
  clearTimeout(timer);
  timer = null;
  lastSent = performance.now();
  const drawing = stroke !== null, now = frame();
  // What was sent while the pen was down is sent once more at pen up, to be finished in all its steps.
  if (now === lastFrame?.frame && (drawing || !lastFrame.drawing)) return;
  lastFrame = { frame: now, drawing };
  props.value = lastFrame;
  trigger("input");
}
function sendSoon() {
  if (timer === null) timer = setTimeout(send, Math.max(0, lastSent + SEND_EVERY_MS - performance.now()));
}

// ---- history
const state = () => ({ paper, ink: copy(ink), empty: root.classList.contains("lc-empty") });
function restore(was) {
  back.width = ink.width = was.paper.width;
  back.height = ink.height = was.paper.height;
  paper = was.paper;
  backCtx.drawImage(paper, 0, 0);
  if (was.ink) inkCtx.drawImage(was.ink, 0, 0);
  root.classList.toggle("lc-empty", was.empty);
}
function remember() {
  done.push(state());
  if (done.length > UNDO_DEPTH) done.shift();
  undone = [];
}
function swap(from, to) {
  if (!from.length || stroke) return;
  to.push(state());
  restore(from.pop());
  changed();
}
function changed() {
  act.undo.disabled = !done.length;
  act.redo.disabled = !undone.length;
  if (ready) send();
}
const act = Object.fromEntries([...root.querySelectorAll("[data-act]")].map((b) => [b.dataset.act, b]));
act.undo.onclick = () => swap(done, undone);
act.redo.onclick = () => swap(undone, done);
act.clear.onclick = () => {
  if (stroke) return;
  remember();
  restore(mode === "paint" ? { paper: sheet(SIDE, SIDE), empty: true } : { paper });
  changed();
};

// ---- the background
function sheet(width, height, picture) {
  const canvas = blank(width, height), ctx = canvas.getContext("2d");
  ctx.fillStyle = "#fff";
  ctx.fillRect(0, 0, width, height);
  if (picture) ctx.drawImage(picture, 0, 0, width, height);
  return canvas;
}
function reset(width, height, picture) {
  stroke = null;
  if (ready && mode === "paint") remember();
  else [done, undone] = [[], []]; // the picture beneath a mask or hints is the server's: it cannot come back here
  restore({ paper: sheet(width, height, picture), empty: !picture });
  changed();
  ready = true; // the picture that the page opens with is not news to the server
}
function load(url) {
  if (!url) return reset(SIDE, SIDE, null);
  const picture = new Image();
  picture.onload = () => {
    const scale = SIDE / Math.max(picture.naturalWidth, picture.naturalHeight);
    reset(Math.max(1, Math.round(picture.naturalWidth * scale)), Math.max(1, Math.round(picture.naturalHeight * scale)), picture);
  };
  picture.src = url;
}
watch("value", () => {
  if (!props.value?.frame) load(props.value?.background);
});

// ---- drawing with a mouse, a pen or a finger
function position(event) {
  const box = stage.getBoundingClientRect();
  // A pen's pressure widens the line; a mouse and a finger have none to speak of.
  const pressure = event.pointerType === "pen" && event.pressure > 0 ? 0.25 + 1.25 * event.pressure : 1;
  return [(event.clientX - box.left) * ink.width / box.width, (event.clientY - box.top) * ink.height / box.height, pressure];
}
function showRing([x, y]) {
  ring.style.left = 100 * x / ink.width + "%";
  ring.style.top = 100 * y / ink.height + "%";
  ring.style.width = 100 * brush.size / ink.width + "%";
}
function pick(at) {
  const [r, g, b] = composite().getContext("2d").getImageData(...pixelAt(ink, at), 1, 1).data;
  chooseColour("#" + [r, g, b].map((v) => v.toString(16).padStart(2, "0")).join(""));
  chooseTool("brush");
}
function penDown(at) {
  if (brush.tool === "pick") return pick(at);
  remember();
  root.classList.remove("lc-empty");
  if (brush.tool === "fill") {
    floodFill(ink, composite(), at, brush.colour, brush.opacity);
    return changed();
  }
  stroke = startStroke(ink, brush);
  penMove([at]);
}
function penMove(places) {
  places.forEach(stroke.add);
  stroke.lay();
  sendSoon();
}
function penUp() {
  stroke.end();
  stroke = null;
  changed();
}
stage.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  if (stroke) { // a second finger: the page is being pinched, not painted
    stroke.cancel();
    stroke = null;
    done.pop();
    return changed();
  }
  event.preventDefault();
  stage.focus({ preventScroll: true });
  penDown(position(event));
  if (stroke) stage.setPointerCapture(event.pointerId);
});
stage.addEventListener("pointermove", (event) => {
  showRing(position(event));
  if (!stroke || !stage.hasPointerCapture(event.pointerId)) return;
  const all = event.getCoalescedEvents?.() ?? [];
  penMove((all.length ? all : [event]).map(position));
});
for (const name of ["pointerup", "pointercancel"])
  stage.addEventListener(name, (event) => { if (stroke && stage.hasPointerCapture(event.pointerId)) penUp(); });

// ---- drawing with the keyboard: arrows move the brush, Space puts it down and lifts it
const hand = [SIDE / 2, SIDE / 2, 1];
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
function steer(event) {
  const by = ARROWS[event.key];
  if (by) {
    const far = event.shiftKey ? 32 : 8;
    hand[0] = Math.min(ink.width, Math.max(0, hand[0] + far * by[0]));
    hand[1] = Math.min(ink.height, Math.max(0, hand[1] + far * by[1]));
    showRing(hand);
    if (stroke) penMove([[...hand]]);
  } else if (event.key === " ") stroke ? penUp() : penDown([...hand]);
  else return false;
  return true;
}
stage.addEventListener("focus", () => showRing(hand));
stage.addEventListener("blur", () => { if (stroke) penUp(); });

// ---- the toolbar
const tools = [...root.querySelectorAll("[data-tool]")];
function chooseTool(name) {
  brush.tool = name;
  tools.forEach((b) => b.setAttribute("aria-pressed", b.dataset.tool === name));
}
tools.forEach((b) => { b.onclick = () => chooseTool(b.dataset.tool); });
const mirror = root.querySelector("[data-mirror]");
mirror.onclick = () => {
  brush.mirror = !brush.mirror;
  mirror.setAttribute("aria-pressed", brush.mirror);
  root.classList.toggle("lc-mirror", brush.mirror);
};
function chooseColour(colour) {
  brush.colour = custom.value = colour;
  swatches.forEach((b) => b.setAttribute("aria-pressed", b.dataset.colour === colour));
  if (brush.tool === "eraser") chooseTool("brush");
}
function swatch([name, colour]) {
  const b = document.createElement("button");
  Object.assign(b, { type: "button", ariaLabel: name, title: name, onclick: () => chooseColour(colour) });
  b.dataset.colour = colour;
  b.style.setProperty("--swatch", colour);
  return b;
}
const materials = Object.entries(MATERIALS).map(swatch), colours = Object.entries(COLOURS).map(swatch);
const swatches = [...materials, ...colours];
materials.forEach((b) => {
  const [r, g, blue] = [1, 3, 5].map((i) => parseInt(b.dataset.colour.slice(i, i + 2), 16));
  b.classList.toggle("lc-dark", 0.3 * r + 0.59 * g + 0.11 * blue < 115);
  b.append(b.title);
});
const custom = document.createElement("input");
Object.assign(custom, { type: "color", ariaLabel: "Any other colour", title: "Any other colour", oninput: () => chooseColour(custom.value) });
root.querySelector(".lc-materials").append(...materials);
root.querySelector(".lc-colours").append(...colours, custom);
if (mode !== "mask") chooseColour(brush.colour);

const size = root.querySelector("[data-set=size]"), opacity = root.querySelector("[data-set=opacity]");
size.oninput = () => { brush.size = +size.value; };
opacity.oninput = () => { brush.opacity = opacity.value / 100; };
function resize(factor) {
  size.value = brush.size * factor;
  brush.size = +size.value;
}
const KEYS = { b: () => chooseTool("brush"), e: () => chooseTool("eraser"), m: () => mirror.click(),
  "[": () => resize(0.8), "]": () => resize(1.25) };
if (mode !== "mask") Object.assign(KEYS, { g: () => chooseTool("fill"), i: () => chooseTool("pick") });
function undoOrRedo(key, shift) {
  const button = key === "y" || (key === "z" && shift) ? act.redo : key === "z" ? act.undo : null;
  button?.click();
  return button;
}
root.addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    if (!undoOrRedo(key, event.shiftKey)) return;
  } else if (event.altKey) return;
  else if (key === "delete" || key === "backspace") act.clear.click();
  else if (KEYS[key]) KEYS[key]();
  else if (event.target !== stage || !steer(event)) return;
  event.preventDefault();
});
// Undo works from anywhere on the tab but a field that has an undo of its own.
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || !root.offsetParent || root.contains(event.target)) return;
  if (event.target.closest("textarea, input:not([type=range], [type=checkbox], [type=radio])")) return;
  if (undoOrRedo(event.key.toLowerCase(), event.shiftKey)) event.preventDefault();
});

load(props.value?.background);
