// What is drawn over the sphere: arrows with labels, the sense of precession, notes and the legend.

import { REACH, TAU, add, cross, dot, project, scale } from "./sphere_paint.js";

// Lengths differ only so that arrows along one line (theta = 0) show three heads; they encode nothing.
const ARROWS = [
  { key: "field", text: "H", length: REACH },
  { key: "damping", text: "H\u2032", length: 1.18 },
  { key: "torque", text: "P", length: 1.08 },
];
const RING = { polar: 0.34, radius: 1.13, start: -3.9, end: 0.8 };

// ---- arrows ---------------------------------------------------------------------------------------

/** The arrows to draw, longest first so that a shorter one along the same line stays visible. */
export function arrowsOf(s) {
  return ARROWS.filter(({ key }) => s.vectors[key]).map((arrow) => {
    const direction = s.vectors[arrow.key];
    const tip = project(s, scale(direction, arrow.length));
    const flat = Math.hypot(tip.x - s.cx, tip.y - s.cy) / (s.radius * arrow.length);
    return { ...arrow, direction, tip, flat, colour: s.colours[arrow.key] };
  });
}

function line(ctx, a, b) {
  ctx.beginPath();
  ctx.moveTo(a.x, a.y);
  ctx.lineTo(b.x, b.y);
  ctx.stroke();
}

/** A filled arrowhead ending at `tip`, `slim` its half width over its length. */
function wedge(ctx, tip, angle, length, slim) {
  const [c, d] = [length * Math.cos(angle), length * Math.sin(angle)];
  ctx.beginPath();
  for (const [along, across] of [[0, 0], [-1, slim], [-0.8, 0], [-1, -slim]]) {
    ctx.lineTo(tip.x + along * c - across * d, tip.y + along * d + across * c);
  }
  ctx.fill();
}

const headLength = (s) => Math.min(13, Math.max(7, 0.1 * s.radius));

/** A head at the tip; seen along its axis it becomes the usual dot (towards) or cross (away). */
function paintHead(ctx, s, arrow) {
  const { tip, flat } = arrow;
  const size = headLength(s);
  ctx.fillStyle = ctx.strokeStyle = arrow.colour;
  if (flat < 0.16) {
    const r = 0.5 * size;
    ctx.beginPath();
    ctx.lineWidth = 1.6;
    ctx.arc(tip.x, tip.y, r, 0, TAU);
    ctx.stroke();
    ctx.beginPath();
    if (tip.depth > 0) ctx.arc(tip.x, tip.y, 1.8, 0, TAU);
    else {
      for (const d of [-1, 1]) {
        ctx.moveTo(tip.x - 0.7 * r, tip.y - 0.7 * d * r);
        ctx.lineTo(tip.x + 0.7 * r, tip.y + 0.7 * d * r);
      }
    }
    ctx.stroke();
    ctx.fill();
  } else {
    const angle = Math.atan2(tip.y - s.cy, tip.x - s.cx);
    const long = size * (0.55 + 0.45 * flat); // mild foreshortening keeps the head legible
    wedge(ctx, tip, angle, long, (0.42 * size) / long);
  }
}

/** Shaft inside the glass ball faint, outside it full; behind the ball dashed. */
function paintArrow(ctx, s, arrow) {
  const { direction, length, flat, tip } = arrow;
  const behind = tip.depth < 0;
  // From here on the shaft is not covered by the ball: its surface, or the rim when it points away.
  const exit = behind ? Math.min(length, 1 / Math.max(flat, 1e-6)) : 1;
  const hidden = exit >= length;
  const neck = length - (flat < 0.16 ? 0 : (0.7 * headLength(s)) / (s.radius * Math.max(flat, 0.16)));
  const at = (r) => project(s, scale(direction, r));
  ctx.strokeStyle = arrow.colour;
  ctx.lineCap = "butt";
  ctx.lineWidth = 2;
  ctx.globalAlpha = behind ? 0.35 : 0.5;
  ctx.setLineDash(behind ? [3, 3] : []);
  line(ctx, at(0), at(Math.min(exit, neck)));
  ctx.setLineDash([]);
  ctx.globalAlpha = hidden ? 0.45 : 1;
  if (!hidden) {
    ctx.lineWidth = 2.6;
    if (neck > exit) line(ctx, at(exit), at(neck));
  }
  paintHead(ctx, s, arrow);
  ctx.globalAlpha = 1;
}

export function paintArrows(ctx, s, arrows, behind) {
  arrows.filter(({ tip }) => tip.depth < 0 === behind).forEach((arrow) => paintArrow(ctx, s, arrow));
}

// ---- labels ---------------------------------------------------------------------------------------

const overlap = (a, b) =>
  Math.max(0, Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x)) *
  Math.max(0, Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y));

const around = (x, y, w, h) => ({ x: x - w / 2, y: y - h / 2, w, h });

/**
 * Find a box for each label next to its arrowhead: of a fan of candidates the one that covers the least
 * of the other labels, heads and shafts and stays inside the canvas.
 */
export function placeLabels(s, arrows, widths, taken) {
  const size = headLength(s);
  const heads = arrows.map(({ tip }) => around(tip.x, tip.y, 1.5 * size, 1.5 * size));
  const shafts = arrows.flatMap(({ direction, length }) =>
    [0.2, 0.35, 0.5, 0.65, 0.8, 0.95].map((part) => {
      const q = project(s, scale(direction, part * length));
      return around(q.x, q.y, 8, 8);
    }),
  );
  const boxes = [];
  arrows.forEach(({ tip, flat }, i) => {
    const outward = flat < 0.05 ? -Math.PI / 2 : Math.atan2(tip.y - s.cy, tip.x - s.cx);
    let best = null;
    for (const turn of [0, 0.6, -0.6, 1.2, -1.2, 1.8, -1.8, 2.4, -2.4, Math.PI]) {
      for (const distance of [size + 4, size + 13]) {
        const [w, h] = [widths[i] + 4, 17];
        const angle = outward + turn;
        const box = around(tip.x + (distance + w / 4) * Math.cos(angle), tip.y + distance * Math.sin(angle), w, h);
        const outside = w * h - overlap(box, { x: 1, y: 1, w: s.width - 2, h: s.height - 2 });
        const covered =
          20 * outside +
          [...boxes, ...taken].reduce((sum, other) => sum + (overlap(box, other) > 0 ? 1000 : 0), 0) +
          4 * heads.reduce((sum, head) => sum + overlap(box, head), 0) +
          shafts.reduce((sum, shaft) => sum + overlap(box, shaft), 0);
        const cost = covered + 8 * Math.abs(turn) + distance;
        if (!best || cost < best.cost) best = { cost, box };
      }
    }
    boxes.push(best.box);
  });
  return boxes;
}

const font = (s, weight, size) => `${weight} ${size}px ${s.colours.family}`;

/** Labels with a halo in the background's colour; returns the boxes they take. */
export function paintLabels(ctx, s, arrows, taken) {
  ctx.font = font(s, 700, 14);
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  const boxes = placeLabels(s, arrows, arrows.map(({ text }) => ctx.measureText(text).width), taken);
  arrows.forEach(({ text, colour }, i) => {
    const [x, y] = [boxes[i].x + boxes[i].w / 2, boxes[i].y + boxes[i].h / 2 + 0.5];
    ctx.lineJoin = "round";
    ctx.lineWidth = 3.5;
    ctx.strokeStyle = s.colours.surface;
    ctx.globalAlpha = 0.75;
    ctx.strokeText(text, x, y);
    ctx.globalAlpha = 1;
    ctx.fillStyle = colour;
    ctx.fillText(text, x, y);
  });
  return boxes;
}

// ---- sense of precession --------------------------------------------------------------------------

/**
 * A circular arrow round the precession axis a, in the sense of dn/dt = a x n (right-handed about a).
 * It sits at the end of the axis that faces the viewer, in doubt at the tip; the sense is the same at both.
 */
export function paintPrecession(ctx, s) {
  const axis = s.vectors.precession;
  if (!axis) return;
  const end = dot(s.cam.front, axis) > -0.2 ? 1 : -1;
  const toViewer = add(s.cam.front, scale(axis, -dot(s.cam.front, axis)));
  const slant = Math.sqrt(dot(toViewer, toViewer)); // 0: seen as a circle, 1: edge-on
  const e1 = slant > 1e-3 ? scale(toViewer, 1 / slant) : s.cam.up;
  const e2 = cross(axis, e1);
  const centre = scale(axis, end * RING.radius * Math.cos(RING.polar));
  const wide = RING.radius * Math.sin(RING.polar);
  const point = (t) =>
    project(s, add(centre, add(scale(e1, wide * Math.cos(t)), scale(e2, wide * Math.sin(t)))));
  const arc = (from, to, width, alpha) => {
    ctx.lineWidth = width;
    ctx.globalAlpha = alpha;
    ctx.beginPath();
    for (let i = 0; i <= 40; i += 1) {
      const q = point(from + ((to - from) * i) / 40);
      ctx.lineTo(q.x, q.y);
    }
    ctx.stroke();
  };
  const nearest = -Math.PI / 2; // from here to the head the ring bends towards the viewer
  ctx.lineCap = "butt";
  ctx.strokeStyle = s.colours.ball;
  arc(nearest, RING.end, 5.5, 0.85);
  ctx.strokeStyle = ctx.fillStyle = s.colours.precession;
  ctx.setLineDash([11, 3]);
  ctx.lineDashOffset = -s.phase;
  arc(RING.start, nearest, 1.4, 1 - 0.55 * slant);
  arc(nearest, RING.end, 2.2, 1);
  ctx.setLineDash([]);
  const [tip, before] = [point(RING.end + 0.2), point(RING.end - 0.1)];
  const angle = Math.atan2(tip.y - before.y, tip.x - before.x);
  wedge(ctx, tip, angle, Math.min(10, Math.max(7, 0.08 * s.radius)), 0.5);
}

// ---- notes and legend -----------------------------------------------------------------------------

export function notesOf(vectors) {
  if (!vectors.field) return []; // nothing was set yet
  return [
    vectors.precession ? null : "no precession",
    vectors.damping ? null : "H\u2032 = 0",
    vectors.torque ? null : "P = 0",
  ].filter(Boolean);
}

/** Small remarks in the upper left corner; returns the boxes they take. */
export function paintNotes(ctx, s) {
  ctx.font = font(s, 400, 11);
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  ctx.fillStyle = s.colours.dim;
  return notesOf(s.vectors).map((text, i) => {
    ctx.fillText(text, 10, 12 + 15 * i);
    return { x: 8, y: 4 + 15 * i, w: ctx.measureText(text).width + 4, h: 16 };
  });
}

const short = (value) => {
  if (value < 1e4) return value >= 100 ? value.toFixed(0) : value.toPrecision(2);
  const [digits, power] = value.toExponential(1).split("e");
  return `${Number(digits)}\u00b710${[...String(Number(power))].map((c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]).join("")}`;
};

/** Pieces of the legend, left to right: [width, paint(x, y)]. */
function densityKey(ctx, s) {
  const top = `${short(s.grid.top)}\u00d7`;
  const wide = 56;
  const [a, b] = [ctx.measureText("0").width, ctx.measureText(top).width];
  const paint = (x, y) => {
    const gradient = ctx.createLinearGradient(x + a + 4, 0, x + a + 4 + wide, 0);
    const bytes = new Uint8ClampedArray(s.colours.ramp.buffer);
    for (let i = 0; i <= 8; i += 1) {
      const q = 4 * Math.min(255, 32 * i);
      gradient.addColorStop(i / 8, `rgb(${bytes[q]} ${bytes[q + 1]} ${bytes[q + 2]})`);
    }
    ctx.fillText("0", x, y);
    ctx.fillStyle = gradient;
    ctx.fillRect(x + a + 4, y - 4, wide, 8);
    ctx.strokeStyle = ctx.fillStyle = s.colours.dim;
    ctx.lineWidth = 0.5;
    ctx.strokeRect(x + a + 4, y - 4, wide, 8);
    ctx.fillText(top, x + a + wide + 8, y);
  };
  return [a + wide + 8 + b, paint];
}

function lineKey(ctx, s, text, front) {
  const paint = (x, y) => {
    ctx.strokeStyle = s.colours.tails[0];
    ctx.lineWidth = front ? 1.8 : 1.2;
    ctx.globalAlpha = front ? 1 : 0.7;
    ctx.setLineDash(front ? [] : [2, 3]);
    line(ctx, { x, y }, { x: x + 18, y });
    ctx.setLineDash([]);
    ctx.globalAlpha = 1;
    ctx.fillStyle = s.colours.dim;
    ctx.fillText(text, x + 22, y);
  };
  return [22 + ctx.measureText(text).width, paint];
}

function textKey(ctx, text) {
  return [ctx.measureText(text).width, (x, y) => ctx.fillText(text, x, y)];
}

/** Density scale in units of the uniform density, and the two line styles. */
export function paintLegend(ctx, s) {
  const { legend } = s;
  ctx.font = font(s, 400, 11);
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  ctx.fillStyle = s.colours.dim;
  const lines = s.tails ? [lineKey(ctx, s, "front", true), lineKey(ctx, s, "back", false)] : [];
  const name = s.grid ? [textKey(ctx, "density")] : [];
  const density = s.grid ? [densityKey(ctx, s), textKey(ctx, "uniform")] : [];
  const corner = legend.mode === "corner";
  const rows = {
    corner: [name, density, lines],
    one: [[...name, ...density, ...lines]],
    two: [[...name, ...density], lines],
  }[legend.mode];
  const tight = [name[0], density[0]]; // these belong to what follows them
  rows.forEach((row, i) => {
    const gaps = row.map((_, k) => (k === 0 ? 0 : tight.includes(row[k - 1]) ? 5 : 14));
    const total = row.reduce((sum, [w], k) => sum + w + gaps[k], 0);
    let x = corner ? legend.x : Math.max(2, (s.width - total) / 2);
    const y = legend.y + (legend.h / rows.length) * (i + 0.5);
    row.forEach(([w, paint], k) => {
      x += gaps[k];
      paint(x, y);
      x += w;
    });
  });
}
