// A table to sort by its columns, and to filter by words and comparisons: `failed latent_dim>=8 val_loss<25`.

const COMPARISON = /^([^<>=!]+)(<=|>=|!=|=|<|>)(.*)$/;
const isNumber = (text) => text !== "" && Number.isFinite(Number(text));

class SortedTable {
  // `field` is the input of the filter, `said` the element for its result; `onChange` is called after each change.
  constructor(table, { field, said, onChange = () => {} }) {
    Object.assign(this, { table, field, said, onChange });
    this.rows = [...table.tBodies[0].rows];
    this.columns = [...table.tHead.rows[0].cells].map((head, place) => ({ head, place, key: head.dataset.key }));
    this.asked = new Map(); // further conditions on rows, by name
    this.columns.filter(({ key }) => key).forEach((column) => this.makeButton(column));
    field.addEventListener("input", () => this.filter());
    this.filter();
  }

  makeButton({ head, place }) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const isRising = head.getAttribute("aria-sort") !== "ascending";
      this.columns.forEach((other) => other.head.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", isRising ? "ascending" : "descending");
      this.sort(place, isRising ? 1 : -1);
    });
  }

  // The exact value of a cell, as text.
  value(row, place) {
    const exact = row.cells[place].querySelector("data");
    return exact ? exact.value : row.cells[place].textContent.trim();
  }

  values(key) {
    const column = this.columns.find((one) => one.key === key);
    return this.rows.map((row) => this.value(row, column.place));
  }

  sort(place, sign) {
    const known = this.rows.map((row) => [row, this.value(row, place)]);
    const isEmpty = (text) => text === "" || text === "nan";
    known.sort(([, a], [, b]) => {
      if (isEmpty(a) || isEmpty(b)) return isEmpty(a) - isEmpty(b); // always last
      if (isNumber(a) && isNumber(b)) return sign * (Number(a) - Number(b));
      return sign * (isNumber(b) - isNumber(a) || a.localeCompare(b, "en", { numeric: true }));
    });
    this.table.tBodies[0].append(...known.map(([row]) => row));
  }

  // Set a further condition on rows under a name; null removes it.
  ask(name, holds) {
    if (holds) this.asked.set(name, holds);
    else this.asked.delete(name);
    this.filter();
  }

  filter() {
    const unknown = [];
    const conditions = [...this.conditions(unknown), ...this.asked.values()];
    let n = 0;
    for (const row of this.rows) {
      row.hidden = !conditions.every((holds) => holds(row));
      n += !row.hidden;
    }
    const names = unknown.map((name) => `“${name}”`).join(", ");
    const trouble = unknown.length ? ` No column is called ${names}; hold the pointer over a heading for its name.` : "";
    this.said.textContent = `${n} of ${this.rows.length} shown.${trouble}`;
    this.onChange();
  }

  *conditions(unknown) {
    for (const quoted of this.field.value.match(/(?:[^\s"]|"[^"]*"?)+/g) || []) {
      const term = quoted.replaceAll('"', "");
      const [, name, sign, wanted] = term.match(COMPARISON) || [];
      if (!sign) {
        const word = term.toLowerCase();
        yield (row) => row.textContent.toLowerCase().includes(word);
        continue;
      }
      const column = this.named(name);
      if (column) yield (row) => compare(this.value(row, column.place), sign, wanted);
      else unknown.push(name);
    }
  }

  // A column by its name, or by the part after a dot if only one name ends so.
  named(name) {
    const keys = this.columns.filter(({ key }) => key);
    const ends = keys.filter(({ key }) => key.endsWith(`.${name}`));
    return keys.find(({ key }) => key === name) || (ends.length === 1 ? ends[0] : undefined);
  }
}

function compare(value, sign, wanted) {
  const areNumbers = isNumber(value) && isNumber(wanted);
  const [a, b] = areNumbers ? [Number(value), Number(wanted)] : [value.toLowerCase(), wanted.toLowerCase()];
  if (sign === "=") return a === b;
  if (sign === "!=") return a !== b;
  return areNumbers && { "<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b }[sign];
}
