// Drawing in SVG, and the colours of jobs.

const JOB_COLOURS = RAMP.slice(0, 8); // the last two are too light for lines
const NO_RESULT = "#8a9199";

function drawn(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// A number with few digits, for the ends of axes.
function short(value) {
  const size = Math.abs(value);
  if (size >= 1e5 || (size > 0 && size < 1e-3)) return value.toExponential(1).replace("e+", "e");
  return String(Number(value.toPrecision(4)));
}

// A colour for every job by its objective: the best is dark.
function coloursOf(values, isLargeBest) {
  const known = values.filter(isNumber).map(Number).sort((a, b) => a - b);
  const [low, high] = [known[0], known[Math.ceil(0.9 * known.length) - 1]];
  return values.map((text) => {
    if (!isNumber(text)) return NO_RESULT;
    const share = high > low ? Math.min(1, Math.max(0, (Number(text) - low) / (high - low))) : 0;
    const place = isLargeBest ? 1 - share : share;
    return JOB_COLOURS[Math.min(JOB_COLOURS.length - 1, Math.floor(place * JOB_COLOURS.length))];
  });
}

// The line of a job: the more lines, the more transparent each.
function lineOf(job, d, n, onPoint) {
  const path = drawn("path", { d, stroke: job.colour, "stroke-opacity": Math.min(0.8, 6 / Math.sqrt(n)).toFixed(2) });
  path.style.pointerEvents = "stroke";
  path.addEventListener("pointerenter", () => onPoint(job));
  path.addEventListener("pointerleave", () => onPoint(null));
  path.addEventListener("click", () => job.row.scrollIntoView({ block: "center" }));
  return path;
}
