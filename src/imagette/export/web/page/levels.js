// What is worked out of levels: { rows, columns, values }, values a Float64Array, row by row.

export function isOnRing({ rows, columns }, i) {
  const row = Math.floor(i / columns);
  const column = i % columns;
  return row === 0 || column === 0 || row === rows - 1 || column === columns - 1;
}

// Over squares of `cell` pixels.
export function summed({ rows, columns, values }, cell) {
  const across = Math.ceil(columns / cell);
  const sums = new Float64Array(Math.ceil(rows / cell) * across);
  values.forEach((value, i) => {
    sums[Math.floor(Math.floor(i / columns) / cell) * across + Math.floor((i % columns) / cell)] += value;
  });
  return { rows: Math.ceil(rows / cell), columns: across, values: sums };
}

export const within = (value, low, high) => Math.min(high, Math.max(low, value));

export const median = (values) => quantile(values, 0.5);

// Between the two nearest of the sorted values, in proportion, as NumPy does.
export function quantile(values, share) {
  const place = share * (values.length - 1);
  const parted = Float64Array.from(values);
  const low = nth(parted, Math.floor(place));
  const high = parted.subarray(Math.ceil(place)).reduce((least, value) => Math.min(least, value), Infinity);
  return low + (high - low) * (place - Math.floor(place));
}

// The n-th smallest value; afterwards none before it is larger, none behind it smaller (Hoare).
function nth(values, n) {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const pivot = values[(low + high) >> 1];
    let [i, j] = [low, high];
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i <= j) {
        const moved = values[i];
        values[i++] = values[j];
        values[j--] = moved;
      }
    }
    if (n <= j) high = j;
    else if (n >= i) low = i;
    else break;
  }
  return values[n];
}

export function chosen(values, mask) {
  const found = new Float64Array(values.length);
  let count = 0;
  for (let i = 0; i < values.length; i++) if (mask[i]) found[count++] = values[i];
  return found.subarray(0, count);
}

// Python's round: of two whole numbers as near, the even one.
export function halfEven(value) {
  const low = Math.floor(value);
  const rest = value - low;
  return rest === 0.5 ? low + (low % 2) : low + (rest > 0.5 ? 1 : 0);
}
