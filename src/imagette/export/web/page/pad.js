// A surface to draw on with a pen, a finger, a mouse or the keyboard; every stroke can be undone.

const STEP = 10; // pixels of the surface that an arrow key goes
const PAPER = "#ffffff";

/**
 * Makes a canvas a pad. `pen()` gives { width, colour } of the next stroke; `changed(isDone)` is
 * called after every change, `isDone` false while a stroke is being drawn. `cursor` is an element
 * that shows where the keyboard's pen is, in percents of the canvas.
 */
export function padOn(canvas, cursor, pen, changed) {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  let marks = []; // strokes { width, colour, points }, and null where the pad was cleared
  let stroke = null;
  let key = { x: canvas.width / 2, y: canvas.height / 2, isDown: false };

  function draw() {
    context.fillStyle = PAPER;
    context.fillRect(0, 0, canvas.width, canvas.height);
    shown().forEach((mark) => line(context, mark));
  }

  const shown = () => marks.slice(marks.lastIndexOf(null) + 1);

  function begin(point) {
    stroke = { ...pen(), points: [point] };
    marks.push(stroke);
  }

  function go(points) {
    stroke.points.push(...points);
    draw();
    changed(false);
  }

  function end() {
    if (!stroke) return;
    stroke = null;
    draw();
    changed(true);
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    canvas.setPointerCapture(event.pointerId);
    lift();
    begin(placeOf(canvas, event));
    go([]);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!stroke || key.isDown || !event.isPrimary) return;
    const events = event.getCoalescedEvents?.() ?? [];
    go((events.length ? events : [event]).map((one) => placeOf(canvas, one)));
  });
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);

  // Arrow keys move the pen, Shift in small steps; Space puts it down and lifts it.
  canvas.addEventListener("keydown", (event) => {
    const way = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (way) move(way.map((one) => one * (event.shiftKey ? STEP / 5 : STEP)));
    else if (event.key === " ") toggle();
    else return;
    event.preventDefault();
  });
  canvas.addEventListener("blur", () => lift());

  function move([x, y]) {
    key = { ...key, x: within(key.x + x, canvas.width), y: within(key.y + y, canvas.height) };
    place();
    if (key.isDown) go([{ x: key.x, y: key.y }]);
  }

  function toggle() {
    if (key.isDown) return lift();
    key = { ...key, isDown: true };
    place();
    begin({ x: key.x, y: key.y });
    return go([]);
  }

  function lift() {
    if (!key.isDown) return;
    key = { ...key, isDown: false };
    place();
    end();
  }

  function place() {
    cursor.style.left = `${(100 * key.x) / canvas.width}%`;
    cursor.style.top = `${(100 * key.y) / canvas.height}%`;
    cursor.classList.toggle("down", key.isDown);
  }

  function undo() {
    if (!marks.length) return;
    marks.pop();
    draw();
    changed(true);
  }

  function clear() {
    if (shown().length) marks.push(null);
    draw();
    changed(true);
  }

  draw();
  place();
  return {
    undo,
    clear,
    isEmpty: () => !shown().length,
    canUndo: () => marks.length > 0,
    pixels: () => context.getImageData(0, 0, canvas.width, canvas.height),
  };
}

function line(context, { width, colour, points }) {
  context.lineWidth = width;
  context.strokeStyle = colour;
  context.lineCap = context.lineJoin = "round";
  context.beginPath();
  context.moveTo(points[0].x, points[0].y);
  points.forEach(({ x, y }) => context.lineTo(x, y));
  context.stroke();
}

function placeOf(canvas, event) {
  const box = canvas.getBoundingClientRect();
  return {
    x: ((event.clientX - box.left) * canvas.width) / box.width,
    y: ((event.clientY - box.top) * canvas.height) / box.height,
  };
}

const within = (value, most) => Math.min(most, Math.max(0, value));
