
"use strict";
(() => {
  const table = document.querySelector("table.rows");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const frame = document.querySelector(".scroll");
  const heads = [...table.tHead.rows[0].cells];
  const text = (row, column) => row.cells[column].textContent;

  // A number as the page prints it: thousands parted, a real minus sign; blank cells are last in both orders.
  const amount = (shown) => Number(shown.replaceAll(",", "").replaceAll("\u2212", "-"));
  const order = new Intl.Collator("{{ page.order }}", { numeric: true });

  function sort(column, descending) {
    const keys = new Map(rows.map((row) => [row, text(row, column)]));
    const filled = rows.filter((row) => keys.get(row) !== "");
    const numeric = filled.every((row) => !Number.isNaN(amount(keys.get(row))));
    const compare = numeric
      ? (a, b) => amount(keys.get(a)) - amount(keys.get(b))
      : (a, b) => order.compare(keys.get(a), keys.get(b));
    filled.sort(descending ? (a, b) => compare(b, a) : compare);
    body.replaceChildren(...filled, ...rows.filter((row) => keys.get(row) === ""));
    for (const head of heads) head.removeAttribute("aria-sort");
    heads[column].setAttribute("aria-sort", descending ? "descending" : "ascending");
  }

  heads.forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      sort(column, head.getAttribute("aria-sort") === "ascending");
    });
  });

  // What a column means, beside its head: for the pointer, the keyboard and, as a tap brings the focus, for touch.
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  document.body.append(tip);
  const hide = () => { tip.hidden = true; };
  function show(event) {
    const button = event.currentTarget.querySelector("button");
    const meaning = document.getElementById(button.getAttribute("aria-describedby"));
    if (!meaning) return;
    tip.textContent = meaning.textContent;
    tip.hidden = false;
    const place = event.currentTarget.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(place.left, innerWidth - tip.offsetWidth - 4))}px`;
    tip.style.top = `${Math.min(place.bottom + 2, innerHeight - tip.offsetHeight - 4)}px`;
  }
  for (const head of heads) {
    head.addEventListener("pointerenter", show);
    head.addEventListener("pointerleave", (event) => { if (event.relatedTarget !== tip) hide(); });
    head.addEventListener("focusin", show);
    head.addEventListener("focusout", hide);
  }
  tip.addEventListener("pointerleave", hide);
  frame.addEventListener("scroll", hide, { passive: true });
  addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });

  // Rows that hold a text, whatever its case. Only a page that runs scripts shows the field.
  const tools = document.createElement("p");
  tools.className = "tools";
  const label = document.createElement("label");
  label.textContent = "{{ page.filter }}";
  const field = document.createElement("input");
  field.type = "search";
  const found = document.createElement("span");
  found.setAttribute("role", "status");
  label.append(field);
  tools.append(label, " ", found);
  frame.before(tools);
  const held = rows.map((row) => row.textContent.toLowerCase());
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    let count = 0;
    rows.forEach((row, n) => {
      row.hidden = !held[n].includes(wanted);
      if (!row.hidden) count += 1;
    });
    found.textContent = wanted ? `{{ page.found }}` : "";
  });

  // On paper, what the columns mean is below the table.
  addEventListener("beforeprint", () => { for (const more of document.querySelectorAll("details")) more.open = true; });

  // Widths stay as they are, whatever rows are shown; the second column stays beside the first; a head that has the focus is not
  // below those that stay.
  const widths = heads.map((head) => `${head.offsetWidth}px`);
  table.style.width = `${table.offsetWidth}px`;
  heads.forEach((head, column) => { head.style.width = widths[column]; });
  table.style.tableLayout = "fixed";
  table.style.setProperty("--first", widths[0]);
  const fixed = heads.filter((head) => getComputedStyle(head).left !== "auto");
  frame.style.scrollPaddingLeft = `${fixed.reduce((sum, head) => sum + head.offsetWidth, 0)}px`;
})();
