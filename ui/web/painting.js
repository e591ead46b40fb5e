// A painting or a sketch as a small picture for a link, base64 for addresses: a PNG of few colours. So many characters
// at most; and longer side and number of colours, the best first.
const PAINTING = { most: 4000, sizes: [[128, 64], [128, 16], [96, 32], [64, 64], [64, 16], [48, 8]] };
const LINES = { most: 2400, sizes: [[256, 8], [256, 2], [192, 4], [128, 4], [96, 2]] };
const OPAQUE = 96; // of 255; below, a pixel is left out

function scaled(layers, side) {
  const [{ width, height }] = layers, scale = side / Math.max(width, height), canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const ctx = canvas.getContext("2d");
  ctx.imageSmoothingQuality = "high";
  layers.forEach((layer) => ctx.drawImage(layer, 0, 0, canvas.width, canvas.height));
  return ctx.getImageData(0, 0, canvas.width, canvas.height);
}
// The commonest colours, no two of them nearly alike; flat colours stay exactly what they are.
function fewColours({ data }, most) {
  const counts = new Map(), chosen = [];
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] < OPAQUE) continue;
    const colour = (data[i] << 16) | (data[i + 1] << 8) | data[i + 2];
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const rgb = (colour) => [colour >> 16, (colour >> 8) & 255, colour & 255];
  const byCount = [...counts].sort((a, b) => b[1] - a[1]).map(([colour]) => rgb(colour));
  for (let apart = 48; apart >= 6 && chosen.length < most; apart /= 2)
    for (const colour of byCount) {
      if (chosen.length === most) break;
      if (chosen.every((other) => distance(colour, other) >= apart ** 2)) chosen.push(colour);
    }
  return chosen;
}
function distance(a, b) {
  return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2;
}
// One byte a pixel, 0 where there is none, each row after a filter byte of 0, as PNG has it.
function indexed({ data, width, height }, palette) {
  const rows = new Uint8Array((width + 1) * height), known = new Map();
  for (let p = 0; p < width * height; p++) {
    if (data[p * 4 + 3] < OPAQUE) continue;
    const colour = data.subarray(p * 4, p * 4 + 3), key = colour.join();
    if (!known.has(key)) {
      const far = palette.map((one) => distance(one, colour));
      known.set(key, 1 + far.indexOf(Math.min(...far)));
    }
    rows[p + 1 + Math.floor(p / width)] = known.get(key);
  }
  return rows;
}
function crc(bytes) {
  let c = ~0;
  for (const byte of bytes) {
    c ^= byte;
    for (let k = 0; k < 8; k++) c = (c >>> 1) ^ (c & 1 ? 0xedb88320 : 0);
  }
  return ~c >>> 0;
}
const big = (number) => [24, 16, 8, 0].map((shift) => (number >>> shift) & 255);
function chunk(name, bytes) {
  const body = [...name].map((letter) => letter.charCodeAt(0)).concat([...bytes]);
  return [...big(bytes.length), ...body, ...big(crc(body))];
}
async function deflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
async function png(pixels, colours) {
  const palette = fewColours(pixels, colours);
  return [
    137, 80, 78, 71, 13, 10, 26, 10,
    ...chunk("IHDR", [...big(pixels.width), ...big(pixels.height), 8, 3, 0, 0, 0]),
    ...chunk("PLTE", [255, 255, 255, ...palette.flat()]),
    ...chunk("tRNS", [0]), // the first of them is none
    ...chunk("IDAT", await deflated(indexed(pixels, palette))),
    ...chunk("IEND", []),
  ];
}
function isDrawnOn(layer) {
  return layer.getContext("2d").getImageData(0, 0, layer.width, layer.height).data.some((value) => value);
}
async function asLink(layers, { most, sizes } = PAINTING) {
  let text = "";
  for (const [side, colours] of sizes) {
    text = btoa(String.fromCharCode(...(await png(scaled(layers, side), colours))));
    if (text.length < most) break;
  }
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
