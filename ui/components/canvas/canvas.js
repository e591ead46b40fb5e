// Runs once per canvas with Gradio's (element, trigger, props, watch), after the other files here.
// `back` holds the picture, `ink` what was drawn on it, `sketch` lines above both. `props.value` leaves as {frame: data URL,
// drawing: whether the pen is down}; Python sets it to {background: data URL or null, at: when} to start anew,
// with `back` where the page has only come back to a picture that it had before.
// In mode "paint" picture and ink are the drawing: clearing takes both away, and undo brings both back.
const SIDE = 512, SEND_EVERY_MS = 70, KEEP_AFTER_MS = 300, NOTE_MS = 15_000, UNDO_DEPTH = 40;
const root = element.querySelector(".lc"), { mode, name } = root.dataset, frameSide = +root.dataset.send;
const [stage, sheetOf, ring, note] = ["stage", "sheet", "ring", "note"].map((part) => root.querySelector(`.lc-${part}`));
const [back, ink, sketch] = ["back", "ink", "sketch"].map((part) => root.querySelector(`.lc-${part}`));
const [backCtx, inkCtx, sketchCtx] = [back, ink, sketch].map((layer) => layer.getContext("2d", { willReadFrequently: true }));
const MATERIALS = JSON.parse(root.dataset.materials); // what is painted, by name; colours as renders have them
const brush = { tool: "brush", kind: "round", colour: mode === "mask" ? "#ff2d87" : MATERIALS.Forest, opacity: 1,
  mirror: false, size: +root.dataset.size };
let undone = [], done = [], stroke = null, lastFrame = null, timer = null, lastSent = 0, ready = false;
let opened = null; // the frame of what the page opens with, whose picture is there already
let paper = null; // what `back` shows: a canvas that is never drawn on again, so that undo may share it
let lifted = null; // where the pen last did: straight lines begin there

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
  if (now === (lastFrame?.frame ?? opened) && (drawing || !lastFrame?.drawing)) return false;
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
  restore({ paper: sheet(width, height, picture), sketch: shot(sketch), empty: !picture });
  view.reset();
  changed();
  ready = true; // the picture that the page opens with is not news to the server
}
async function decoded(url) {
  const picture = new Image();
  picture.src = url;
  await picture.decode();
  return picture;
}
async function load(url) {
  if (!url) return reset(SIDE, SIDE, null);
  const picture = await decoded(url);
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
