// Observations that are rows of values: a table of columns, or lines if there are many.

const MANY_COLUMNS = 40;
const LIKELY = 3; // how many categories are shown, the most probable first
const STEPS = 5; // codes of a walk in its table
const DAY = 86400;

// A function that writes a column's values: names of categories, dates, or numbers with their decimals.
function writer({ categories, date, decimals }) {
  if (categories) return (value) => categories[Math.min(categories.length - 1, Math.max(0, Math.round(value)))] || "(empty)";
  if (date) return (value) => written(date, value);
  if (decimals !== undefined) return (value) => value.toFixed(decimals);
  return figure;
}

function written({ origin, step }, days) {
  const seconds = origin + Math.round(days * DAY / step) * step;
  if (Math.abs(seconds) > 6e10) return figure(days);
  const text = new Date(1000 * seconds).toISOString();
  return step >= DAY ? text.slice(0, 10) : text.slice(0, 19).replace("T", " ");
}

class Rows {
  constructor({ facts, arrays }) {
    Object.assign(this, { facts, x: arrays.x, offset: arrays.offset.data, divisor: arrays.divisor.data });
    this.n = sizeOf(facts.shape);
    this.names = facts.columns || Array.from({ length: this.n }, (_, i) => `value ${i}`);
    this.forms = facts.forms || this.names.map(() => ({}));
    this.writers = this.forms.map(writer);
    this.values = {};
  }

  build(shown) {
    const place = element("values");
    place.parentElement.hidden = false;
    element("pictures").hidden = true;
    this.titles = { original: "Original" };
    if (shown.reconstruction) this.titles.reconstruction = "Reconstruction";
    if (shown.decoded) this.titles.decoded = "At the sliders";
    if (this.n > MANY_COLUMNS) {
      this.chart = new Chart(place, Object.values(this.titles));
      return;
    }
    this.cells = this.table(place, Object.values(this.titles));
  }

  // Make a table with a row per column of the data; returns its cells, a list per title.
  table(place, titles) {
    const table = document.createElement("table");
    table.className = "values";
    const head = table.createTHead().insertRow();
    for (const title of ["Column", ...titles]) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = title;
      head.append(cell);
    }
    const body = table.createTBody();
    const cells = titles.map(() => []);
    for (const name of this.names) {
      const row = body.insertRow();
      const cell = document.createElement("th");
      cell.scope = "row";
      cell.textContent = name;
      row.append(cell);
      titles.forEach((_, i) => cells[i].push(row.insertCell()));
    }
    place.replaceChildren(table);
    return cells;
  }

  // Values in the units of the data.
  units(values) {
    return Float64Array.from(values, (value, i) => value * this.divisor[i] + this.offset[i]);
  }

  text(column, value) {
    return Number.isNaN(value) ? "missing" : this.writers[column](value);
  }

  // The decoded value of a column: the most probable categories with their probabilities, or a number.
  decodedText(column, values, outputs) {
    const which = this.facts.probabilities[column];
    if (!which) return this.text(column, values[column]);
    const own = outputs[which.output].data.subarray(which.at, which.at + which.n);
    const shares = Array.from(own, (share, i) => [share, i]).sort((a, b) => b[0] - a[0] || a[1] - b[1]);
    return shares.slice(0, LIKELY).map(([share, i]) => `${this.writers[column](i)}: ${Math.round(100 * share)}\u00a0%`).join(", ");
  }

  fill(name, values, texts) {
    const number = Object.keys(this.titles).indexOf(name);
    this.values[name] = values;
    if (this.chart) this.chart.draw(Object.keys(this.titles).map((title) => this.values[title]));
    else this.cells[number].forEach((cell, column) => { cell.textContent = texts(column); });
  }

  original(number) {
    this.kept("original", this.x, number);
  }

  // Show one of the stored rows.
  kept(name, rows, number) {
    const values = this.units(rows.data.subarray(number * this.n, (number + 1) * this.n));
    this.fill(name, values, (column) => this.text(column, values[column]));
  }

  decoded(name, outputs) {
    const values = this.units(outputs[0].data);
    this.fill(name, values, (column) => this.decodedText(column, values, outputs));
  }

  strip(place, outputs) {
    const chosen = Array.from({ length: STEPS }, (_, i) => outputs[Math.round(i * (outputs.length - 1) / (STEPS - 1))]);
    place.className = "scroll way";
    if (this.chart) {
      this.way = this.way || new Chart(place, chosen.map((_, i) => `${i + 1}`));
      this.way.draw(chosen.map(([mean]) => this.units(mean.data)));
      return;
    }
    const cells = this.table(place, chosen.map((_, i) => `${i + 1}`));
    chosen.forEach(([mean], i) => {
      const values = this.units(mean.data);
      cells[i].forEach((cell, column) => { cell.textContent = this.text(column, values[column]); });
    });
  }
}
