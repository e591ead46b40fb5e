// Strokes and fills on a 2D context. A stroke is wet until the pen lifts: it is drawn opaque on a layer
// of its own and laid over the ink once a frame, so that opacity does not pile up where it crosses itself.
function blank(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}
function copy(canvas) {
  const other = blank(canvas.width, canvas.height);
  other.getContext("2d").drawImage(canvas, 0, 0);
  return other;
}

// One stroke over `ink`; brush is {tool, colour, opacity, size, mirror}. Points are [x, y, pressure].
function startStroke(ink, brush) {
  const { width, height } = ink, dry = copy(ink), wet = blank(width, height);
  const inkCtx = ink.getContext("2d"), ctx = wet.getContext("2d"), points = [];
  ctx.strokeStyle = ctx.fillStyle = brush.colour;
  ctx.lineCap = ctx.lineJoin = "round";

  function mirrored(draw) {
    draw();
    if (!brush.mirror) return;
    ctx.setTransform(-1, 0, 0, 1, width, 0);
    draw();
    ctx.setTransform(1, 0, 0, 1, 0, 0);
  }
  const half = ([ax, ay], [bx, by]) => [(ax + bx) / 2, (ay + by) / 2];
  function segment() { // from the middle of the segment before to the middle of this one, rounding the corner
    const [a, b, c] = points.slice(-3);
    ctx.lineWidth = brush.size * b[2];
    ctx.beginPath();
    ctx.moveTo(...half(a, b));
    ctx.quadraticCurveTo(b[0], b[1], ...half(b, c));
    ctx.stroke();
  }
  function dot([x, y, pressure]) {
    ctx.beginPath();
    ctx.arc(x, y, brush.size * pressure / 2, 0, 2 * Math.PI);
    ctx.fill();
  }
  function straight([ax, ay], [bx, by, pressure]) {
    ctx.lineWidth = brush.size * pressure;
    ctx.beginPath();
    ctx.moveTo(ax, ay);
    ctx.lineTo(bx, by);
    ctx.stroke();
  }
  function lay() {
    inkCtx.clearRect(0, 0, width, height);
    inkCtx.drawImage(dry, 0, 0);
    inkCtx.save();
    inkCtx.globalAlpha = brush.opacity;
    if (brush.tool === "eraser") inkCtx.globalCompositeOperation = "destination-out";
    inkCtx.drawImage(wet, 0, 0);
    inkCtx.restore();
  }
  return {
    add(point) {
      points.push(point);
      if (points.length === 1) mirrored(() => dot(point));
      else if (points.length === 2) mirrored(() => straight(points[0], half(...points).concat(point[2])));
      else mirrored(segment);
    },
    lay,
    end() { // the last half segment, up to where the pen lifted
      if (points.length > 1) mirrored(() => straight(half(...points.slice(-2)), points[points.length - 1]));
      lay();
    },
    cancel() {
      inkCtx.clearRect(0, 0, width, height);
      inkCtx.drawImage(dry, 0, 0);
    },
  };
}

// The pixel of a canvas that a point lies in; on its right or lower edge, the last one.
function pixelAt({ width, height }, [x, y]) {
  return [Math.min(width - 1, Math.max(0, Math.floor(x))), Math.min(height - 1, Math.max(0, Math.floor(y)))];
}

// Flood `ink` with a colour from a point, as far as the `seen` picture looks alike.
function floodFill(ink, seen, at, colour, opacity) {
  const { width, height } = ink, ctx = ink.getContext("2d");
  const look = seen.getContext("2d").getImageData(0, 0, width, height).data;
  const rgb = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
  const [atX, atY] = pixelAt(ink, at), start = atY * width + atX, visited = new Uint8Array(width * height);
  const like = (p) => !visited[p] && [0, 1, 2].every((c) => Math.abs(look[p * 4 + c] - look[start * 4 + c]) < 48);
  const stack = [start], area = blank(width, height), areaCtx = area.getContext("2d");
  const layer = areaCtx.createImageData(width, height);
  while (stack.length) {
    const p = stack.pop(), x = p % width;
    if (!like(p)) continue;
    visited[p] = 1;
    layer.data.set([...rgb, 255], p * 4);
    if (x > 0) stack.push(p - 1);
    if (x < width - 1) stack.push(p + 1);
    if (p >= width) stack.push(p - width);
    if (p < width * (height - 1)) stack.push(p + width);
  }
  areaCtx.putImageData(layer, 0, 0);
  ctx.save();
  ctx.globalAlpha = opacity;
  ctx.drawImage(area, 0, 0);
  ctx.restore();
}
