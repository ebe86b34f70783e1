// Lines over the columns of a row, for rows with too many values for a table.

const LINES = ["#1a1d21", "#0072B2", "#D55E00", "#009E73", "#CC79A7"];
const HEIGHT = 220;

class Chart {
  constructor(place, titles) {
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", `Lines over the values of a row: ${titles.join(", ")}`);
    const legend = document.createElement("ul");
    legend.className = "legend";
    titles.forEach((title, i) => {
      const item = document.createElement("li");
      const patch = document.createElement("span");
      patch.style.background = LINES[i % LINES.length];
      item.append(patch, title);
      legend.append(item);
    });
    this.ends = document.createElement("li");
    legend.append(this.ends);
    const picture = document.createElement("div");
    picture.className = "picture";
    picture.append(this.canvas);
    place.replaceChildren(picture, legend);
  }

  draw(lines) {
    const ratio = window.devicePixelRatio || 1;
    const width = this.canvas.clientWidth || 480;
    [this.canvas.width, this.canvas.height] = [Math.round(width * ratio), Math.round(HEIGHT * ratio)];
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    const known = lines.filter(Boolean);
    const all = known.flatMap((line) => Array.from(line)).filter(Number.isFinite);
    if (!all.length) return;
    const low = all.reduce((least, value) => Math.min(least, value));
    const high = all.reduce((most, value) => Math.max(most, value));
    this.ends.textContent = `from ${figure(low)} to ${figure(high)}`;
    lines.forEach((line, i) => {
      if (!line) return;
      context.beginPath();
      let isOpen = false;
      line.forEach((value, column) => {
        if (!Number.isFinite(value)) { isOpen = false; return; }
        const x = 6 + (width - 12) * column / Math.max(1, line.length - 1);
        const y = HEIGHT - 8 - (HEIGHT - 16) * (value - low) / (high - low || 1);
        context[isOpen ? "lineTo" : "moveTo"](x, y);
        isOpen = true;
      });
      context.strokeStyle = LINES[i % LINES.length];
      context.lineWidth = 1.5;
      context.stroke();
    });
  }
}
