// What part of the sheet the stage shows: all of it, or up to MOST_ZOOM times as large.
const MOST_ZOOM = 8;

// `pinching()` is called when two fingers begin to; `label` is the button that says how large, and leads back.
function createView(stage, sheet, label, pinching) {
  let zoom = 1, x = 0, y = 0; // the sheet's upper left corner, in sides of the stage
  const fingers = new Map();
  let pinched = false;

  function show() {
    [x, y] = [x, y].map((v) => Math.min(0, Math.max(1 - zoom, v)));
    sheet.style.transform = zoom === 1 ? "" : `translate(${100 * x}%, ${100 * y}%) scale(${zoom})`;
    label.hidden = zoom === 1;
    label.textContent = `${zoom.toFixed(1)} ×`;
  }
  function place({ clientX, clientY }) { // of a pointer, in sides of the stage
    const box = stage.getBoundingClientRect();
    return [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
  }
  function zoomBy(factor, [px, py]) { // what lies at a place of the stage stays there
    const now = Math.min(MOST_ZOOM, Math.max(1, zoom * factor));
    x = px - (px - x) * now / zoom;
    y = py - (py - y) * now / zoom;
    zoom = now;
    show();
  }
  function panBy(dx, dy) {
    x += dx;
    y += dy;
    show();
  }
  function reset() {
    zoom = 1;
    show();
  }
  // Ctrl and the wheel, as which a trackpad's pinch arrives, zoom; the wheel alone moves what is zoomed.
  stage.addEventListener("wheel", (event) => {
    const zooms = event.ctrlKey || event.metaKey, unit = event.deltaMode ? 16 : 1;
    if (!zooms && zoom === 1) return;
    event.preventDefault();
    const box = stage.getBoundingClientRect();
    if (zooms) zoomBy(Math.exp(-Math.min(40, Math.max(-40, event.deltaY * unit)) / 100), place(event));
    else panBy(-event.deltaX * unit / box.width, -event.deltaY * unit / box.height);
  }, { passive: false });

  function grip() { // [middle, distance] of two fingers
    const [[ax, ay], [bx, by]] = fingers.values();
    return [[(ax + bx) / 2, (ay + by) / 2], Math.hypot(ax - bx, ay - by)];
  }
  stage.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch") return;
    fingers.set(event.pointerId, place(event));
    if (fingers.size !== 2) return;
    pinched = true;
    pinching();
  });
  stage.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    if (fingers.size !== 2) return fingers.set(event.pointerId, place(event));
    const [from, narrow] = grip();
    fingers.set(event.pointerId, place(event));
    const [to, wide] = grip();
    zoomBy(wide / narrow, from);
    panBy(to[0] - from[0], to[1] - from[1]);
  });
  for (const name of ["pointerup", "pointercancel"])
    stage.addEventListener(name, (event) => {
      fingers.delete(event.pointerId);
      if (!fingers.size) setTimeout(() => { pinched = false; }); // after whoever asks about this very event
    });
  label.addEventListener("pointerdown", (event) => event.stopPropagation());
  label.onclick = reset;
  return {
    get pinched() { return pinched; }, // until the last finger lifts
    reset,
    zoomAt: (factor, [px, py]) => zoomBy(factor, [x + px * zoom, y + py * zoom]), // a place of the sheet
    reveal([px, py]) { // move until a place of the sheet is seen
      for (const [at, by] of [[x + px * zoom, (d) => panBy(d, 0)], [y + py * zoom, (d) => panBy(0, d)]])
        if (at < 0 || at > 1) by(0.5 - at);
    },
  };
}
