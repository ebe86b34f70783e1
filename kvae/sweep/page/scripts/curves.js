// The learning curves of all jobs in one plot.

const CURVES_HEIGHT = 360;
const BEGINNING = 0.1; // share of the iterations; losses fall far in it, and would set the scale

class Curves {
  constructor(place, { jobs, facts, onPoint }) {
    Object.assign(this, { place, jobs, facts, onPoint, name: facts.names[0], isWhole: false, isLog: false });
    this.svg = drawn("svg", { height: CURVES_HEIGHT, role: "img", "aria-label": "Learning curves of the jobs" });
    place.append(this.svg);
    new ResizeObserver(() => this.draw()).observe(place);
  }

  set(options) {
    Object.assign(this, options);
    this.draw();
  }

  shown() {
    const found = this.jobs.filter(({ number, row }) => !row.hidden && this.facts.curves[number]?.[this.name]);
    return found.map((job) => ({ job, x: this.facts.curves[job.number].iteration, y: this.facts.curves[job.number][this.name] }));
  }

  draw() {
    const width = Math.max(280, this.place.clientWidth);
    this.svg.setAttribute("width", width);
    const curves = this.shown();
    this.lines = new Map();
    const [low, high, first, last] = this.reach(curves);
    if (!(high > low) || !(last >= first)) {
      this.svg.replaceChildren(drawn("text", { x: 16, y: 28 }, "None of the shown jobs has this curve."));
      return;
    }
    const of = this.isLog && first > 0 ? Math.log : (value) => value;
    const [left, right, top, bottom] = [64, width - 16, 34, CURVES_HEIGHT - 42];
    const x = (value) => left + (right - left) * (last > first ? (of(value) - of(first)) / (of(last) - of(first)) : 0.5);
    const y = (value) => bottom - (bottom - top) * ((value - low) / (high - low));
    this.svg.replaceChildren(...this.scales({ low, high, first, last, left, right, top, bottom, x, y, of }));
    const frame = drawn("svg", { x: 0, y: top, width, height: bottom - top, viewBox: `0 ${top} ${width} ${bottom - top}` }); // cuts off what is outside
    for (const { job, x: along, y: values } of curves.reverse()) {
      let isOpen = false;
      const d = values.map((value, i) => {
        const sign = isOpen ? "L" : "M";
        isOpen = value !== null;
        return isOpen ? `${sign}${x(along[i]).toFixed(1)},${Math.max(-1e4, y(value)).toFixed(1)}` : "";
      }).join("");
      const path = lineOf(job, d, curves.length, this.onPoint);
      this.lines.set(job, path);
      frame.append(path);
    }
    this.svg.append(frame);
    this.light(this.lit);
  }

  // The ends of both axes; unless `isWhole`, the vertical ones ignore values of the beginning.
  reach(curves) {
    const along = curves.flatMap(({ x }) => x);
    const values = curves.flatMap(({ x, y }) => y.filter((value, i) => value !== null && (this.isWhole || x[i] >= BEGINNING * x.at(-1))));
    const ends = (numbers) => numbers.reduce(([a, b], one) => [Math.min(a, one), Math.max(b, one)], [Infinity, -Infinity]);
    const [low, high] = ends(values);
    const room = 0.04 * (high - low) || Math.abs(high) * 0.01 || 1;
    return [low - room, high + room, ...ends(along)];
  }

  *scales({ low, high, first, last, left, right, top, bottom, x, y, of }) {
    const unit = this.facts.units[this.name];
    yield drawn("text", { x: 8, y: 20, class: "title" }, unit ? `${this.name}, ${unit}` : this.name);
    for (const value of ticksOf(low, high)) {
      yield drawn("line", { x1: left, x2: right, y1: y(value), y2: y(value), class: "grid" });
      yield drawn("text", { x: left - 8, y: y(value) + 4, "text-anchor": "end", class: "soft" }, short(value));
    }
    yield drawn("line", { x1: left, x2: right, y1: bottom, y2: bottom, class: "axis" });
    const along = of === Math.log ? tensOf(first, last) : ticksOf(first, last);
    for (const value of along) yield drawn("text", { x: x(value), y: bottom + 18, "text-anchor": value === last ? "end" : "middle", class: "soft" }, short(value));
    yield drawn("text", { x: (left + right) / 2, y: bottom + 36, "text-anchor": "middle", class: "soft" }, "iteration");
  }

  light(job) {
    this.lit = job;
    for (const [other, path] of this.lines || []) path.classList.toggle("lit", other === job);
    const path = job && this.lines?.get(job);
    if (path) path.parentNode.append(path);
  }
}

// About five round numbers from `low` to `high`.
function ticksOf(low, high) {
  const rough = (high - low) / 5 || 1;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = size * [1, 2, 5, 10].find((factor) => factor * size >= rough);
  const ticks = [];
  for (let i = Math.ceil(low / step); i * step <= high + step * 1e-9; i += 1) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

function tensOf(low, high) {
  const ticks = [];
  for (let i = Math.ceil(Math.log10(low) - 1e-9); i <= Math.log10(high) + 1e-9; i += 1) ticks.push(10 ** i);
  return ticks.length > 1 ? ticks : [low, high];
}
