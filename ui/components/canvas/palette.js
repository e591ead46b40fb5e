// Beside the canvas: materials with their names, below them free colours, the last one any.
const COLOURS = { Black: "#1d1d1f", White: "#ffffff", Grey: "#8e8e93", Brown: "#7a4a2b", Red: "#d92d20", Orange: "#f97316",
  Yellow: "#facc15", "Leaf green": "#65a30d", Green: "#15803d", Blue: "#2563eb", Violet: "#7c3aed" };

// Lay it out; `choose(colour)` is called at a press. Gives what shows a colour as the chosen one.
function layOutPalette(root, materials, choose) {
  function swatch([name, colour]) {
    const b = document.createElement("button");
    Object.assign(b, { type: "button", ariaLabel: name, title: name, onclick: () => choose(colour) });
    b.dataset.colour = colour;
    b.style.setProperty("--swatch", colour);
    return b;
  }
  const named = Object.entries(materials).map(swatch), free = Object.entries(COLOURS).map(swatch);
  named.forEach((b) => {
    const [r, g, blue] = rgbOf(b.dataset.colour);
    b.classList.toggle("lc-dark", 0.3 * r + 0.59 * g + 0.11 * blue < 115);
    b.append(b.title);
  });
  const any = document.createElement("input");
  Object.assign(any, { type: "color", ariaLabel: "Any other colour", title: "Any other colour", oninput: () => choose(any.value) });
  root.querySelector(".lc-materials").append(...named);
  root.querySelector(".lc-colours").append(...free, any);
  return (colour) => {
    any.value = colour;
    [...named, ...free].forEach((b) => b.setAttribute("aria-pressed", b.dataset.colour === colour));
  };
}
