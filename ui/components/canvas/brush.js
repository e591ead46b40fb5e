// Strokes on a 2D context. A stroke is wet until the pen lifts: it is drawn opaque on a layer of its
// own and laid over the ink once a frame, so that opacity does not pile up where it crosses itself.
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
const rgbOf = (colour) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16)); // of "#rrggbb"

// Tips. `add` takes the points so far and gives the drawing of what the last of them adds; `end` that
// of what is left when the pen lifts. A drawing may be drawn twice, for the two halves of a mirror.
function roundTip(ctx, { size }) {
  const half = ([ax, ay], [bx, by]) => [(ax + bx) / 2, (ay + by) / 2];
  function path(pressure, draw) {
    ctx.lineWidth = size * pressure;
    ctx.beginPath();
    draw();
    ctx.stroke();
  }
  function dot([x, y, pressure]) {
    ctx.beginPath();
    ctx.arc(x, y, size * pressure / 2, 0, 2 * Math.PI);
    ctx.fill();
  }
  function straight(a, b, pressure) {
    path(pressure, () => { ctx.moveTo(a[0], a[1]); ctx.lineTo(b[0], b[1]); });
  }
  function rounded(a, b, c) { // from the middle of the segment before to the middle of this one
    path(b[2], () => { ctx.moveTo(...half(a, b)); ctx.quadraticCurveTo(b[0], b[1], ...half(b, c)); });
  }
  return {
    add(points) {
      const last = points.slice(-3);
      if (points.length > 2) return () => rounded(...last);
      if (points.length === 2) return () => straight(last[0], half(...last), last[1][2]);
      return () => dot(last[0]);
    },
    end(points) { // the last half segment, up to where the pen lifted
      const [a, b] = points.slice(-2);
      return () => { if (b) straight(half(a, b), b, b[2]); };
    },
  };
}
function flatTip(ctx, { size }) { // a chisel, held aslant
  ctx.lineWidth = size / 8;
  return {
    add(points) {
      const [a, b = a] = points.slice(-2);
      const [p, q] = [a, b].map((point) => point[2] * size / Math.SQRT2 / 2);
      return () => {
        ctx.beginPath();
        ctx.moveTo(a[0] - p, a[1] + p);
        for (const [x, y] of [[a[0] + p, a[1] - p], [b[0] + q, b[1] - q], [b[0] - q, b[1] + q]]) ctx.lineTo(x, y);
        ctx.closePath();
        ctx.fill();
        ctx.stroke();
      };
    },
    end: () => () => {},
  };
}
// Random numbers from 0 to 1, the same ones of the same seed: mulberry32.
function randomOf(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), seed | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
// Marks every `spacing` pixels of the way, each as `mark(place, random)` says; the same way, the same marks.
function scattered(spacing, mark) {
  let ahead = 0; // pixels to the next mark
  const random = randomOf(1);
  return {
    add(points) {
      const [a, b = a] = points.slice(-2), length = Math.hypot(b[0] - a[0], b[1] - a[1]), marks = [];
      for (; ahead <= length; ahead += spacing) {
        const t = ahead / (length || 1);
        marks.push(mark([a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]), b[2]], random));
      }
      ahead -= length;
      return () => marks.forEach((draw) => draw());
    },
    end: () => () => {},
  };
}
function disc(ctx, x, y, radius) {
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  ctx.fill();
}
function sprayTip(ctx, { size }) {
  const drop = Math.max(0.8, size / 40);
  return scattered(size / 8, ([x, y, pressure], random) => {
    const drops = Array.from({ length: 10 }, () => {
      const turn = 2 * Math.PI * random(), far = Math.sqrt(random()) * size * pressure / 2;
      return [x + far * Math.cos(turn), y + far * Math.sin(turn), drop * (0.6 + 0.8 * random())];
    });
    return () => drops.forEach((one) => disc(ctx, ...one));
  });
}
function cloudTip(ctx, { size, colour }) { // soft puffs
  return scattered(size / 8, ([x, y, pressure], random) => {
    const wide = size * pressure, radius = wide * (0.2 + 0.25 * random());
    const [cx, cy] = [x + wide * (random() - 0.5) / 2, y + wide * (random() - 0.5) / 2];
    const soft = ctx.createRadialGradient(cx, cy, 0, cx, cy, radius);
    soft.addColorStop(0, colour + "a0");
    soft.addColorStop(0.5, colour + "60");
    soft.addColorStop(1, colour + "00");
    return () => { ctx.fillStyle = soft; disc(ctx, cx, cy, radius); };
  });
}
// A tree where the pen is set down, more of them along its way: a crown as wide as the brush, with a shade, and a trunk
// below. Its shape is of its place, so that the same place has the same tree.
function treeTip(ctx, { size, colour }) {
  const shade = `rgb(${rgbOf(colour).map((value) => 0.6 * value)})`;
  return scattered(size, ([atX, atY, pressure]) => {
    const x = Math.round(atX), y = Math.round(atY), wide = size * pressure, random = randomOf(4096 * y + x);
    const turn = random(), lean = 0.2 * (random() - 0.5) * wide;
    const puffs = Array.from({ length: 6 }, (_, i) => {
      const angle = 2 * Math.PI * (turn + i / 6), far = (0.22 + 0.08 * random()) * wide;
      return [x + far * Math.cos(angle), y + far * Math.sin(angle), (0.17 + 0.06 * random()) * wide];
    });
    puffs.push([x, y, 0.28 * wide]);
    return () => {
      ctx.strokeStyle = ctx.fillStyle = shade;
      ctx.lineWidth = Math.max(1.5, 0.11 * wide);
      ctx.beginPath();
      ctx.moveTo(x, y);
      ctx.lineTo(x + lean, y + wide);
      ctx.stroke();
      puffs.forEach(([px, py, radius]) => disc(ctx, px + 0.05 * wide, py + 0.07 * wide, radius));
      ctx.fillStyle = colour;
      puffs.forEach((puff) => disc(ctx, ...puff));
    };
  });
}
const TIPS = { round: roundTip, flat: flatTip, spray: sprayTip, cloud: cloudTip, tree: treeTip };

// One stroke over `ink`; brush is {tool, kind, colour, opacity, size, mirror}. Points are [x, y, pressure].
function startStroke(ink, brush) {
  const { width, height } = ink, dry = copy(ink), wet = blank(width, height);
  const inkCtx = ink.getContext("2d"), ctx = wet.getContext("2d"), points = [];
  ctx.strokeStyle = ctx.fillStyle = brush.colour;
  ctx.lineCap = ctx.lineJoin = "round";
  const stamps = brush.tool === "eraser" && brush.kind === "tree"; // nobody erases by the tree
  const tip = TIPS[stamps ? "round" : brush.kind](ctx, brush);

  function mirrored(draw) {
    draw();
    if (!brush.mirror) return;
    ctx.setTransform(-1, 0, 0, 1, width, 0);
    draw();
    ctx.setTransform(1, 0, 0, 1, 0, 0);
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
      mirrored(tip.add(points));
    },
    lay,
    end() { // gives where the pen lifted
      mirrored(tip.end(points));
      lay();
      return points[points.length - 1];
    },
    cancel() {
      inkCtx.clearRect(0, 0, width, height);
      inkCtx.drawImage(dry, 0, 0);
    },
  };
}
