// The operations of a program on tensors { shape, data } of one row, in double precision.

const tensor = (shape, data) => ({ shape, data: data || new Float64Array(sizeOf(shape)) });

// The distance in the data between neighbours along each axis.
function stridesOf(shape) {
  const strides = new Array(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i -= 1) strides[i] = strides[i + 1] * shape[i + 1];
  return strides;
}

// The index into the data of every entry of a tensor: base + index . strides.
function placesOf(shape, strides, base = 0) {
  let places = [base];
  shape.forEach((length, axis) => {
    const next = new Array(places.length * length);
    let n = 0;
    for (const place of places) for (let i = 0; i < length; i += 1) next[n++] = place + i * strides[axis];
    places = next;
  });
  return places;
}

const picked = (x, places, shape) => tensor(shape, Float64Array.from(places, (place) => x.data[place]));

// The data of a tensor, broadcast to a larger shape as in NumPy.
function broadcast(x, shape) {
  if (x.data.length === sizeOf(shape)) return x.data;
  const lead = shape.length - x.shape.length;
  const own = stridesOf(x.shape);
  const strides = shape.map((_, i) => (i < lead || x.shape[i - lead] === 1 ? 0 : own[i - lead]));
  return Float64Array.from(placesOf(shape, strides), (place) => x.data[place]);
}

// For every entry, its index in the result of a reduction over some axes.
function foldedPlaces(shape, axes) {
  const kept = shape.filter((_, i) => !axes.includes(i));
  const inner = stridesOf(kept);
  let next = 0;
  const strides = shape.map((_, i) => (axes.includes(i) ? 0 : inner[next++]));
  return { places: placesOf(shape, strides), n: sizeOf(kept) };
}

function dense([x], { shape, kernel, bias }) {
  const [n, m] = kernel.shape;
  const out = tensor(shape);
  for (let row = 0; row * n < x.data.length; row += 1) {
    const to = row * m;
    if (bias) for (let j = 0; j < m; j += 1) out.data[to + j] = bias.data[j];
    for (let i = 0; i < n; i += 1) {
      const value = x.data[row * n + i];
      if (value !== 0) for (let j = 0; j < m; j += 1) out.data[to + j] += value * kernel.data[i * m + j];
    }
  }
  return out;
}

function map([x], step) {
  return tensor(x.shape, x.data.map(FUNCTIONS[step.function](step)));
}

function pair(inputs, step) {
  const f = PAIRS[step.function];
  const all = step.constant ? (step.constant_first ? [step.constant, ...inputs] : [...inputs, step.constant]) : inputs;
  return all.slice(1).reduce((x, y) => {
    const [left, right] = [broadcast(x, step.shape), broadcast(y, step.shape)];
    const out = tensor(step.shape);
    for (let i = 0; i < out.data.length; i += 1) out.data[i] = f(left[i], right[i]);
    return out;
  }, all[0]);
}

function softmax([x], { axis, log }) {
  const { places, n } = foldedPlaces(x.shape, [axis]);
  const largest = new Float64Array(n).fill(-Infinity);
  places.forEach((place, i) => { largest[place] = Math.max(largest[place], x.data[i]); });
  const total = new Float64Array(n);
  places.forEach((place, i) => { total[place] += Math.exp(x.data[i] - largest[place]); });
  return tensor(x.shape, x.data.map((value, i) => {
    const shifted = value - largest[places[i]];
    return log ? shifted - Math.log(total[places[i]]) : Math.exp(shifted) / total[places[i]];
  }));
}

function normalize([x], { axes, center, epsilon }) {
  const { places, n } = foldedPlaces(x.shape, axes);
  const count = x.data.length / n;
  const mean = new Float64Array(n);
  if (center) places.forEach((place, i) => { mean[place] += x.data[i] / count; });
  const square = new Float64Array(n);
  places.forEach((place, i) => { square[place] += (x.data[i] - mean[place]) ** 2 / count; });
  return tensor(x.shape, x.data.map((value, i) => {
    const place = places[i];
    return (value - mean[place]) / Math.sqrt(square[place] + epsilon);
  }));
}

function reduce([x], step) {
  const { places, n } = foldedPlaces(x.shape, step.axes);
  if (step.function === "argmax") {
    const best = new Float64Array(n).fill(-Infinity);
    const seen = new Float64Array(n);
    const out = tensor(step.shape);
    places.forEach((place, i) => {
      if (x.data[i] > best[place]) { best[place] = x.data[i]; out.data[place] = seen[place]; }
      seen[place] += 1;
    });
    return out;
  }
  if (step.function === "logsumexp") {
    const largest = reduce([x], { ...step, function: "max" });
    const total = tensor(step.shape);
    places.forEach((place, i) => { total.data[place] += Math.exp(x.data[i] - largest.data[place]); });
    total.data.forEach((sum, i) => { total.data[i] = largest.data[i] + Math.log(sum); });
    return total;
  }
  const { begin, add } = REDUCTIONS[step.function];
  const out = tensor(step.shape, new Float64Array(n).fill(begin));
  places.forEach((place, i) => { out.data[place] = add(out.data[place], x.data[i]); });
  if (step.function === "mean") out.data.forEach((total, i) => { out.data[i] = total * n / x.data.length; });
  return out;
}

// For every entry, the second input where the first is true, else the third.
function where(inputs, step) {
  const given = step.places.map((place, i) => (place === null ? step[`constant_${i}`] : inputs[place]));
  const [chosen, x, y] = given.map((one) => broadcast(one, step.shape));
  const out = tensor(step.shape);
  for (let i = 0; i < out.data.length; i += 1) out.data[i] = chosen[i] ? x[i] : y[i];
  return out;
}

const reshape = ([x], { shape }) => tensor(shape, x.data);

function transpose([x], { axes, shape }) {
  const strides = stridesOf(x.shape);
  return picked(x, placesOf(shape, axes.map((axis) => strides[axis])), shape);
}

function part([x], { starts, strides, lengths, shape }) {
  const own = stridesOf(x.shape);
  const base = starts.reduce((place, start, i) => place + start * own[i], 0);
  return picked(x, placesOf(lengths || shape, own.map((stride, i) => stride * strides[i]), base), shape);
}

function pad([x], { before, shape }) {
  const out = tensor(shape);
  const strides = stridesOf(shape);
  const base = before.reduce((place, n, i) => place + n * strides[i], 0);
  placesOf(x.shape, strides, base).forEach((place, i) => { out.data[place] = x.data[i]; });
  return out;
}

// Repeat every entry along each axis: nearest-neighbour upsampling.
function repeat([x], { times, shape }) {
  let places = [0];
  const strides = stridesOf(x.shape);
  shape.forEach((length, axis) => {
    const steps = Array.from({ length }, (_, i) => Math.floor(i / times[axis]) * strides[axis]);
    places = places.flatMap((place) => steps.map((step) => place + step));
  });
  return picked(x, places, shape);
}

const tile = ([x], { shape }) => tensor(shape, broadcast(x, shape));

function concatenate(inputs, { axis, shape }) {
  const out = tensor(shape);
  const strides = stridesOf(shape);
  let base = 0;
  for (const x of inputs) {
    placesOf(x.shape, strides, base).forEach((place, i) => { out.data[place] = x.data[i]; });
    base += x.shape[axis] * strides[axis];
  }
  return out;
}

// Join tensors of one shape along a new axis.
function stack(inputs, { axis, shape }) {
  const one = shape.map((length, i) => (i === axis ? 1 : length));
  return concatenate(inputs.map((x) => tensor(one, x.data)), { axis, shape });
}

function take([x], { axis, places, shape }) {
  const strides = stridesOf(x.shape);
  const others = shape.map((length, i) => (i === axis ? 1 : length));
  const inner = sizeOf(shape.slice(axis + 1));
  const first = placesOf(others, strides);
  const out = tensor(shape);
  first.forEach((place, i) => {
    const to = Math.floor(i / inner) * places.length * inner + (i % inner);
    places.forEach((chosen, j) => { out.data[to + j * inner] = x.data[place + chosen * strides[axis]]; });
  });
  return out;
}
