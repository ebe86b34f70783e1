// Colours of points: classes by a palette, numbers by a colour ramp.

const RAMP = ["#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838"];
const NONE = "#b9bec4";
const MANY_CLASSES = 10;

// The colour of every point, as a number in `colours`, and entries of a legend.
function colouring(by, palette) {
  return by.names ? ofClasses(by, palette) : ofNumbers(by);
}

function ofClasses({ values, names }, palette) {
  const counts = names.map(() => 0);
  for (const value of values) if (value >= 0) counts[value] += 1;
  const byCount = names.map((_, i) => i).sort((a, b) => counts[b] - counts[a] || a - b);
  const isFew = names.length <= MANY_CLASSES;
  const shown = isFew ? names.map((_, i) => i) : byCount.slice(0, MANY_CLASSES - 1).sort((a, b) => a - b);
  const place = new Map(shown.map((number, i) => [number, i]));
  const colours = [...palette.slice(0, shown.length), NONE];
  const legend = shown.map((number, i) => ({ colour: colours[i], text: names[number] || "(empty)" }));
  const others = names.length - shown.length;
  const isMissing = values.some((value) => !(value >= 0));
  if (others || isMissing) {
    const texts = [others ? `${others} others` : "", isMissing ? "none" : ""].filter(Boolean);
    legend.push({ colour: NONE, text: texts.join(" or ") });
  }
  return { colours, legend, of: Array.from(values, (value) => place.get(value) ?? shown.length) };
}

function ofNumbers({ values, unit }) {
  const known = Array.from(values).filter(Number.isFinite).sort((a, b) => a - b);
  // From the 1st to the 99th percentile, so that a few outliers do not use up the ramp.
  const [low, high] = [known[Math.floor(0.01 * known.length)], known[Math.ceil(0.99 * known.length) - 1]];
  const level = (value) => {
    if (!Number.isFinite(value)) return RAMP.length;
    const share = high > low ? (value - low) / (high - low) : 0.5;
    return Math.min(RAMP.length - 1, Math.max(0, Math.floor(share * RAMP.length)));
  };
  const inUnit = (value) => (unit ? `${figure(value)} ${unit}` : figure(value));
  const texts = { 0: `${inUnit(low)} or less`, [RAMP.length - 1]: `${inUnit(high)} or more` };
  const legend = known.length ? RAMP.map((colour, i) => ({ colour, text: texts[i] || "" })) : [];
  if (known.length < values.length) legend.push({ colour: NONE, text: "missing" });
  return { colours: [...RAMP, NONE], legend, of: Array.from(values, level) };
}
