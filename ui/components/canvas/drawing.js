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
function colourAt(canvas, at) {
  const [r, g, b] = canvas.getContext("2d").getImageData(...pixelAt(canvas, at), 1, 1).data;
  return "#" + [r, g, b].map((v) => v.toString(16).padStart(2, "0")).join("");
}
function penDown(at, straight = false) {
  note.hidden = true;
  if (brush.tool === "pick") {
    chooseColour(colourAt(seen(), at));
    return chooseTool("brush");
  }
  remember();
  show(onto);
  if (onto === "ink") root.classList.remove("lc-empty");
  if (brush.tool === "fill") {
    const own = onto === "ink" ? over(back, ink) : over(sketch), above = onto === "ink" && shows("sketch") ? sketch : null;
    floodFill(LAYERS[onto], { own, seen: seen(), above }, at, brush.colour, brush.opacity);
    return changed();
  }
  stroke = startStroke(LAYERS[onto], brush);
  penMove(straight && lifted ? [lifted, at] : [at]);
}
function penMove(places) {
  places.forEach(stroke.add);
  stroke.lay();
  if (onto === "ink") sendSoon();
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
