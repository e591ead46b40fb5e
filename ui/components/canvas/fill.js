// Filling an area, up to and beneath the soft edges around it.
const BENEATH = 8; // pixels that a fill goes on beneath the lines of a layer above

// The pixel of a canvas that a point lies in; on its right or lower edge, the last one.
function pixelAt({ width, height }, [x, y]) {
  return [Math.min(width - 1, Math.max(0, Math.floor(x))), Math.min(height - 1, Math.max(0, Math.floor(y)))];
}

// Flood `layer` with a colour from a point, as far as the `seen` picture looks alike. `own` is the layer on what lies
// beneath it, `above` what lies above it or null: what is filled on both sides of a line there meets beneath it.
function floodFill(layer, { own, seen, above }, at, colour, opacity) {
  const { width, height } = layer, pixels = (canvas) => canvas.getContext("2d").getImageData(0, 0, width, height).data;
  const rgb = rgbOf(colour);
  const [atX, atY] = pixelAt(layer, at), first = atY * width + atX;
  function unlike(look) { // how far a pixel's colour is from that of the first
    const old = look.slice(first * 4, first * 4 + 3);
    return (p) => Math.max(...[0, 1, 2].map((c) => Math.abs(look[p * 4 + c] - old[c])));
  }
  const area = new Uint8Array(width * height), inside = [];
  function flood(from, may) { // from neighbour to neighbour, a ring at a time; gives the next ring
    const ring = [];
    for (const p of from) {
      const x = p % width;
      for (const q of [x > 0 ? p - 1 : -1, x < width - 1 ? p + 1 : -1, p - width, p + width])
        if (area[q] === 0 && may(q)) { area[q] = 1; ring.push(q); inside.push(q); }
    }
    return ring;
  }
  const off = unlike(pixels(seen));
  area[first] = 1;
  inside.push(first);
  for (let ring = [first]; ring.length;) ring = flood(ring, (p) => off(p) < 48);
  if (above) {
    const lines = pixels(above);
    for (let ring = [...inside], step = 0; step < BENEATH; step++) ring = flood(ring, (p) => lines[p * 4 + 3] > 0);
  }

  const around = (p) => [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => [p % width + dx, Math.floor(p / width) + dy]))
    .filter(([x, y]) => x >= 0 && x < width && y >= 0 && y < height).map(([x, y]) => y * width + x);
  const filled = blank(width, height), filledCtx = filled.getContext("2d"), fresh = filledCtx.createImageData(width, height);
  const edge = new Set();
  for (const p of inside) {
    fresh.data.set([...rgb, 255], p * 4);
    const x = p % width; // an edge only where a neighbour is outside
    if ((x > 0 && !area[p - 1]) || (x < width - 1 && !area[p + 1]) || area[p - width] === 0 || area[p + width] === 0)
      around(p).forEach((q) => { if (!area[q]) edge.add(q); });
  }
  // An antialiased edge is a mixture of what was here and what is beyond: the first gives way to the new colour.
  const look = pixels(own), old = look.slice(first * 4, first * 4 + 3), offOwn = unlike(look);
  for (const p of edge) {
    const beyond = Math.max(...around(p).filter((q) => !area[q]).map(offOwn));
    if (!beyond) continue; // the edge is another layer's
    const left = 1 - offOwn(p) / beyond;
    fresh.data.set([...rgb.map((v, c) => look[p * 4 + c] + left * (v - old[c])), 255], p * 4);
  }
  filledCtx.putImageData(fresh, 0, 0);
  const ctx = layer.getContext("2d");
  ctx.save();
  ctx.globalAlpha = opacity;
  ctx.drawImage(filled, 0, 0);
  ctx.restore();
}
