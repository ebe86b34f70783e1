// The map of codes: a canvas of points, with zoom, and a canvas above it for marks.

const NEAR = 24; // the largest distance in pixels at which a point is hit
const MARGIN = 16;

// The position of every code: x and y alternate.
function placesInPlane(codes, plane) {
  const [n, d] = codes.shape;
  const places = new Float64Array(2 * n);
  for (let i = 0; i < n; i += 1) {
    const [x, y] = inPlane(codes.data.subarray(i * d, (i + 1) * d), plane);
    places[2 * i] = x;
    places[2 * i + 1] = plane.by_row ? i : y;
  }
  return places;
}

const inPlane = (z, { mean, axes }) => axes.map((axis) => axis.reduce((sum, share, i) => sum + share * (z[i] - mean[i]), 0));

class Plane {
  // `onHover` and `onChoose` are called with the number of a point, or -1 for none.
  constructor(points, marks, places, { onHover, onChoose }) {
    Object.assign(this, { points, marks, places, onHover, onChoose });
    this.n = places.length / 2;
    this.painted = { colours: ["#0072B2"], of: new Array(this.n).fill(0) };
    this.hovered = -1;
    this.shown = { chosen: -1, code: null, path: [] };
    this.pointers = new Map();
    this.reset();
    for (const [name, handler] of Object.entries({
      pointerdown: this.down, pointermove: this.move, pointerup: this.up, pointercancel: this.leave,
      pointerleave: this.leave, wheel: this.wheel, keydown: this.key,
    })) marks.addEventListener(name, handler.bind(this), name === "wheel" ? { passive: false } : undefined);
    new ResizeObserver(() => this.resize()).observe(marks.parentElement);
    this.resize();
  }

  reset() {
    const ends = [Infinity, -Infinity, Infinity, -Infinity];
    for (let i = 0; i < this.n; i += 1) {
      const [x, y] = [this.places[2 * i], this.places[2 * i + 1]];
      ends[0] = Math.min(ends[0], x); ends[1] = Math.max(ends[1], x);
      ends[2] = Math.min(ends[2], y); ends[3] = Math.max(ends[3], y);
    }
    this.middle = [(ends[0] + ends[1]) / 2, (ends[2] + ends[3]) / 2];
    this.spans = [ends[1] - ends[0] || 1, ends[3] - ends[2] || 1];
    this.zoom = 1;
    this.draw();
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.marks.parentElement;
    const ratio = window.devicePixelRatio || 1;
    this.size = [width, height];
    for (const canvas of [this.points, this.marks]) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
    }
    this.draw();
  }

  // Pixels for a length of 1 along each axis.
  scales() {
    return this.spans.map((span, i) => this.zoom * Math.max(1, this.size[i] - 2 * MARGIN) / span);
  }

  toPixels(x, y) {
    const [across, up] = this.scales();
    return [this.size[0] / 2 + (x - this.middle[0]) * across, this.size[1] / 2 - (y - this.middle[1]) * up];
  }

  paint(painted) {
    this.painted = painted;
    this.draw();
  }

  draw() {
    if (!this.size) return;
    const context = this.points.getContext("2d");
    context.clearRect(0, 0, ...this.size);
    const radius = (this.n < 2000 ? 3.2 : 2) * Math.min(2, Math.sqrt(this.zoom));
    const [across, up] = this.scales();
    const [left, top] = [this.size[0] / 2 - this.middle[0] * across, this.size[1] / 2 + this.middle[1] * up];
    this.painted.colours.forEach((colour, number) => {
      context.beginPath();
      for (let i = 0; i < this.n; i += 1) {
        if (this.painted.of[i] !== number) continue;
        const [x, y] = [left + this.places[2 * i] * across, top - this.places[2 * i + 1] * up];
        if (x < -radius || y < -radius || x > this.size[0] + radius || y > this.size[1] + radius) continue;
        context.moveTo(x + radius, y);
        context.arc(x, y, radius, 0, 2 * Math.PI);
      }
      context.fillStyle = colour;
      context.fill();
    });
    this.mark();
  }

  // Mark the chosen point, the code of the sliders, and the line of a walk.
  show(shown) {
    Object.assign(this.shown, shown);
    this.mark();
  }

  mark() {
    if (!this.size) return;
    const context = this.marks.getContext("2d");
    context.clearRect(0, 0, ...this.size);
    const { chosen, code, path } = this.shown;
    if (path.length) {
      context.beginPath();
      path.forEach(([x, y], i) => context[i ? "lineTo" : "moveTo"](...this.toPixels(x, y)));
      this.stroke(context, 1.5, 1);
    }
    for (const [number, radius] of [[chosen, 7], [this.hovered, 6]]) {
      if (number < 0) continue;
      context.beginPath();
      context.arc(...this.toPixels(this.places[2 * number], this.places[2 * number + 1]), radius, 0, 2 * Math.PI);
      this.stroke(context, number === chosen ? 2.5 : 1.5);
    }
    if (code) {
      const [x, y] = this.toPixels(...code);
      context.beginPath();
      for (const [dx, dy] of [[9, 0], [0, 9]]) {
        context.moveTo(x - dx, y - dy);
        context.lineTo(x + dx, y + dy);
      }
      this.stroke(context, 2.5);
    }
  }

  stroke(context, width, edge = 3) {
    for (const [colour, more] of [["#ffffff", edge], ["#1a1d21", 0]]) {
      context.strokeStyle = colour;
      context.lineWidth = width + more;
      context.stroke();
    }
  }

  // The number of the point nearest to a pixel; -1 if none is near.
  nearest(x, y, near = NEAR) {
    const [across, up] = this.scales();
    const [left, top] = [this.size[0] / 2 - this.middle[0] * across, this.size[1] / 2 + this.middle[1] * up];
    let [best, distance] = [-1, near * near];
    for (let i = 0; i < this.n; i += 1) {
      const [dx, dy] = [left + this.places[2 * i] * across - x, top - this.places[2 * i + 1] * up - y];
      const away = dx * dx + dy * dy;
      if (away < distance) [best, distance] = [i, away];
    }
    return best;
  }

  hover(number) {
    if (number === this.hovered) return;
    this.hovered = number;
    this.mark();
    this.onHover(number);
  }

  pixelsOf(event) {
    const box = this.marks.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  down(event) {
    this.marks.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.pixelsOf(event));
    this.moved = false;
  }

  move(event) {
    const now = this.pixelsOf(event);
    const before = this.pointers.get(event.pointerId);
    if (!before) return this.hover(this.nearest(...now));
    if (this.pointers.size === 2) return this.pinch(event.pointerId, now);
    if (event.pointerType === "touch") return this.hover(this.nearest(...now));
    if (Math.hypot(now[0] - before[0], now[1] - before[1]) < 4 && !this.moved) return undefined;
    this.moved = true;
    this.pointers.set(event.pointerId, now);
    return this.pan(now[0] - before[0], now[1] - before[1]);
  }

  pinch(id, now) {
    const [other] = [...this.pointers].filter(([key]) => key !== id).map(([, place]) => place);
    const before = this.pointers.get(id);
    const apart = (place) => Math.hypot(place[0] - other[0], place[1] - other[1]) || 1;
    this.moved = true;
    this.pointers.set(id, now);
    this.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
    this.magnify(apart(now) / apart(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
  }

  up(event) {
    const wasDown = this.pointers.delete(event.pointerId);
    if (!wasDown || this.moved) return;
    const number = this.nearest(...this.pixelsOf(event));
    if (number >= 0) this.onChoose(number);
  }

  leave(event) {
    this.pointers.delete(event.pointerId);
    this.hover(-1);
  }

  wheel(event) {
    if (!event.ctrlKey && document.activeElement !== this.marks) return; // else the wheel scrolls the page
    event.preventDefault();
    this.magnify(Math.exp(-0.0015 * event.deltaY), ...this.pixelsOf(event));
  }

  pan(dx, dy) {
    const [across, up] = this.scales();
    this.middle = [this.middle[0] - dx / across, this.middle[1] + dy / up];
    this.draw();
  }

  // Zoom by a factor around a pixel, which keeps its position.
  magnify(factor, x = this.size[0] / 2, y = this.size[1] / 2) {
    const before = this.scales();
    const zoom = Math.min(200, Math.max(0.5, this.zoom * factor));
    const ratio = this.zoom / zoom;
    this.zoom = zoom;
    this.middle = [
      this.middle[0] + ((x - this.size[0] / 2) / before[0]) * (1 - ratio),
      this.middle[1] - ((y - this.size[1] / 2) / before[1]) * (1 - ratio),
    ];
    this.draw();
  }

  // Arrow keys choose the next point in a direction, with Shift they move the map; + and - zoom, 0 shows all.
  key(event) {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const way = ways[event.key];
    if (way && event.shiftKey) this.pan(-40 * way[0], -40 * way[1]);
    else if (way) this.step(way);
    else if (event.key === "+" || event.key === "=") this.magnify(1.4);
    else if (event.key === "-") this.magnify(1 / 1.4);
    else if (event.key === "0") this.reset();
    else return;
    event.preventDefault();
  }

  // Choose the nearest point in a direction, within 45 degrees of it.
  step([right, down]) {
    const from = this.shown.chosen < 0 ? [this.size[0] / 2, this.size[1] / 2] : this.pixelsOfPoint(this.shown.chosen);
    let [best, distance] = [-1, Infinity];
    for (let i = 0; i < this.n; i += 1) {
      if (i === this.shown.chosen) continue;
      const place = this.pixelsOfPoint(i);
      const [dx, dy] = [place[0] - from[0], place[1] - from[1]];
      const ahead = dx * right + dy * down;
      const away = Math.hypot(dx, dy);
      if (ahead > 0 && ahead >= 0.7 * away && away < distance) [best, distance] = [i, away];
    }
    if (best >= 0) this.onChoose(best);
  }

  pixelsOfPoint(number) {
    return this.toPixels(this.places[2 * number], this.places[2 * number + 1]);
  }
}
