// The index of runs: makes its table sortable, and filters it.

document.querySelectorAll("[data-script]").forEach((element) => element.removeAttribute("hidden"));
copyingButtons();
new SortedTable(document.getElementById("index-runs"), {
  field: document.getElementById("index-filter"),
  said: document.getElementById("index-said"),
});
