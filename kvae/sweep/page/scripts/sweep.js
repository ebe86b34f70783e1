// The page of a sweep: table, lines and curves show the same jobs, and highlight the same one.

const MOST_AXES = 8;
const found = (name) => document.getElementById(`sweep-${name}`);

function sweepPage() {
  document.querySelectorAll("[data-script]").forEach((element) => element.removeAttribute("hidden"));
  copyingButtons();
  const views = [];
  const table = found("jobs");
  const sorted = new SortedTable(table, { field: found("filter"), said: found("said"), onChange: () => update() });
  const jobs = sorted.rows.map((row) => ({ row, number: row.dataset.job, values: new Map() }));
  for (const { key } of sorted.columns) sorted.values(key).forEach((value, i) => jobs[i].values.set(key, value));
  const { objective, better } = table.dataset;
  const results = jobs.map((job) => job.values.get(objective) ?? "");
  coloursOf(results, better === "higher").forEach((colour, i) => { jobs[i].colour = colour; });
  found("all")?.addEventListener("change", ({ target }) => table.classList.toggle("everything", target.checked));
  views.push(...[parallelOf(table, sorted, jobs, point), curvesOf(jobs, point)].filter(Boolean));
  found("reset").addEventListener("click", () => {
    found("filter").value = "";
    views.forEach((view) => view.reset());
    sorted.filter();
  });

  function update() {
    views.forEach((view) => view.update());
  }

  function point(job) {
    jobs.forEach((one) => one.row.classList.toggle("lit", one === job));
    views.forEach((view) => view.light(job));
    const keys = sorted.columns.slice(3, 3 + Number(table.dataset.keys)).map(({ key }) => key);
    const settings = job ? keys.map((key) => `${key}=${job.values.get(key)}`).join(" ") : "";
    const result = job && job.values.get(objective);
    const text = job ? `#${job.number} ${settings}${isNumber(result) ? `: ${objective} ${short(Number(result))}` : ""}` : "";
    for (const name of ["pointed", "curve"]) if (found(name)) found(name).textContent = text;
  }

  for (const job of jobs) {
    job.row.addEventListener("pointerenter", () => point(job));
    job.row.addEventListener("pointerleave", () => point(null));
    job.row.addEventListener("focusin", () => point(job));
  }
  update();
}

function parallelOf(table, sorted, jobs, onPoint) {
  if (!found("parallel")) return null;
  const first = 3; // keys come after the columns job, state and objective
  const areKeys = (place) => place >= first && place < first + Number(table.dataset.keys);
  const columns = sorted.columns.filter(({ key }) => !["job", "state"].includes(key));
  const all = columns.map(({ key, place }) => axisOf(key, jobs.map((job) => job.values.get(key)), areKeys(place))).filter(Boolean);
  // Order of axes: keys first, then metrics, the objective last.
  const rank = (axis) => (axis.isKey ? 0 : axis.key === table.dataset.objective ? 2 : 1);
  all.sort((a, b) => rank(a) - rank(b));
  const isShownFirst = (axis) => axis.key !== "seed" && !columns.find(({ key }) => key === axis.key).head.classList.contains("more");
  const shown = new Set([...all.filter((axis) => axis.isKey && isShownFirst(axis)), ...all.filter((axis) => !axis.isKey && isShownFirst(axis)).reverse()].slice(0, MOST_AXES));
  const chips = new Map();
  const parallel = new Parallel(found("parallel"), {
    jobs,
    onPoint,
    onKeep(axis, range) {
      chips.get(axis.key)?.remove();
      chips.delete(axis.key);
      if (range) {
        const chip = document.createElement("button");
        chip.type = "button";
        chip.textContent = `${axis.said(...range)} ✕`;
        chip.title = "Clear this selection";
        chip.addEventListener("click", () => parallel.keep(axis, null));
        chips.set(axis.key, chip);
        found("kept").append(chip);
      }
      const place = sorted.columns.find(({ key }) => key === axis.key).place;
      const keeps = range && axis.keeps(...range);
      sorted.ask(axis.key, keeps && ((row) => keeps(sorted.value(row, place))));
    },
  });
  const show = () => parallel.show(all.filter((axis) => shown.has(axis)));
  for (const axis of all) {
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = shown.has(axis);
    box.addEventListener("change", () => {
      shown[box.checked ? "add" : "delete"](axis);
      if (!box.checked && parallel.kept.has(axis.key)) parallel.keep(axis, null);
      show();
    });
    label.append(box, axis.key);
    found("axes").append(label);
  }
  show();
  const reset = () => all.filter((axis) => parallel.kept.has(axis.key)).forEach((axis) => parallel.keep(axis, null));
  return { update: () => parallel.update(), light: (job) => parallel.light(job), reset };
}

function curvesOf(jobs, onPoint) {
  if (!found("facts")) return null;
  const facts = JSON.parse(found("facts").textContent);
  const curves = new Curves(found("curves"), { jobs, facts, onPoint });
  for (const name of facts.names) found("quantity").append(new Option(name));
  found("quantity").addEventListener("change", ({ target }) => curves.set({ name: target.value }));
  found("beginning").addEventListener("change", ({ target }) => curves.set({ isWhole: target.checked }));
  found("log").addEventListener("change", ({ target }) => curves.set({ isLog: target.checked }));
  return { update: () => curves.draw(), light: (job) => curves.light(job), reset: () => {} };
}

sweepPage();
