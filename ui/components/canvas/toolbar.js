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
function showBrush() { // after it was changed from elsewhere
  [size.value, opacity.value, kind.value] = [brush.size, 100 * brush.opacity, brush.kind];
  showColour(brush.colour);
}
