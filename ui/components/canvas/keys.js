// Shortcuts, the last file of a canvas.
function resize(factor) {
  size.value = brush.size * factor;
  brush.size = +size.value;
}
const KEYS = { b: () => chooseTool("brush"), e: () => chooseTool("eraser"), m: () => mirror.click(),
  "[": () => resize(0.8), "]": () => resize(1.25), "0": view.reset, "-": () => view.zoomAt(0.8, inSheet(hand)),
  "+": () => view.zoomAt(1.25, inSheet(hand)), "=": () => view.zoomAt(1.25, inSheet(hand)) };
if (mode === "paint") KEYS.l = () => drawOn(onto === "ink" ? "sketch" : "ink");
if (mode !== "mask") {
  Object.assign(KEYS, { g: () => chooseTool("fill"), i: () => chooseTool("pick") });
  [...kind.options].forEach(({ value }, i) => { KEYS[i + 1] = () => { brush.kind = kind.value = value; }; });
}
function undoOrRedo(key, shift) {
  const button = key === "y" || (key === "z" && shift) ? act.redo : key === "z" ? act.undo : null;
  button?.click();
  return button;
}
root.addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    if (!undoOrRedo(key, event.shiftKey)) return;
  } else if (event.altKey || event.target === kind) return; // a menu is chosen from by typing
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

const begun = begin();
