// Runs once per canvas with Gradio's (element, trigger, props, watch), after the other files here.
// Two layers: `back` holds the picture, `ink` what was drawn. `props.value` leaves as {frame: data URL,
// drawing: whether the pen is down}; Python sets it to {background: data URL or null, at: when} to start anew,
// with `back` where the page has only come back to a picture that it had before.
// In mode "paint" both are the drawing: clearing takes both away, and undo brings both back.
const SIDE = 512, SEND_EVERY_MS = 70, KEEP_AFTER_MS = 300, NOTE_MS = 15_000, UNDO_DEPTH = 40;
const root = element.querySelector(".lc"), { mode, name } = root.dataset, frameSide = +root.dataset.send;
const [stage, sheetOf, ring, note] = ["stage", "sheet", "ring", "note"].map((part) => root.querySelector(`.lc-${part}`));
const [back, ink] = ["back", "ink"].map((part) => root.querySelector(`.lc-${part}`));
const options = { willReadFrequently: true };
const backCtx = back.getContext("2d", options), inkCtx = ink.getContext("2d", options);
const MATERIALS = JSON.parse(root.dataset.materials); // what is painted, by name; colours as renders have them
const brush = { tool: "brush", kind: "round", colour: mode === "mask" ? "#ff2d87" : MATERIALS.Forest, opacity: 1,
  mirror: false, size: +root.dataset.size };
let undone = [], done = [], stroke = null, lastFrame = null, timer = null, lastSent = 0, ready = false;
let paper = null; // what `back` shows: a canvas that is never drawn on again, so that undo may share it
let lifted = null; // where the pen last did: straight lines begin there
function composite() {
  const canvas = copy(back);
  canvas.getContext("2d").drawImage(ink, 0, 0);
  return canvas;
}
const bare = () => root.classList.contains("lc-empty");

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
function post() { // say what is on the canvas; whether that is news
  const drawing = stroke !== null, now = frame();
  // What was sent while the pen was down is sent once more at pen up, to be finished in all its steps.
  if (now === lastFrame?.frame && (drawing || !lastFrame.drawing)) return false;
  lastFrame = { frame: now, drawing };
  props.value = lastFrame;
  return true;
}
function ask() { // for a picture of it; of bare paper there is none
  if (mode !== "paint" || !bare()) trigger("input");
}
function send() {
  clearTimeout(timer);
  timer = null;
  lastSent = performance.now();
  if (post()) ask();
}
function sendSoon() {
  if (timer === null) timer = setTimeout(send, Math.max(0, lastSent + SEND_EVERY_MS - performance.now()));
}

// ---- undo
const state = () => ({ paper, ink: copy(ink), empty: bare() });
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
  if (!ready) return;
  root.dataset.changed = "yes"; // a link is to carry it
  send();
  unkept ??= setTimeout(keep, KEEP_AFTER_MS);
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
  ctx.imageSmoothingQuality = "high";
  if (picture) ctx.drawImage(picture, 0, 0, width, height);
  return canvas;
}
function reset(width, height, picture) {
  stroke = lifted = null;
  note.hidden = true;
  if (ready && mode === "paint") remember();
  else [done, undone] = [[], []]; // the picture beneath a mask or hints is the server's: it cannot come back here
  restore({ paper: sheet(width, height, picture), empty: !picture });
  view.reset();
  changed();
  ready = true; // the picture that the page opens with is not news to the server
}
async function load(url) {
  if (!url) return reset(SIDE, SIDE, null);
  const picture = new Image();
  picture.src = url;
  await picture.decode();
  const scale = SIDE / Math.max(picture.naturalWidth, picture.naturalHeight);
  reset(Math.max(1, Math.round(picture.naturalWidth * scale)), Math.max(1, Math.round(picture.naturalHeight * scale)), picture);
}
const first = props.value?.at; // which Gradio may set once more after the canvas has begun
watch("value", async () => {
  const { frame, background, at, back } = props.value ?? {};
  if (frame) return;
  const had = await begun, known = at !== undefined && at === first;
  if (known || (back && had)) props.value = lastFrame ?? props.value; // what was drawn on it is here
  else await load(background);
});

// ---- keeping: what is on the canvas comes back with the page
let unkept = null, lost = false; // the timer of what is to be kept; whether that failed
async function keep() {
  if (unkept === null) return;
  clearTimeout(unkept);
  unkept = null;
  const [paper, drawn] = [backCtx, inkCtx].map((ctx) => ctx.getImageData(0, 0, ink.width, ink.height));
  lost = !(await kept.put(name, { paper, ink: drawn, empty: bare() }));
}
function unpacked(pixels) {
  const canvas = blank(pixels.width, pixels.height);
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  return canvas;
}
window.addEventListener("pagehide", keep);
document.addEventListener("visibilitychange", keep);
window.addEventListener("beforeunload", (event) => {
  keep();
  if (lost) event.preventDefault();
});
note.querySelector("button").onclick = kept.afresh;
note.addEventListener("pointerdown", (event) => event.stopPropagation());
// Open on what was kept, else on the painting that a link brings, else on the page's own. Whether something was kept.
async function begin() {
  const was = await kept.get(name), linked = mode === "paint" && /^#p=([\w-]+)$/.exec(location.hash);
  if (was) {
    restore({ paper: unpacked(was.paper), ink: unpacked(was.ink), empty: was.empty });
    ready = true;
    note.hidden = was.empty;
    setTimeout(() => { note.hidden = true; }, NOTE_MS);
  } else {
    const url = linked && "data:image/png;base64," + linked[1].replaceAll("-", "+").replaceAll("_", "/");
    if (!url || !(await load(url).then(() => true, () => false))) {
      if (url) tell("The painting in this link is damaged: the page opens without it.");
      await load(props.value?.background);
      return false;
    }
  }
  root.dataset.changed = "yes";
  post();
  kept.settled.then(ask); // under the settings that come with it
  return Boolean(was);
}

// ---- drawing with a mouse, a pen or a finger
const tell = (sentence) => window.dispatchEvent(new CustomEvent("onestroke-told", { detail: { sentence } }));
function position(event) {
  const box = ink.getBoundingClientRect();
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
function penDown(at, straight = false) {
  note.hidden = true;
  if (brush.tool === "pick") return pick(at);
  remember();
  root.classList.remove("lc-empty");
  if (brush.tool === "fill") {
    floodFill(ink, composite(), at, brush.colour, brush.opacity);
    return changed();
  }
  stroke = startStroke(ink, brush);
  penMove(straight && lifted ? [lifted, at] : [at]);
}
function penMove(places) {
  places.forEach(stroke.add);
  stroke.lay();
  sendSoon();
}
function penUp() {
  lifted = stroke.end();
  stroke = null;
  changed();
}
// Two fingers move the sheet: what the first of them drew was not meant.
const view = createView(stage, sheetOf, root.querySelector(".lc-zoom"), () => {
  if (!stroke) return;
  stroke.cancel();
  stroke = null;
  const { empty } = done.pop();
  root.classList.toggle("lc-empty", empty);
  changed();
});
stage.addEventListener("pointerdown", (event) => {
  if (event.button !== 0 || stroke || view.pinched) return;
  event.preventDefault();
  stage.focus({ preventScroll: true });
  penDown(position(event), event.shiftKey);
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
const inSheet = ([x, y]) => [x / ink.width, y / ink.height];
function steer(event) {
  const by = ARROWS[event.key];
  if (by) {
    const far = event.shiftKey ? 32 : 8;
    hand[0] = Math.min(ink.width, Math.max(0, hand[0] + far * by[0]));
    hand[1] = Math.min(ink.height, Math.max(0, hand[1] + far * by[1]));
    showRing(hand);
    view.reveal(inSheet(hand));
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
const showColour = layOutPalette(root, MATERIALS, chooseColour);
function chooseColour(colour) {
  brush.colour = colour;
  showColour(colour);
  if (brush.tool === "eraser") chooseTool("brush");
}
if (mode !== "mask") chooseColour(brush.colour);

const [size, opacity, kind] = ["size", "opacity", "kind"].map((what) => root.querySelector(`[data-set=${what}]`));
size.oninput = () => { brush.size = +size.value; };
opacity.oninput = () => { brush.opacity = opacity.value / 100; };
kind.onchange = () => { brush.kind = kind.value; };
