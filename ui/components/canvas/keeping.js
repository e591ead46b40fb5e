// ---- keeping: what is on the canvas comes back with the page
let unkept = null, lost = false; // the timer of what is to be kept; whether that failed
async function keep() {
  if (unkept === null) return;
  clearTimeout(unkept);
  unkept = null;
  const [paper, drawn, lines] = [backCtx, inkCtx, sketchCtx].map((ctx) => ctx.getImageData(0, 0, ink.width, ink.height));
  const hidden = Object.keys(LAYERS).filter((name) => !shows(name));
  lost = !(await kept.put(name, { paper, ink: drawn, sketch: lines, empty: bare(), hidden }));
}
function keepSoon() {
  unkept ??= setTimeout(keep, KEEP_AFTER_MS);
}
function unpacked(pixels) {
  const canvas = blank(pixels.width, pixels.height);
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  return canvas;
}
function keepBrush() { // that of the painting
  kept.put(`${name}/brush`, { ...brush, ...(onto === "ink" ? {} : BRUSHES.ink) });
}
async function takeUpBrush() {
  const { mirror: mirrored, ...was } = (await kept.get(`${name}/brush`)) ?? brush;
  Object.assign(brush, was);
  chooseTool(brush.tool);
  showBrush();
  if (mirrored) mirror.click();
}
for (const keeping of [keep, keepBrush]) {
  window.addEventListener("pagehide", keeping);
  document.addEventListener("visibilitychange", keeping);
}
window.addEventListener("beforeunload", (event) => {
  keep();
  if (lost) event.preventDefault();
});
note.querySelector("button").onclick = kept.afresh;
note.addEventListener("pointerdown", (event) => event.stopPropagation());
// The pictures in the address: {p: painting, s: sketch}, data URLs.
function linkedPictures() {
  const plain = (text) => "data:image/png;base64," + text.replaceAll("-", "+").replaceAll("_", "/");
  return Object.fromEntries([...new URLSearchParams(location.hash.slice(1))].map(([name, text]) => [name, plain(text)]));
}
async function trace(url) { // a picture of lines, onto the sketch
  const picture = await decoded(url);
  sketchCtx.drawImage(picture, 0, 0, sketch.width, sketch.height);
  shots.delete(sketch);
}
// Open on what was kept, else on the painting that a link brings, else on the page's own. Whether something was kept.
async function begin() {
  await takeUpBrush();
  const was = await kept.get(name), linked = mode === "paint" ? linkedPictures() : {};
  if (was) {
    const [paper, ink, sketch] = [was.paper, was.ink, was.sketch].map((pixels) => pixels && unpacked(pixels));
    restore({ paper, ink, sketch, empty: was.empty });
    was.hidden?.forEach((name) => show(name, false));
    ready = true;
    note.hidden = was.empty;
    setTimeout(() => { note.hidden = true; }, NOTE_MS);
  } else {
    const opens = (loading) => loading.then(() => true, () => tell("The painting in this link is damaged: the page opens without it."));
    const painted = linked.p && (await opens(load(linked.p)));
    if (!painted) await load(props.value?.background);
    const sketched = linked.s && (await opens(trace(linked.s)));
    if (!painted && !sketched) {
      opened = frame();
      return false;
    }
  }
  root.dataset.changed = "yes";
  post();
  kept.settled.then(ask); // under the settings that come with it
  return Boolean(was);
}
