// The index of runs: its table can be sorted and filtered.

document.querySelectorAll("[data-script]").forEach((element) => element.removeAttribute("hidden"));
copyingButtons();
new SortedTable(document.getElementById("index-runs"), {
  field: document.getElementById("index-filter"),
  said: document.getElementById("index-said"),
});
