"use strict";
// Tables that a click on a heading sorts; equal rows keep their order.
for (const table of document.querySelectorAll("table.sortable")) {
  const headings = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  const value = (row, column) => {
    const cell = row.cells[column];
    return "sort" in cell.dataset ? Number(cell.dataset.sort) : cell.textContent.trim();
  };
  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number"
      ? a - b
      : String(a).localeCompare(String(b), document.documentElement.lang, { numeric: true });
  headings.forEach((heading, column) => {
    heading.querySelector("button")?.addEventListener("click", () => {
      const before = heading.getAttribute("aria-sort");
      const first = heading.classList.contains("number") ? "descending" : "ascending";
      const other = { ascending: "descending", descending: "ascending" };
      const order = before ? other[before] : first;
      const sign = order === "ascending" ? 1 : -1;
      const rows = [...body.rows];
      const empty = (row) => row.cells[column].textContent.trim() === "–";
      rows.sort((a, b) => empty(a) - empty(b) || sign * compare(value(a, column), value(b, column)));
      body.append(...rows);
      headings.forEach((each) => each.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", order);
    });
  });
}

// A confusion matrix: click, or arrow keys and Enter; the pictures behind the cell appear beside it.
const format = (words, values) => words.replace(/\{(\w+)\}/g, (_, name) => values[name]);

function picture(place, label) {
  const columns = Number(getComputedStyle(document.documentElement).getPropertyValue("--sheet-columns"));
  const shown = document.createElement("span");
  shown.className = "picture";
  shown.style.setProperty("--x", place % columns);
  shown.style.setProperty("--y", Math.floor(place / columns));
  shown.setAttribute("role", "img");
  shown.setAttribute("aria-label", label);
  return shown;
}

for (const matrix of document.querySelectorAll(".matrix")) {
  const { names, cells } = JSON.parse(matrix.querySelector("script").textContent);
  const words = JSON.parse(matrix.dataset.words);
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const panel = matrix.querySelector(".behind");
  const known = new Map(cells.map((cell) => [`${cell[0]},${cell[1]}`, cell]));
  const sentence = (row, column, count) =>
    format(row === column ? words.right : words.wrong, {
      n: number.format(count), true: names[row], predicted: names[column],
    });

  const show = (row, column) => {
    const [, , count, places] = known.get(`${row},${column}`) ?? [row, column, 0, []];
    const line = document.createElement("p");
    line.textContent = sentence(row, column, count);
    const pictures = document.createElement("div");
    pictures.className = "pictures";
    pictures.append(...places.map((place) => picture(place, names[row])));
    const rest = document.createElement("p");
    rest.className = "detail";
    rest.textContent = !count ? "" : !places.length ? words.none
      : places.length < count ? format(words.shown, { n: number.format(places.length) }) : "";
    panel.replaceChildren(line, pictures, rest);
  };

  const view = matrix.querySelector("table") ? tableView(matrix, names.length) : drawnView(matrix, names.length);
  const wrong = cells.filter(([row, column]) => row !== column).sort((a, b) => b[2] - a[2])[0];
  let [at, across] = wrong ?? cells[0] ?? [0, 0];
  view.put(at, across, false);
  if (wrong) show(at, across);

  view.element.addEventListener("click", (event) => {
    const found = view.find(event);
    if (!found) return;
    [at, across] = found;
    view.put(at, across, true);
    show(at, across);
  });
  view.element.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    [at, across] = view.next(at, across, step);
    view.put(at, across, true);
    show(at, across);
  });
}

// Cells that hold a number are buttons, and the arrow keys go from one to the next.
function tableView(matrix, size) {
  const element = matrix.querySelector("table");
  const button = (row, column) => element.querySelector(`button[data-row="${row}"][data-column="${column}"]`);
  return {
    element,
    put(row, column, focus) {
      element.querySelectorAll("button").forEach((each) => { each.tabIndex = -1; each.removeAttribute("aria-pressed"); });
      const chosen = button(row, column);
      if (!chosen) return;
      chosen.tabIndex = 0;
      chosen.setAttribute("aria-pressed", "true");
      if (focus) chosen.focus();
    },
    find(event) {
      const chosen = event.target.closest("button");
      return chosen && [Number(chosen.dataset.row), Number(chosen.dataset.column)];
    },
    next(row, column, [down, right]) {
      for (let n = 1; n < size; n++) {
        const to = [row + n * down, column + n * right];
        if (button(...to)) return to;
      }
      return [row, column];
    },
  };
}

// Of many classes the matrix is drawn; a frame marks the cell, and the name of both classes is said.
function drawnView(matrix, size) {
  const element = matrix.querySelector("svg");
  const frame = element.querySelector(".cursor");
  const side = Number(element.dataset.side);
  const inset = Number(element.dataset.inset);
  return {
    element,
    put(row, column, focus) {
      frame.setAttribute("x", inset + column * side);
      frame.setAttribute("y", inset + row * side);
      if (focus) element.focus({ preventScroll: true });
    },
    find(event) {
      const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(element.getScreenCTM().inverse());
      const [row, column] = [point.y, point.x].map((value) => Math.floor((value - inset) / side));
      return row >= 0 && column >= 0 && row < size && column < size ? [row, column] : null;
    },
    next(row, column, [down, right]) {
      const within = (value) => Math.min(size - 1, Math.max(0, value));
      return [within(row + down), within(column + right)];
    },
  };
}

// On paper everything is open.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((each) => { each.open = true; }));
