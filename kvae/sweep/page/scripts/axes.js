// An axis of a key or a metric: the position of a value, from 0 to 1, and the texts of the ticks.

const MANY_NAMES = 12;

// `texts` are the values of all jobs; null where they do not differ.
function axisOf(key, texts, isKey) {
  const known = [...new Set(texts.filter((text) => text !== ""))];
  if (known.length < 2) return null;
  return known.every(isNumber) ? axisOfNumbers(key, known.map(Number), isKey) : axisOfNames(key, known, isKey);
}

function axisOfNumbers(key, known, isKey) {
  const sorted = known.sort((a, b) => a - b);
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))];
  // An outlier is drawn at the end of the axis, so that it does not squeeze all others together.
  const reach = 0.5 * (at(0.9) - at(0.1));
  const isFew = isKey || sorted.length < 5;
  const low = isFew ? sorted[0] : Math.max(sorted[0], at(0.1) - reach);
  const high = isFew ? sorted.at(-1) : Math.min(sorted.at(-1), at(0.9) + reach);
  const isLog = isKey && low > 0 && high / low >= 10;
  const of = isLog ? Math.log : (value) => value;
  const place = (text) => isNumber(text) ? Math.min(1, Math.max(0, (of(Number(text)) - of(low)) / (of(high) - of(low)))) : null;
  const values = sorted.length <= 8 && isKey ? sorted : [low, high];
  const ticks = values.map((value) => ({ at: place(String(value)), text: short(value) }));
  if (low > sorted[0]) ticks[0].text += " or less";
  if (high < sorted.at(-1)) ticks.at(-1).text += " or more";
  const back = (share) => (isLog ? low * (high / low) ** share : low + share * (high - low));
  const keeps = (from, to) => (text) => { const one = place(text); return one !== null && one >= from && one <= to; };
  return { key, isKey, place, ticks, keeps, said: (from, to) => `${key} from ${short(back(from))} to ${short(back(to))}` };
}

function axisOfNames(key, known, isKey) {
  const names = known.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const where = new Map(names.map((name, i) => [name, i / (names.length - 1)]));
  const place = (text) => where.get(text) ?? null;
  const step = Math.ceil(names.length / MANY_NAMES);
  const cut = (name) => (name.length > 16 ? `${name.slice(0, 15)}…` : name);
  const ticks = names.filter((_, i) => i % step === 0).map((name) => ({ at: place(name), text: cut(name) }));
  const within = (from, to) => names.filter((name) => place(name) >= from && place(name) <= to);
  const keeps = (from, to) => (text) => within(from, to).includes(text);
  return { key, isKey, place, ticks, keeps, said: (from, to) => `${key}: ${within(from, to).map(cut).join(", ") || "none"}` };
}
