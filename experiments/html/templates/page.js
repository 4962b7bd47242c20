"use strict";
// Without this script the page shows everything; with it, tables can be sorted and filtered.
for (const box of document.querySelectorAll(".table")) {
  const body = box.querySelector("tbody");
  const sortable = body.rows.length > 3; // a glance sorts the rest
  const heads = [...box.querySelectorAll("thead th")];
  const full = (row, column) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
  const order = (a, b) => {
    const [x, y] = [Number(a), Number(b)];
    return a !== "" && b !== "" && !Number.isNaN(x) && !Number.isNaN(y) ? x - y : a.localeCompare(b, "en");
  };
  const empty = (text) => text === "" || text === "—";
  if (sortable) heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows].sort((a, b) => {
        const [x, y] = [full(a, column), full(b, column)];
        if (empty(x) || empty(y)) return empty(x) - empty(y); // cells without a value come last either way
        return down ? order(y, x) : order(x, y);
      });
      body.append(...rows);
    });
  });
  const controls = box.querySelector(".controls");
  if (!controls) continue;
  const search = controls.querySelector("input");
  const lists = [...controls.querySelectorAll("select")];
  const filter = () => {
    const wanted = search.value.trim().toLowerCase();
    let shown = 0;
    for (const row of body.rows) {
      const chosen = lists.every((list) => !list.value || row.cells[list.dataset.column].textContent.trim() === list.value);
      row.hidden = !(chosen && row.textContent.toLowerCase().includes(wanted));
      shown += !row.hidden;
    }
    controls.querySelector("output").value = `${shown} of ${body.rows.length} rows`;
  };
  controls.hidden = false;
  controls.addEventListener("input", filter);
  filter();
}
// What is folded would be missing on paper.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => (part.open = true)));
