// Any picture brought to what the network was trained on: the rules of imagette.data.adapt, step by
// step and under the same names, so that a page and `imagette predict` give a network the same.
//
// Levels are { rows, columns, values }, values a Float64Array from 0 to 255, row by row.

import { halfEven, isOnRing, median, quantile, summed, within } from "./levels.js";
import { EVEN, paperOf } from "./paper.js";

const LONGEST = 512; // pixels of a side that are enough for a thing of some tens
const LEAST_STRENGTH = 0.1; // of the distance from the paper to the farther end of the scale
const NOISES = 4; // deviations of the noise that something must stand out by
const FEWEST_PIXELS = 4;
const FAINT = 0.15; // of full strength: less is left out, so that the background is even
const MOST_CELLS = 128; // along a side, when patches are told apart
const LEAST_SHARE = 0.1; // of the heaviest patch: lighter ones are specks

/**
 * What the network is given for a picture, and what was done to it.
 *
 * `picture` is RGBA ({ width, height, data }, as ImageData), `input` { channels, height, width },
 * `framing` how the training images lie in their frames, null for full pictures. Returns { image:
 * Uint8Array [H,W,C], steps: [[key, values], ...] }, or null if nothing stands out from the paper.
 */
export function adapted(picture, input, framing) {
  const was = ["was", { width: picture.width, height: picture.height }];
  if (!framing) {
    const [image, steps] = full(picture, input);
    return { image, steps: [was, ...steps] };
  }
  for (const paper of [255, 0]) {
    const grey = greyOn(picture, paper);
    const laidOut = liesAlike(grey, input, framing)
      ? [grey.values, [["as_is", {}]]]
      : laid(shrunk(grey), input, framing);
    if (laidOut) {
      const image = Uint8Array.from({ length: laidOut[0].length * input.channels },
        (_, i) => laidOut[0][Math.floor(i / input.channels)]);
      return { image, steps: [was, ...laidOut[1]] };
    }
  }
  return null;
}

// A set of full pictures: the middle is cut out, and scaled.
function full(picture, { channels, height, width }) {
  const planes = channels === 1 ? [greyOn(picture, 255)] : coloursOn(picture, 255);
  const box = middle(picture.width, picture.height, width, height);
  const isSame = picture.width === width && picture.height === height;
  const scaled = isSame ? planes : planes.map((plane) => resized(plane, height, width, box, "bytes"));
  const image = new Uint8Array(height * width * channels);
  scaled.forEach((plane, c) => plane.values.forEach((value, i) => { image[i * channels + c] = value; }));
  const cut = picture.height * width === picture.width * height ? [] : [["middle", {}]];
  return [image, isSame ? [["as_is", {}]] : [...cut, ["scaled", { width, height }]]];
}

// The largest box of the network's proportions, in the middle: [left, top, right, bottom].
function middle(width, height, toWidth, toHeight) {
  const ratio = toWidth / toHeight;
  const across = width / height >= ratio ? ratio * height : width;
  const down = width / height >= ratio ? height : width / ratio;
  const [left, top] = [(width - across) / 2, (height - down) / 2];
  return [left, top, left + across, top + down].map(Math.fround); // Pillow's boxes have 32 bits
}

// Red, green and blue of a picture laid on paper of one level.
function coloursOn({ width, height, data }, paper) {
  return [0, 1, 2].map((channel) => {
    const values = new Float64Array(width * height);
    for (let i = 0; i < values.length; i++) {
      const opacity = data[4 * i + 3];
      values[i] = Math.round((data[4 * i + channel] * opacity + paper * (255 - opacity)) / 255);
    }
    return { rows: height, columns: width, values };
  });
}

// ITU-R 601 luma, as Pillow rounds it.
function greyOn(picture, paper) {
  const [red, green, blue] = coloursOn(picture, paper).map((plane) => plane.values);
  const values = red.map((r, i) => (r * 19595 + green[i] * 38470 + blue[i] * 7471 + 0x8000) >> 16);
  return { rows: picture.height, columns: picture.width, values };
}

function liesAlike(grey, { height, width }, framing) {
  if (grey.rows !== height || grey.columns !== width) return false;
  const ring = [...grey.values].filter((_, i) => isOnRing(grey, i));
  return Math.abs(median(ring) - framing.background) <= EVEN;
}

// Averaged over squares of whole pixels, so that no side is longer than LONGEST.
function shrunk(grey) {
  const times = Math.ceil(Math.max(grey.rows, grey.columns) / LONGEST);
  if (times === 1) return grey;
  const sums = summed(grey, times);
  const counts = summed({ ...grey, values: grey.values.map(() => 1) }, times);
  const share = (sum, n) => Math.floor((sum + (n >> 1)) * Math.floor(2 ** 24 / n) / 2 ** 24); // as Pillow
  return { ...sums, values: sums.values.map((sum, i) => share(sum, counts.values[i])) };
}

// The thing in a grey picture, cut out, scaled and laid down as the set's things; null for none.
function laid(grey, { height, width }, framing) {
  const found = inkOf(grey);
  if (!found) return null;
  const { ink, isLighter } = found;
  const box = boxOf(ink);
  const [rows, columns] = [box.bottom - box.top, box.right - box.left];
  const scale = framing.extent / Math.max(rows, columns);
  const [down, across] = [rows, columns].map((side) => Math.max(1, halfEven(side * scale)));
  const thing = resized(cut(ink, box), down, across, [0, 0, columns, rows], "floats");
  const strength = Math.max(quantile(thing.values.filter((value) => value > 0), 0.75), 1e-9);
  thing.values = thing.values.map((value) => within(value / strength, 0, 1));
  const span = framing.is_lighter ? 255 - framing.background : -framing.background;
  const frame = placed(thing, { height, width }, framing);
  const levels = frame.map((value) => halfEven(framing.background + span * value));
  return [levels, [
    [`${isLighter ? "light" : "dark"}${isLighter === framing.is_lighter ? "" : "_turned"}`, {}],
    ["cut", { across: columns / grey.columns, down: rows / grey.rows }],
    [`laid_by_${framing.centred}`, { across, down, width, height }],
  ]];
}

// How strongly the thing stands out, 0 to 1 and 0 outside it, and whether it is lighter.
function inkOf(grey) {
  const { paper, noise } = paperOf(grey);
  const reach = paper.map((level) => Math.max(level, 255 - level, 1));
  const relief = grey.values.map((level, i) => (level - paper[i]) / reach[i]);
  const least = Math.max(NOISES * noise / median(reach), LEAST_STRENGTH);
  const leaning = relief.reduce((sum, r) => sum + (Math.abs(r) > least ? r * Math.abs(r) : 0), 0);
  const isLighter = leaning > 0;
  let strength = relief.map((r) => Math.max(isLighter ? r : -r, 0));
  const standing = strength.filter((value) => value > least);
  if (standing.length < FEWEST_PIXELS) return null;
  const whole = quantile(standing, 0.75);
  strength = strength.map((value) => Math.min(value / whole, 1));
  const kept = heavyPatches({ ...grey, values: strength.map((value) => Number(value > 1 / 3)) });
  const values = strength.map((value, i) => (kept[i] && value > FAINT ? value : 0));
  return { ink: { ...grey, values }, isLighter };
}

// A mask without specks, and without what touches the edge where another patch is as heavy.
function heavyPatches(mask) {
  const cell = Math.ceil(Math.max(mask.rows, mask.columns) / MOST_CELLS);
  const cells = summed(mask, cell);
  const { labels, weights, atEdge } = labelled(cells);
  const inner = weights.map((weight, label) => (atEdge.has(label) ? 0 : weight));
  const counted = Math.max(...inner) >= LEAST_SHARE * Math.max(...weights) ? inner : weights;
  const least = Math.max(LEAST_SHARE * Math.max(...counted), 1);
  return mask.values.map((value, i) => {
    const [row, column] = [Math.floor(i / mask.columns), i % mask.columns];
    const label = labels[Math.floor(row / cell) * cells.columns + Math.floor(column / cell)];
    return value && counted[label] >= least ? 1 : 0;
  });
}

// A number from 1 for each patch, connected over sides and corners, with the weight of each.
function labelled({ rows, columns, values }) {
  const labels = new Int32Array(values.length);
  const weights = [0];
  const atEdge = new Set();
  values.forEach((value, start) => {
    if (!value || labels[start]) return;
    const label = weights.push(0) - 1;
    const waiting = [start];
    labels[start] = label;
    while (waiting.length) {
      const i = waiting.pop();
      weights[label] += values[i];
      if (isOnRing({ rows, columns }, i)) atEdge.add(label);
      for (const near of around(i, rows, columns)) {
        if (values[near] && !labels[near]) {
          labels[near] = label;
          waiting.push(near);
        }
      }
    }
  });
  return { labels, weights, atEdge };
}

function around(i, rows, columns) {
  const [row, column] = [Math.floor(i / columns), i % columns];
  const found = [];
  for (let r = Math.max(0, row - 1); r <= Math.min(rows - 1, row + 1); r++) {
    for (let c = Math.max(0, column - 1); c <= Math.min(columns - 1, column + 1); c++) found.push(r * columns + c);
  }
  return found;
}

function boxOf({ rows, columns, values }) {
  const box = { top: rows, bottom: 0, left: columns, right: 0 };
  values.forEach((value, i) => {
    if (!value) return;
    const [row, column] = [Math.floor(i / columns), i % columns];
    box.top = Math.min(box.top, row);
    box.bottom = Math.max(box.bottom, row + 1);
    box.left = Math.min(box.left, column);
    box.right = Math.max(box.right, column + 1);
  });
  return box;
}

function cut({ columns, values }, { top, bottom, left, right }) {
  const [rows, across] = [bottom - top, right - left];
  const piece = Float64Array.from({ length: rows * across }, (_, i) =>
    Math.fround(values[(top + Math.floor(i / across)) * columns + left + (i % across)]));
  return { rows, columns: across, values: piece };
}

// On an empty frame, by whole pixels; what would lie outside is lost.
function placed(thing, { height, width }, framing) {
  const own = framing.centred === "mass" ? massCentre(thing) : [(thing.rows - 1) / 2, (thing.columns - 1) / 2];
  const top = halfEven((height - 1) / 2 + framing.centre[0] - own[0]);
  const left = halfEven((width - 1) / 2 + framing.centre[1] - own[1]);
  const frame = new Float64Array(height * width);
  thing.values.forEach((value, i) => {
    const [row, column] = [top + Math.floor(i / thing.columns), left + (i % thing.columns)];
    if (row >= 0 && row < height && column >= 0 && column < width) frame[row * width + column] = value;
  });
  return frame;
}

function massCentre({ columns, values }) {
  let [down, across, total] = [0, 0, 0];
  values.forEach((value, i) => {
    down += value * Math.floor(i / columns);
    across += value * (i % columns);
    total += value;
  });
  return [down / total, across / total];
}

// Pillow's bilinear `resize` of a box: averaged over all that a pixel covers when shrinking, along
// rows and then along columns, each rounded as Pillow rounds bytes and 32-bit floats.
function resized(plane, rows, columns, [left, top, right, bottom], kind) {
  const exact = kind === "bytes" ? (weight) => Math.floor(weight * 2 ** 22 + 0.5) / 2 ** 22 : (weight) => weight;
  const rounded = kind === "bytes" ? (sum) => Math.floor(sum + 0.5) : Math.fround;
  const across = weightsOf(plane.columns, columns, left, right, exact);
  const wide = new Float64Array(plane.rows * columns);
  for (let row = 0; row < plane.rows; row++) {
    across.forEach(({ first, weights }, column) => {
      const from = row * plane.columns + first;
      wide[row * columns + column] = rounded(weights.reduce((sum, w, i) => sum + w * plane.values[from + i], 0));
    });
  }
  const down = weightsOf(plane.rows, rows, top, bottom, exact);
  const values = new Float64Array(rows * columns);
  down.forEach(({ first, weights }, row) => {
    for (let column = 0; column < columns; column++) {
      const sum = weights.reduce((all, w, i) => all + w * wide[(first + i) * columns + column], 0);
      values[row * columns + column] = rounded(sum);
    }
  });
  return { rows, columns, values };
}

// For each pixel made, the first that it covers and the share of each.
function weightsOf(size, wanted, from, to, exact) {
  const scale = (to - from) / wanted;
  const support = Math.max(scale, 1);
  return Array.from({ length: wanted }, (_, at) => {
    const centre = from + (at + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const last = Math.min(size, Math.trunc(centre + support + 0.5));
    const raw = Array.from({ length: last - first }, (_, i) =>
      Math.max(0, 1 - Math.abs((first + i - centre + 0.5) / support)));
    const total = raw.reduce((sum, w) => sum + w, 0);
    return { first, weights: raw.map((w) => exact(w / total)) };
  });
}
