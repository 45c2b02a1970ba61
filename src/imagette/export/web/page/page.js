// The page: brings a picture to what the network takes, asks the network, shows what it answers.
// facts.json says all that it knows of the network; no picture and no answer leaves this page.

import { padOn } from "./pad.js";
import { adapted } from "./picture.js";

const MOST_BARS = 10; // classes that are shown before one asks for all
const LARGEST_SIDE = 2048; // pixels of a picture; the browser makes larger ones smaller
const PATIENCE_MS = 30; // an answer that takes longer waits until a stroke ends,
const REST_MS = 250; // or rests so long
const GZIP = [0x1f, 0x8b]; // how a packed file begins; a server may have unpacked it already

const at = (id) => document.getElementById(id);
const facts = await (await fetch("facts.json")).json();
const say = (key, values = {}) => facts.words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);

const decimal = (value, digits = 1) => new Intl.NumberFormat(facts.language,
  { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
const percent = (share, digits = 1) => say("percent", { n: decimal(100 * share, digits) });

// --- The network: loaded once, with its runtime, from beside this page.

let network = null;

async function loadNetwork() {
  const sizes = { [facts.runtime.wasm]: facts.runtime.bytes, [facts.model.file]: facts.model.bytes };
  const arrived = Object.fromEntries(Object.keys(sizes).map((name) => [name, 0]));
  const total = Object.values(sizes).reduce((sum, size) => sum + size, 0);
  const come = (name, size) => {
    arrived[name] = Math.min(size, sizes[name]);
    const done = Object.values(arrived).reduce((sum, one) => sum + one, 0);
    tell(say("loading", { done: decimal(done / 1e6), total: decimal(total / 1e6) }));
  };
  const [ort, wasm, model] = await Promise.all([
    import(`./${facts.runtime.script}`),
    bytesOf(facts.runtime.wasm, come),
    bytesOf(facts.model.file, come),
  ]);
  ort.env.wasm.numThreads = 1; // more would need headers that plain hosts do not send
  ort.env.wasm.wasmBinary = wasm;
  const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
  return { ort, session };
}

async function bytesOf(name, come) {
  const response = await fetch(name);
  if (!response.ok) throw new Error(`${name}: ${response.status} ${response.statusText}`);
  const parts = [];
  let size = 0;
  for (const reader = response.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    come(name, (size += value.length));
  }
  const blob = new Blob(parts);
  const head = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
  const isPacked = GZIP.every((byte, i) => head[i] === byte);
  const stream = isPacked ? blob.stream().pipeThrough(new DecompressionStream("gzip")) : blob.stream();
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function probabilities(image) {
  const { channels, height, width } = facts.input;
  const { ort, session } = network;
  const tensor = new ort.Tensor("uint8", image, [1, height, width, channels]);
  const { logits } = await session.run({ image: tensor });
  const highest = Math.max(...logits.data);
  const powers = Array.from(logits.data, (logit) => Math.exp(logit - highest));
  const sum = powers.reduce((all, power) => all + power, 0);
  return powers.map((power) => power / sum);
}

// --- What is looked at: the drawing, a picture from outside, or one of the validation set.

let source = { kind: "drawing" };
let isAsked = false;
let isBusy = false;
let lastMs = 0;

function given() {
  if (source.kind === "example") return { image: source.image, steps: [["validation", {}]] };
  const picture = source.kind === "picture" ? source.pixels : pad.pixels();
  return adapted(picture, facts.input, facts.framing);
}

// Answers the newest question; what is asked meanwhile is asked once more.
async function answer() {
  isAsked = true;
  at("answer").setAttribute("aria-busy", "true");
  if (isBusy || !network) return;
  isBusy = true;
  while (isAsked) {
    isAsked = false;
    await new Promise(requestAnimationFrame);
    await answerOnce(source);
  }
  isBusy = false;
  at("answer").setAttribute("aria-busy", "false");
}

async function answerOnce(asked) {
  const isNothing = asked.kind === "drawing" && pad.isEmpty();
  const begun = performance.now();
  const found = isNothing ? null : given();
  if (!found) return showNothing(isNothing ? "nothing_yet" : "nothing_seen");
  const brought = performance.now();
  const shares = await probabilities(found.image);
  const ended = performance.now();
  lastMs = ended - begun;
  showGiven(found);
  showAnswer(shares, asked.label);
  at("time").textContent = say("time", {
    network: decimal(ended - brought), picture: decimal(brought - begun),
  });
  return undefined;
}

// --- What is shown.

let isAll = false;
let last = null; // the last answer: [shares, label]

function tell(text, isBad = false) {
  at("state").textContent = text;
  at("state").hidden = !text;
  at("state").classList.toggle("bad", isBad);
}

function showNothing(why) {
  last = null;
  at("given").getContext("2d").clearRect(0, 0, facts.input.width, facts.input.height);
  at("given").classList.add("empty");
  at("steps").replaceChildren();
  at("best").textContent = say(why);
  at("best").className = "nothing";
  at("bars").replaceChildren();
  at("all").hidden = true;
  at("time").textContent = at("truth").textContent = "";
  announce(say(why));
}

function showGiven({ image, steps }) {
  const { channels, height, width } = facts.input;
  const pixels = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) pixels.data[4 * i + c] = image[i * channels + (channels === 1 ? 0 : c)];
    pixels.data[4 * i + 3] = 255;
  }
  at("given").getContext("2d").putImageData(pixels, 0, 0);
  at("given").classList.remove("empty");
  at("steps").replaceChildren(...steps.map(([key, values]) =>
    element("li", "", say(`step_${key}`, inWords(key, values)))));
}

// How much was cut out is told in percents, pixels as they are.
function inWords(key, values) {
  const words = Object.entries(values).map(([name, value]) => [name, key === "cut" ? percent(value, 0) : value]);
  return Object.fromEntries(words);
}

function showAnswer(shares, label) {
  last = [shares, label];
  const order = shares.map((share, i) => [share, i]).sort(([a, i], [b, j]) => b - a || i - j);
  const [share, best] = order[0];
  at("best").className = "";
  at("best").replaceChildren(element("strong", "", facts.classes[best]), ` ${percent(share)}`);
  const truth = label === undefined ? "" : say(label === best ? "is_right" : "is_wrong", { name: facts.classes[label] });
  at("truth").textContent = truth;
  at("truth").className = label === best ? "good" : "bad";
  const shown = isAll ? order : order.slice(0, MOST_BARS);
  at("bars").replaceChildren(...shown.map(([one, i]) => bar(facts.classes[i], one, i === label)));
  at("all").hidden = order.length <= MOST_BARS;
  at("all").textContent = say(isAll ? "fewer" : "all", { n: order.length, most: MOST_BARS });
  announce(`${facts.classes[best]}, ${percent(share)}. ${truth}`);
}

function bar(name, share, isTrue) {
  const row = element("li", isTrue ? "true" : "");
  row.dataset.name = name;
  row.dataset.share = share;
  const length = element("span", "length");
  length.style.width = `${100 * share}%`;
  const track = element("span", "track");
  track.append(length);
  row.append(element("span", "name", name), track, element("span", "share", percent(share)));
  return row;
}

function element(kind, className = "", text = "") {
  const made = document.createElement(kind);
  made.className = className;
  made.textContent = text;
  return made;
}

// For who listens instead of looks: once the drawing rests.
let timer = 0;
function announce(text) {
  clearTimeout(timer);
  timer = setTimeout(() => { at("said").textContent = text; }, 500);
}

// --- What the reader does.

const pen = () => ({ width: Number(at("pen").value), colour: at("colour")?.value ?? "#000000" });

let rest = 0;
const pad = padOn(at("pad"), at("cursor"), pen, (isDone) => {
  look({ kind: "drawing" });
  clearTimeout(rest);
  if (isDone || lastMs < PATIENCE_MS) answer();
  else rest = setTimeout(answer, REST_MS);
});

function look(at_what) {
  source = at_what;
  at("photo").hidden = source.kind !== "picture";
  at("hint").hidden = source.kind === "picture" || !pad.isEmpty();
  at("undo").disabled = source.kind === "picture" || !pad.canUndo();
  document.querySelectorAll(".examples button").forEach((one, i) =>
    one.setAttribute("aria-pressed", String(source.kind === "example" && source.place === i)));
}

async function take(file) {
  if (!file) return;
  try {
    look({ kind: "picture", pixels: await pixelsOf(file) });
    answer();
  } catch {
    tell(say("no_picture", { name: file.name }), true);
  }
}

async function pixelsOf(file) {
  const bitmap = await createImageBitmap(file, { premultiplyAlpha: "none", colorSpaceConversion: "none" });
  const scale = Math.min(1, LARGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const photo = at("photo");
  photo.width = Math.max(1, Math.round(bitmap.width * scale));
  photo.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = photo.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, photo.width, photo.height);
  tell("");
  return context.getImageData(0, 0, photo.width, photo.height);
}

at("undo").addEventListener("click", () => pad.undo());
at("clear").addEventListener("click", () => pad.clear());
at("all").addEventListener("click", () => {
  isAll = !isAll;
  if (last) showAnswer(...last);
});
at("file").addEventListener("change", (event) => {
  take(event.target.files[0]);
  event.target.value = ""; // the same file may be chosen again
});
addEventListener("paste", (event) => take(event.clipboardData.files[0]));
addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("over");
});
addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) document.body.classList.remove("over");
});
addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("over");
  take(event.dataTransfer.files[0]);
});

async function showExamples() {
  if (!facts.examples) return;
  const { file, columns, labels } = facts.examples;
  const { width, height } = facts.input;
  const sheet = await createImageBitmap(await (await fetch(file)).blob(), { colorSpaceConversion: "none" });
  at("examples").classList.toggle("short", facts.classes.every((name) => name.length <= 3));
  labels.forEach((label, place) => {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(sheet, -(place % columns) * width, -Math.floor(place / columns) * height);
    const button = element("button");
    button.type = "button";
    button.append(canvas, element("span", "", facts.classes[label]));
    button.addEventListener("click", () => {
      look({ kind: "example", image: bytesIn(context), label, place });
      answer();
    });
    const item = element("li");
    item.append(button);
    at("examples").append(item);
  });
}

function bytesIn(context) {
  const { channels, height, width } = facts.input;
  const { data } = context.getImageData(0, 0, width, height);
  return Uint8Array.from({ length: width * height * channels },
    (_, i) => data[4 * Math.floor(i / channels) + (i % channels)]);
}

try {
  look(source);
  showNothing("nothing_yet");
  await showExamples();
  network = await loadNetwork();
  await probabilities(new Uint8Array(facts.input.channels * facts.input.height * facts.input.width)); // the first is slow
  tell("");
  document.documentElement.dataset.state = "ready";
  answer();
} catch (error) {
  tell(say("broken", { why: error.message }), true);
}
