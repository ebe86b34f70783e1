// A slider for every latent dimension in use, that with the largest KL first.

const REACH = 3; // the least range of a slider, from -REACH to REACH
const FEW = 12; // sliders that are shown at first

class Sliders {
  // `onMove` is called, without arguments, when a slider is moved.
  constructor(place, more, { dimensions, codes, kl, onMove }) {
    const [n, d] = codes.shape;
    this.z = new Float64Array(d);
    this.rows = new Map();
    const most = kl ? Math.max(...dimensions.map((i) => kl[i]), 1e-9) : 1;
    dimensions.forEach((dimension, order) => {
      let [low, high] = [-REACH, REACH];
      for (let i = 0; i < n; i += 1) {
        low = Math.min(low, codes.data[i * d + dimension]);
        high = Math.max(high, codes.data[i * d + dimension]);
      }
      const row = this.row(dimension, low, high, kl && kl[dimension], kl && kl[dimension] / most);
      row.input.addEventListener("input", () => {
        this.z[dimension] = Number(row.input.value);
        row.output.textContent = this.z[dimension].toFixed(2);
        onMove();
      });
      this.rows.set(dimension, row);
      (order < FEW ? place : more).append(row.element);
    });
    more.parentElement.hidden = dimensions.length <= FEW;
  }

  row(dimension, low, high, kl, share) {
    const element = document.createElement("div");
    element.className = "slider";
    const label = document.createElement("label");
    const input = document.createElement("input");
    const output = document.createElement("output");
    input.type = "range";
    input.id = `explore-z${dimension}`;
    [input.min, input.max, input.step, input.value] = [low.toFixed(2), high.toFixed(2), "0.01", "0"];
    label.htmlFor = input.id;
    output.htmlFor = input.id;
    label.textContent = `z${dimension}`;
    output.textContent = "0.00";
    element.append(label, input, output);
    if (kl !== null) element.append(this.bar(kl, share));
    return { element, input, output };
  }

  bar(kl, share) {
    const bar = document.createElement("span");
    bar.className = "kl";
    bar.textContent = `${kl.toFixed(2)} nats`;
    const filled = document.createElement("span");
    filled.style.width = `${Math.round(100 * Math.max(0, share))}%`;
    bar.prepend(filled);
    return bar;
  }

  // Set the sliders to a code.
  set(z) {
    this.z = Float64Array.from(z);
    for (const [dimension, { input, output }] of this.rows) {
      input.value = this.z[dimension];
      output.textContent = this.z[dimension].toFixed(2);
    }
  }
}

// The dimensions in use (variance above 0.01, as in `active_units`), else all; sorted by KL, or by variance.
function usedDimensions(codes, kl) {
  const [n, d] = codes.shape;
  const mean = new Float64Array(d);
  const variance = new Float64Array(d);
  for (let i = 0; i < n * d; i += 1) mean[i % d] += codes.data[i] / n;
  for (let i = 0; i < n * d; i += 1) variance[i % d] += (codes.data[i] - mean[i % d]) ** 2 / n;
  const order = kl || variance;
  const all = [...variance.keys()].sort((a, b) => order[b] - order[a] || a - b);
  const used = all.filter((dimension) => variance[dimension] > 0.01);
  return { dimensions: used.length ? used : all, active: used.length };
}

// Codes drawn from N(0, I): the same sequence every time the page is opened.
function* drawnCodes(d) {
  let state = 1;
  const uniform = () => { // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  for (;;) yield Array.from({ length: d }, () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()));
}
