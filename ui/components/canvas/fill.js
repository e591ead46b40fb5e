// Filling an area, up to and beneath the soft edges around it.

// The pixel of a canvas that a point lies in; on its right or lower edge, the last one.
function pixelAt({ width, height }, [x, y]) {
  return [Math.min(width - 1, Math.max(0, Math.floor(x))), Math.min(height - 1, Math.max(0, Math.floor(y)))];
}

// Flood `ink` with a colour from a point, as far as the `seen` picture looks alike.
function floodFill(ink, seen, at, colour, opacity) {
  const { width, height } = ink, look = seen.getContext("2d").getImageData(0, 0, width, height).data;
  const rgb = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
  const [atX, atY] = pixelAt(ink, at), first = atY * width + atX, old = look.slice(first * 4, first * 4 + 3);
  const off = (p) => Math.max(...[0, 1, 2].map((c) => Math.abs(look[p * 4 + c] - old[c])));
  const area = new Uint8Array(width * height), stack = [first];
  while (stack.length) {
    const p = stack.pop(), x = p % width;
    if (area[p] || off(p) >= 48) continue;
    area[p] = 1;
    if (x > 0) stack.push(p - 1);
    if (x < width - 1) stack.push(p + 1);
    if (p >= width) stack.push(p - width);
    if (p < width * (height - 1)) stack.push(p + width);
  }
  const around = (p) => [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => [p % width + dx, Math.floor(p / width) + dy]))
    .filter(([x, y]) => x >= 0 && x < width && y >= 0 && y < height).map(([x, y]) => y * width + x);
  const filled = blank(width, height), filledCtx = filled.getContext("2d"), layer = filledCtx.createImageData(width, height);
  const edge = new Set();
  area.forEach((inside, p) => {
    if (!inside) return;
    layer.data.set([...rgb, 255], p * 4);
    const x = p % width; // an edge only where a neighbour is outside
    if ((x > 0 && !area[p - 1]) || (x < width - 1 && !area[p + 1]) || area[p - width] === 0 || area[p + width] === 0)
      around(p).forEach((q) => { if (!area[q]) edge.add(q); });
  });
  // An antialiased edge is a mixture of what was here and what is beyond: the first gives way to the new colour.
  for (const p of edge) {
    const beyond = Math.max(...around(p).filter((q) => !area[q]).map(off)), left = 1 - off(p) / beyond;
    layer.data.set([...rgb.map((v, c) => look[p * 4 + c] + left * (v - old[c])), 255], p * 4);
  }
  filledCtx.putImageData(layer, 0, 0);
  const ctx = ink.getContext("2d");
  ctx.save();
  ctx.globalAlpha = opacity;
  ctx.drawImage(filled, 0, 0);
  ctx.restore();
}
