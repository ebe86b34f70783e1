// Parallel coordinates: an axis for every key and metric, and a line through them for every job.

const PARALLEL_HEIGHT = 340;
const [TOP, BOTTOM, SIDE, APART] = [52, 22, 56, 118];

class Parallel {
  // `onKeep` is called with an axis and its selected range, null for all; `onPoint` with a job, or null.
  constructor(place, { jobs, onKeep, onPoint }) {
    Object.assign(this, { place, jobs, onKeep, onPoint, axes: [], kept: new Map() });
    this.svg = drawn("svg", { height: PARALLEL_HEIGHT, role: "img", "aria-label": "A line per job over keys and metrics; the table of jobs below has the same values" });
    place.append(this.svg);
    new ResizeObserver(() => this.draw()).observe(place.parentElement);
  }

  show(axes) {
    this.axes = axes;
    this.draw();
  }

  draw() {
    const least = 2 * SIDE + APART * (this.axes.length - 1);
    const width = Math.max(this.place.parentElement.clientWidth - 2, least);
    this.svg.setAttribute("width", width);
    this.x = (i) => SIDE + ((width - 2 * SIDE) * i) / Math.max(1, this.axes.length - 1);
    this.y = (share) => PARALLEL_HEIGHT - BOTTOM - share * (PARALLEL_HEIGHT - TOP - BOTTOM);
    this.lines = new Map();
    for (const job of [...this.jobs].reverse()) { // the best job is drawn last, on top
      this.lines.set(job, lineOf(job, this.wayOf(job), this.jobs.length, this.onPoint));
    }
    this.svg.replaceChildren(...this.axes.map((axis, i) => this.scaleOf(axis, i)), ...this.lines.values(), ...this.axes.map((axis, i) => this.brushOf(axis, i)));
    this.update();
    this.light(this.lit);
  }

  // The path of a job; it has a gap where the job has no value.
  wayOf(job) {
    let isOpen = false;
    return this.axes.map((axis, i) => {
      const share = axis.place(job.values.get(axis.key));
      const sign = isOpen ? "L" : "M";
      isOpen = share !== null;
      return isOpen ? `${sign}${this.x(i).toFixed(1)},${this.y(share).toFixed(1)}` : "";
    }).join("");
  }

  scaleOf(axis, i) {
    const x = this.x(i);
    const anchor = i === 0 ? "start" : i === this.axes.length - 1 ? "end" : "middle";
    const from = i === 0 ? 6 : i === this.axes.length - 1 ? x + SIDE - 6 : x;
    const cut = axis.isKey ? `…${axis.key.slice(-15)}` : `${axis.key.slice(0, 15)}…`; // a key begins with its group, which may be cut
    const title = axis.key.length > 16 ? cut : axis.key;
    const group = drawn("g", {}, drawn("text", { x: from, y: 18, "text-anchor": anchor, class: "title" }, drawn("title", {}, axis.key), title));
    group.append(drawn("line", { x1: x, x2: x, y1: this.y(0), y2: this.y(1), class: "axis" }));
    for (const { at, text } of axis.ticks) {
      const isLast = i === this.axes.length - 1;
      const y = this.y(at) + (at === 1 && axis.ticks.length === 2 ? -8 : at === 0 && axis.ticks.length === 2 ? 16 : 4);
      const isEnd = axis.ticks.length === 2;
      group.append(drawn("text", { x: isEnd ? from : x + (isLast ? 6 : -6), y, class: "soft", "text-anchor": isEnd ? anchor : isLast ? "start" : "end" }, text));
      group.append(drawn("line", { x1: x - 3, x2: x + 3, y1: this.y(at), y2: this.y(at), class: "axis" }));
    }
    return group;
  }

  // The area in which one drags along an axis; a click without a drag clears the selection.
  brushOf(axis, i) {
    const x = this.x(i);
    const area = drawn("rect", { x: x - 14, width: 28, y: this.y(1) - 6, height: this.y(0) - this.y(1) + 12, class: "brush" });
    const part = drawn("rect", { x: x - 8, width: 16, class: "kept" });
    const mark = (range) => {
      part.setAttribute("y", range ? this.y(range[1]) : 0);
      part.setAttribute("height", range ? Math.max(2, this.y(range[0]) - this.y(range[1])) : 0);
    };
    const shareOf = (event) => {
      const y = event.clientY - this.svg.getBoundingClientRect().top;
      return Math.min(1, Math.max(0, (this.y(0) - y) / (this.y(0) - this.y(1))));
    };
    let start = null;
    area.addEventListener("pointerdown", (event) => { area.setPointerCapture(event.pointerId); start = shareOf(event); });
    area.addEventListener("pointermove", (event) => { if (start !== null) mark([start, shareOf(event)].sort((a, b) => a - b)); });
    area.addEventListener("pointerup", (event) => {
      const range = [start, shareOf(event)].sort((a, b) => a - b);
      start = null;
      this.keep(axis, range[1] - range[0] < 0.015 ? null : range);
    });
    area.addEventListener("pointercancel", () => { start = null; this.keep(axis, null); });
    mark(this.kept.get(axis.key));
    return drawn("g", {}, part, area);
  }

  keep(axis, range) {
    if (range) this.kept.set(axis.key, range);
    else this.kept.delete(axis.key);
    this.draw();
    this.onKeep(axis, range);
  }

  // Show the lines of the visible rows of the table.
  update() {
    for (const [job, path] of this.lines || []) path.setAttribute("visibility", job.row.hidden ? "hidden" : "visible");
  }

  light(job) {
    this.lit = job;
    for (const [other, path] of this.lines || []) path.classList.toggle("lit", other === job);
    if (job) this.lines?.get(job)?.parentNode.insertBefore(this.lines.get(job), this.svg.querySelector("path:last-of-type").nextSibling);
  }
}
