// Runs once per canvas with Gradio's (element, trigger, props, watch).
// Two layers: `back` holds the picture, `ink` what was drawn. `props.value` leaves as the data URL
// of a frame; Python sets it to {background: data URL or null} to start from another picture.
const PALETTE = ["#1d1d1f", "#ffffff", "#8e8e93", "#7a4a2b", "#d92d20", "#f97316", "#facc15", "#f6c99f",
  "#65a30d", "#15803d", "#22b8cf", "#2563eb", "#1e3a8a", "#7c3aed", "#ec4899"];
const SIDE = 512, SEND_EVERY_MS = 80, UNDO_DEPTH = 30;
const root = element.querySelector(".lc"), mode = props.mode;
const stage = root.querySelector(".lc-stage");
const back = root.querySelector(".lc-back"), ink = root.querySelector(".lc-ink");
const options = { willReadFrequently: true };
const backCtx = back.getContext("2d", options), inkCtx = ink.getContext("2d", options);
const brush = { tool: "brush", colour: mode === "mask" ? "#ff2d87" : PALETTE[0], opacity: 1, size: +props.size };
let undone = [], done = [], points = [], base = null;
let lastFrame = null, timer = null, lastSent = 0, ready = false;

function blank(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}
function copy(canvas) {
  const other = blank(canvas.width, canvas.height);
  other.getContext("2d").drawImage(canvas, 0, 0);
  return other;
}
function showInk(picture) {
  inkCtx.clearRect(0, 0, ink.width, ink.height);
  if (picture) inkCtx.drawImage(picture, 0, 0);
}
function composite() {
  const canvas = copy(back);
  canvas.getContext("2d").drawImage(ink, 0, 0);
  return canvas;
}

// ---- sending: at most one frame per SEND_EVERY_MS, the last one always, an unchanged one never
function frame() {
  const scale = Math.min(1, props.send / Math.max(ink.width, ink.height));
  const out = blank(Math.max(1, Math.round(ink.width * scale)), Math.max(1, Math.round(ink.height * scale)));
  const ctx = out.getContext("2d");
  ctx.imageSmoothingQuality = "high";
  ctx.drawImage(mode === "paint" ? composite() : ink, 0, 0, out.width, out.height);
  return out.toDataURL("image/png");
}
function send() {
  clearTimeout(timer);
  timer = null;
  lastSent = performance.now();
  const now = frame();
  if (now === lastFrame) return;
  lastFrame = now;
  props.value = now;
  trigger("input");
}
function sendSoon() {
  if (timer === null) timer = setTimeout(send, Math.max(0, lastSent + SEND_EVERY_MS - performance.now()));
}

// ---- history
function remember() {
  done.push(copy(ink));
  if (done.length > UNDO_DEPTH) done.shift();
  undone = [];
}
function swap(from, to) {
  if (!from.length) return;
  to.push(copy(ink));
  showInk(from.pop());
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
act.clear.onclick = () => { remember(); showInk(null); changed(); };

// ---- the background
function reset(width, height, picture) {
  back.width = ink.width = width;
  back.height = ink.height = height;
  backCtx.fillStyle = "#fff";
  backCtx.fillRect(0, 0, width, height);
  if (picture) backCtx.drawImage(picture, 0, 0, width, height);
  done = [];
  undone = [];
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
  if (typeof props.value === "object") load(props.value?.background);
});

// ---- drawing
function position(event) {
  const box = stage.getBoundingClientRect();
  return [(event.clientX - box.left) * ink.width / box.width, (event.clientY - box.top) * ink.height / box.height];
}
function drawStroke() {
  // The whole stroke is drawn again from `base`, so that opacity does not pile up where it overlaps itself.
  showInk(base);
  inkCtx.save();
  inkCtx.globalCompositeOperation = brush.tool === "eraser" ? "destination-out" : "source-over";
  inkCtx.globalAlpha = brush.opacity;
  inkCtx.strokeStyle = brush.colour;
  inkCtx.lineWidth = brush.size;
  inkCtx.lineCap = inkCtx.lineJoin = "round";
  inkCtx.beginPath();
  inkCtx.moveTo(...points[0]);
  for (let i = 1; i < points.length - 1; i++) {
    const [[x, y], [nextX, nextY]] = [points[i], points[i + 1]];
    inkCtx.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
  }
  inkCtx.lineTo(...points[points.length - 1]);
  inkCtx.stroke();
  inkCtx.restore();
}
function fill([atX, atY]) {
  const { width, height } = ink, seen = composite().getContext("2d").getImageData(0, 0, width, height).data;
  const layer = inkCtx.getImageData(0, 0, width, height), data = layer.data;
  const rgb = [1, 3, 5].map((i) => parseInt(brush.colour.slice(i, i + 2), 16));
  const start = (Math.floor(atY) * width + Math.floor(atX)) * 4, visited = new Uint8Array(width * height);
  const like = (p) => !visited[p] && [0, 1, 2].every((c) => Math.abs(seen[p * 4 + c] - seen[start + c]) < 48);
  const stack = [start / 4];
  while (stack.length) {
    const p = stack.pop(), x = p % width;
    if (!like(p)) continue;
    visited[p] = 1;
    data.set([...rgb, Math.round(255 * brush.opacity)], p * 4);
    if (x > 0) stack.push(p - 1);
    if (x < width - 1) stack.push(p + 1);
    if (p >= width) stack.push(p - width);
    if (p < width * (height - 1)) stack.push(p + width);
  }
  inkCtx.putImageData(layer, 0, 0);
}
function pick([x, y]) {
  const [r, g, b] = composite().getContext("2d").getImageData(Math.floor(x), Math.floor(y), 1, 1).data;
  chooseColour("#" + [r, g, b].map((v) => v.toString(16).padStart(2, "0")).join(""));
  chooseTool("brush");
}
stage.addEventListener("pointerdown", (event) => {
  if (event.button !== 0 || points.length) return;
  event.preventDefault();
  root.focus({ preventScroll: true });
  const at = position(event);
  if (brush.tool === "pick") return pick(at);
  remember();
  if (brush.tool === "fill") { fill(at); return changed(); }
  stage.setPointerCapture(event.pointerId);
  base = copy(ink);
  points = [at];
  drawStroke();
  sendSoon();
});
stage.addEventListener("pointermove", (event) => {
  if (!points.length || !stage.hasPointerCapture(event.pointerId)) return;
  for (const e of event.getCoalescedEvents?.() ?? [event]) points.push(position(e));
  drawStroke();
  sendSoon();
});
function penUp(event) {
  if (!points.length || !stage.hasPointerCapture(event.pointerId)) return;
  points = [];
  base = null;
  changed();
}
stage.addEventListener("pointerup", penUp);
stage.addEventListener("pointercancel", penUp);

// ---- the toolbar
const tools = [...root.querySelectorAll("[data-tool]")], palette = root.querySelector(".lc-palette");
function chooseTool(name) {
  brush.tool = name;
  tools.forEach((b) => b.setAttribute("aria-pressed", b.dataset.tool === name));
}
tools.forEach((b) => { b.onclick = () => chooseTool(b.dataset.tool); });
function chooseColour(colour) {
  brush.colour = custom.value = colour;
  swatches.forEach((b) => b.setAttribute("aria-pressed", b.dataset.colour === colour));
  if (brush.tool === "eraser") chooseTool("brush");
}
const swatches = PALETTE.map((colour) => {
  const b = document.createElement("button");
  Object.assign(b, { type: "button", ariaLabel: "Colour " + colour, onclick: () => chooseColour(colour) });
  b.dataset.colour = colour;
  b.style.setProperty("--swatch", colour);
  return b;
});
const custom = document.createElement("input");
Object.assign(custom, { type: "color", ariaLabel: "Any other colour", oninput: () => chooseColour(custom.value) });
palette.append(...swatches, custom);
if (mode !== "mask") chooseColour(brush.colour);

const size = root.querySelector("[data-set=size]"), opacity = root.querySelector("[data-set=opacity]");
size.oninput = () => { brush.size = +size.value; };
opacity.oninput = () => { brush.opacity = opacity.value / 100; };
function resize(factor) {
  size.value = brush.size * factor;
  brush.size = +size.value;
}
const KEYS = { b: () => chooseTool("brush"), e: () => chooseTool("eraser"), "[": () => resize(0.8), "]": () => resize(1.25) };
if (mode !== "mask") Object.assign(KEYS, { g: () => chooseTool("fill"), i: () => chooseTool("pick") });
root.addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase();
  if ((event.ctrlKey || event.metaKey) && key === "z") (event.shiftKey ? act.redo : act.undo).click();
  else if (KEYS[key] && !event.ctrlKey && !event.metaKey && !event.altKey) KEYS[key]();
  else return;
  event.preventDefault();
});

load(props.value?.background);
