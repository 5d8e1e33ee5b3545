// The unit sphere on a 2-D canvas: camera, layout, colours, ball, density and tails.
// `s` is the scene: size, ratio, layout, camera, colours and data. State and events live in sphere.js.

// Room for arrows in units of the radius: H (the longest) always points up on the screen, the others may not.
export const [REACH, REACH_DOWN] = [1.28, 1.18];
const LEVELS = 12; // steps of fading along a tail
export const TAU = 2 * Math.PI;

// ---- vectors and camera ---------------------------------------------------------------------------

export const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const scale = (a, s) => [a[0] * s, a[1] * s, a[2] * s];
export const add = (a, b) => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

/** Orthographic camera: unit vectors to the right, up and towards the viewer. */
export function camera(azimuth, elevation) {
  const [ca, sa, ce, se] = [Math.cos(azimuth), Math.sin(azimuth), Math.cos(elevation), Math.sin(elevation)];
  return { right: [-sa, ca, 0], up: [-se * ca, -se * sa, ce], front: [ce * ca, ce * sa, se] };
}

/** Screen position of a vector, and its depth (positive towards the viewer). */
export const project = (s, v) => ({
  x: s.cx + s.radius * dot(s.cam.right, v),
  y: s.cy - s.radius * dot(s.cam.up, v),
  depth: dot(s.cam.front, v),
});

// ---- layout ---------------------------------------------------------------------------------------

/**
 * Place the sphere and the legend so that they never overlap: the legend takes the lower left corner
 * where the corner is wide enough, and otherwise a strip of one or two lines below the sphere.
 */
export function layout(width, height) {
  const corner = { x: 10, y: height - 58, w: 140, h: 50, mode: "corner" };
  const free = place(width, height);
  const [dx, dy] = [free.cx - corner.x - corner.w, corner.y - free.cy];
  if (dx > 0 && Math.hypot(dx, dy) > 1.1 * free.radius) return { ...free, legend: corner };
  const strip = width < 340 ? 36 : 20;
  const legend = { x: 0, y: height - strip, w: width, h: strip, mode: strip > 20 ? "two" : "one" };
  return { ...place(width, height - strip), legend };
}

function place(width, height) {
  const radius = Math.max(8, Math.min((width / 2 - 3) / REACH, (height - 8) / (REACH + REACH_DOWN)));
  return { cx: width / 2, cy: height / 2 + (radius * (REACH - REACH_DOWN)) / 2, radius };
}

// ---- colours --------------------------------------------------------------------------------------

function toRgb(css) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const ctx = canvas.getContext("2d", { willReadFrequently: true });
  ctx.fillStyle = css;
  ctx.fillRect(0, 0, 1, 1);
  return [...ctx.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}

const linear = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
const gamma = (c) => 255 * (c <= 0.0031308 ? 12.92 * c : 1.055 * Math.max(c, 0) ** (1 / 2.4) - 0.055);

function toOklab(rgb) {
  const [r, g, b] = rgb.map(linear);
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function fromOklab([L, a, b]) {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map(gamma);
}

/** 256 colours from the ball's colour to the accent, straight in Oklab: equal steps look equal. */
export function ramp(low, high) {
  const [from, to] = [toOklab(toRgb(low)), toOklab(toRgb(high))];
  const words = new Uint32Array(256);
  const bytes = new Uint8ClampedArray(words.buffer);
  for (let i = 0; i < 256; i += 1) {
    bytes.set([...fromOklab(from.map((c, k) => c + ((to[k] - c) * i) / 255)), 255], 4 * i);
  }
  return words;
}

// ---- density --------------------------------------------------------------------------------------

/** Offsets and view coordinates of the pixels of a disc in a square of `size` pixels. */
function discPixels(size) {
  const half = size / 2;
  const offsets = [];
  const points = [];
  for (let j = 0; j < size; j += 1) {
    for (let i = 0; i < size; i += 1) {
      let [x, y] = [(i + 0.5 - half) / half, (half - j - 0.5) / half];
      const r2 = x * x + y * y;
      if (r2 > 1.04) continue; // a margin beyond the rim, which the clip cuts off without a seam
      if (r2 > 1) [x, y] = [x / Math.sqrt(r2), y / Math.sqrt(r2)];
      offsets.push(j * size + i);
      points.push(x, y, Math.sqrt(Math.max(0, 1 - r2)));
    }
  }
  return { size, offsets: Uint32Array.from(offsets), points: Float32Array.from(points) };
}

/** atan2 to 2e-4 rad, several times faster than Math.atan2; far below a pixel here. */
function fastAtan2(y, x) {
  const ax = Math.abs(x);
  const ay = Math.abs(y);
  const a = Math.min(ax, ay) / (Math.max(ax, ay) + 1e-30);
  const s = a * a;
  let r = ((-0.0464964749 * s + 0.15931422) * s - 0.327622764) * s * a + a;
  if (ay > ax) r = Math.PI / 2 - r;
  if (x < 0) r = Math.PI - r;
  return y < 0 ? -r : r;
}

/** Unpack the grid sent by Python and repeat its first column, so that interpolation never wraps. */
export function unpackGrid(density) {
  const [rows, columns] = density?.shape ?? [0, 0];
  const view = density?.values;
  if (!view || rows < 3 || columns < 3 || view.byteLength !== rows * columns) return null;
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const values = new Float32Array(rows * (columns + 1));
  for (let i = 0; i < rows; i += 1) {
    for (let j = 0; j <= columns; j += 1) values[i * (columns + 1) + j] = bytes[i * columns + (j % columns)];
  }
  return { rows, columns, values, top: density.top };
}

/** The density seen from the camera, painted pixel by pixel into a square canvas that is reused. */
export class DensityImage {
  constructor() {
    this.canvas = document.createElement("canvas");
  }

  paint(grid, cam, colours, wanted) {
    // The density is smooth on the scale of a grid cell: more pixels cost time and show nothing new.
    const size = Math.round(Math.min(288, Math.max(200, wanted)));
    if (this.pixels?.size !== size) {
      this.pixels = discPixels(size);
      this.canvas.width = this.canvas.height = size;
      this.context = this.canvas.getContext("2d");
      this.image = this.context.createImageData(size, size);
      this.words = new Uint32Array(this.image.data.buffer);
    }
    // The hot loop: plain scalars, for destructuring an array costs more here than the arithmetic.
    const { offsets, points } = this.pixels;
    const { rows, columns, values } = grid;
    const { right: r, up: u, front: f } = cam;
    const words = this.words;
    const table = colours.ramp;
    const stride = columns + 1;
    const perTheta = (rows - 1) / Math.PI;
    const perPhi = columns / TAU;
    const [r0, r1, u0, u1, u2, f0, f1, f2] = [r[0], r[1], ...u, ...f];
    for (let k = 0, q = 0; k < offsets.length; k += 1, q += 3) {
      const x = points[q];
      const y = points[q + 1];
      const z = points[q + 2];
      const nx = x * r0 + y * u0 + z * f0;
      const ny = x * r1 + y * u1 + z * f1;
      const nz = y * u2 + z * f2; // the camera's right stays level
      const t = fastAtan2(Math.sqrt(nx * nx + ny * ny), nz) * perTheta;
      let p = fastAtan2(ny, nx) * perPhi;
      if (p < 0) p += columns;
      const i = Math.min(t | 0, rows - 2);
      const j = Math.min(p | 0, columns - 1);
      const at = i * stride + j;
      const dp = p - j;
      const upper = values[at] + dp * (values[at + 1] - values[at]);
      const lower = values[at + stride] + dp * (values[at + stride + 1] - values[at + stride]);
      words[offsets[k]] = table[(upper + (t - i) * (lower - upper) + 0.5) | 0];
    }
    this.context.putImageData(this.image, 0, 0);
    return this.canvas;
  }
}

// ---- the still part: ball, density, graticule -----------------------------------------------------

function disc(ctx, s) {
  ctx.beginPath();
  ctx.arc(s.cx, s.cy, s.radius, 0, TAU);
}

/** The visible part of a closed curve on the sphere. */
function visibleCurve(ctx, s, curve) {
  ctx.beginPath();
  let down = false;
  for (let i = 0; i <= 96; i += 1) {
    const q = project(s, curve((i * TAU) / 96));
    if (q.depth < 0) down = false;
    else if (down) ctx.lineTo(q.x, q.y);
    else {
      ctx.moveTo(q.x, q.y);
      down = true;
    }
  }
  ctx.stroke();
}

export function paintBall(ctx, s, densityImage) {
  const { colours, cx, cy, radius } = s;
  ctx.save();
  disc(ctx, s);
  ctx.clip();
  ctx.fillStyle = colours.ball;
  ctx.fill();
  if (s.grid) {
    const image = densityImage.paint(s.grid, s.cam, colours, 2 * radius * s.ratio);
    ctx.drawImage(image, cx - radius, cy - radius, 2 * radius, 2 * radius);
  }
  const shade = ctx.createRadialGradient(cx - 0.35 * radius, cy - 0.45 * radius, 0, cx, cy, radius);
  shade.addColorStop(0, colours.shine);
  shade.addColorStop(0.45, "rgb(255 255 255 / 0%)"); // two clear stops: white must not blend into black
  shade.addColorStop(0.7, "rgb(0 0 0 / 0%)");
  shade.addColorStop(1, colours.shade);
  ctx.fillStyle = shade;
  ctx.fill();
  ctx.restore();

  ctx.strokeStyle = colours.ink;
  ctx.lineWidth = 1;
  ctx.globalAlpha = 0.16;
  visibleCurve(ctx, s, (t) => [Math.cos(t), Math.sin(t), 0]);
  ctx.globalAlpha = 0.09;
  for (let k = 0; k < 4; k += 1) {
    const e = [Math.cos((k * Math.PI) / 4), Math.sin((k * Math.PI) / 4), 0];
    visibleCurve(ctx, s, (t) => [e[0] * Math.cos(t), e[1] * Math.cos(t), Math.sin(t)]);
  }
  ctx.globalAlpha = 0.4;
  disc(ctx, s);
  ctx.stroke();
  ctx.globalAlpha = 1;
}

// ---- tails ----------------------------------------------------------------------------------------

/** Screen path of tail `k`: per level of fading one path in front and one behind the sphere. */
export function tailPaths(s, tails, k) {
  const { capacity, data, count, head } = tails;
  const { right: r, up: u, front: f } = s.cam;
  const levels = Array.from({ length: LEVELS }, () => ({ front: new Path2D(), back: new Path2D() }));
  let [px, py, pd, pen] = [NaN, NaN, NaN, null];
  let last = null;
  for (let i = 0; i < count; i += 1) {
    const at = 3 * (k * capacity + ((head - count + i + capacity) % capacity));
    const a = data[at];
    const b = data[at + 1];
    const c = data[at + 2];
    const x = s.cx + s.radius * (r[0] * a + r[1] * b);
    const y = s.cy - s.radius * (u[0] * a + u[1] * b + u[2] * c);
    const depth = f[0] * a + f[1] * b + f[2] * c;
    if (!Number.isFinite(x + y + depth)) {
      px = NaN; // a gap: the next point starts a new piece
      continue;
    }
    if (Number.isFinite(px)) {
      const level = levels[Math.floor((LEVELS * (capacity - count + i)) / capacity)];
      const path = depth + pd >= 0 ? level.front : level.back;
      if (path !== pen) path.moveTo(px, py);
      path.lineTo(x, y);
      pen = path;
    } else pen = null;
    px = x;
    py = y;
    pd = depth;
    last = { x, y, depth };
  }
  return { levels, last };
}

export function strokeTails(ctx, s, paths, side) {
  const front = side === "front";
  ctx.lineJoin = ctx.lineCap = "round";
  paths.forEach(({ levels }, k) => {
    if (front) {
      // A thin casing in the ball's colour lifts the line off a density of similar lightness.
      const casing = new Path2D();
      levels.slice(LEVELS / 2).forEach((level) => casing.addPath(level.front));
      ctx.strokeStyle = s.colours.ball;
      ctx.globalAlpha = 0.5;
      ctx.lineWidth = 3.2;
      ctx.stroke(casing);
    }
    ctx.strokeStyle = s.colours.tails[k % s.colours.tails.length];
    ctx.lineWidth = front ? 1.6 : 1;
    ctx.setLineDash(front ? [] : [2, 3]);
    levels.forEach((level, i) => {
      const fresh = (i + 1) / LEVELS;
      ctx.globalAlpha = front ? 0.1 + 0.9 * fresh ** 1.4 : 0.08 + 0.42 * fresh;
      ctx.stroke(level[side]);
    });
  });
  ctx.setLineDash([]);
  ctx.globalAlpha = 1;
}

export function paintHeads(ctx, s, paths) {
  const size = Math.min(4.5, Math.max(3, 0.036 * s.radius));
  paths.forEach(({ last }, k) => {
    if (!last) return;
    const colour = s.colours.tails[k % s.colours.tails.length];
    const front = last.depth >= 0;
    ctx.beginPath();
    ctx.arc(last.x, last.y, front ? size : 0.7 * size, 0, TAU);
    ctx.fillStyle = front ? colour : s.colours.ball;
    ctx.strokeStyle = front ? s.colours.surface : colour;
    ctx.globalAlpha = front ? 1 : 0.6;
    ctx.lineWidth = 1.5;
    ctx.fill();
    ctx.stroke();
  });
  ctx.globalAlpha = 1;
}
