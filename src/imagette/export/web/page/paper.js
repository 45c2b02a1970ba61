// The paper behind a thing, lit evenly or not: a surface of the second degree through the levels of
// a picture, without those that stand out.

import { chosen, isOnRing, median } from "./levels.js";

export const EVEN = 24; // levels by which an even background may vary
const ROUNDS = 5; // of the fit; it has settled before

// The lit paper behind a thing, a surface of the second degree, and the noise on it in levels.
export function paperOf(grey) {
  const { rows, columns, values } = grey;
  const outer = (row, column) => Math.max(Math.abs(along(row, rows)), Math.abs(along(column, columns))) >= 0.8;
  let used = values.map((_, i) =>
    Number(outer(Math.floor(i / columns), i % columns) || isOnRing(grey, i)));
  const centre = median(chosen(values, used));
  const spread = Math.max(3 * deviation(chosen(values, used).map((level) => level - centre)), EVEN);
  used = used.map((is, i) => Number(is && Math.abs(values[i] - centre) <= spread));
  let [paper, noise] = [values, 0];
  for (let round = 0; round < ROUNDS; round++) {
    paper = surface(fitted(grey, used), rows, columns);
    const away = values.map((level, i) => level - paper[i]);
    noise = deviation(chosen(away, used));
    used = away.map((distance) => Number(Math.abs(distance) <= 3 * Math.max(noise, 1)));
  }
  return { paper, noise };
}

const along = (at, side) => (side === 1 ? -1 : -1 + (2 * at) / (side - 1)); // from -1 to 1

const POWERS = [[0, 0], [1, 0], [0, 1], [2, 0], [1, 1], [0, 2]]; // of y and x: the surface's terms

function surface(shares, rows, columns) {
  const levels = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const y = along(row, rows);
    const [start, slope, bend] = [shares[0] + shares[1] * y + shares[3] * y * y, shares[2] + shares[4] * y, shares[5]];
    for (let column = 0; column < columns; column++) {
      const x = along(column, columns);
      levels[row * columns + column] = start + (slope + bend * x) * x;
    }
  }
  return levels;
}

// Least squares over the used pixels, by the normal equations, whose sums are taken row by row.
function fitted(grey, used) {
  const size = POWERS.length;
  const known = POWERS.map(() => new Float64Array(size + 1));
  for (let row = 0; row < grey.rows; row++) {
    const y = along(row, grey.rows);
    const [of_x, of_level] = rowSums(grey, used, row);
    POWERS.forEach(([p, q], a) => {
      POWERS.forEach(([r, s], b) => { known[a][b] += y ** (p + r) * of_x[q + s]; });
      known[a][size] += y ** p * of_level[q];
    });
  }
  return solved(known);
}

// Along a row, the sums of the powers 0 to 4 of x, and of the level times the powers 0 to 2.
function rowSums({ columns, values }, used, row) {
  let [n, x1, x2, x3, x4, v0, v1, v2] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let column = 0, i = row * columns; column < columns; column++, i++) {
    if (!used[i]) continue;
    const [x, level] = [along(column, columns), values[i]];
    const square = x * x;
    n += 1;
    x1 += x;
    x2 += square;
    x3 += square * x;
    x4 += square * square;
    v0 += level;
    v1 += level * x;
    v2 += level * square;
  }
  return [[n, x1, x2, x3, x4], [v0, v1, v2]];
}

// Linear equations, their right sides last; a term that the others tell already gets no share.
function solved(known) {
  const size = known.length;
  const least = 1e-9 * known[0][0];
  known.forEach((chief, column) => {
    if (Math.abs(chief[column]) < least) {
      chief.fill(0);
      return;
    }
    known.forEach((row) => {
      if (row === chief) return;
      const share = row[column] / chief[column];
      for (let at = column; at <= size; at++) row[at] -= share * chief[at];
    });
  });
  return known.map((row, n) => (row[n] ? row[size] / row[n] : 0));
}

// From the median of the distances: a tenth of strangers does not move it much.
const deviation = (values) => 1.4826 * median(values.map(Math.abs));
