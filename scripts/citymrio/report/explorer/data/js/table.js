// Tables: sortable by their heads, filtered by a word, drawn in parts where they are long.

widgets.table = (() => {
  const PART = 100;

  /**
   * A table of rows.
   * columns: [{key, label, unit, meaning, decimals, value(row), text(row, decimals), number: true, align: true, optional: true}]: `align` gives all the same decimals; an `optional` one is left out where it has no value; `text` gives what is shown (text or an
   * element), `value` what is sorted by. `foot`: rows below, never sorted (others, totals). `filter`: a field for a word.
   * `row(element, row)` may mark a line; `limit` draws the first lines only, `part` these until all are asked for. Returns {element, update(rows, foot), show({key, down, filter})}.
   */
  return function table({
    id = null,
    caption,
    columns,
    rows,
    foot = [],
    sort = null,
    descending = true,
    limit = null,
    part = PART,
    filter = false,
    ...more
  }) {
    let order = { key: sort, descending };
    let [word, whole] = ["", false];
    let digits = new Map();
    const [named, body, below] = [h("caption"), h("tbody"), h("tfoot")];
    const counted = h("span", { class: "note", role: "status" });
    const all = h("button", { type: "button", class: "more", onclick: everything });
    function everything() {
      whole = true;
      draw();
    }
    const value = (column, line) => (column.value ? column.value(line) : line[column.key]);
    const blank = (one) => one === null || one === undefined || one === "";

    function compare(column) {
      const sign = order.descending ? -1 : 1;
      return (a, b) => {
        const [x, y] = [value(column, a), value(column, b)];
        if (blank(x) || blank(y)) return blank(x) - blank(y);
        return sign * (typeof x === "number" ? x - y : String(x).localeCompare(String(y)));
      };
    }

    const first = columns.find((column) => !column.number) ?? columns[0]; // names the row

    const heads = columns.map((column) =>
      h(
        "th",
        { scope: "col", class: column.number ? "number" : "text", title: column.meaning || null },
        h("button", { type: "button", class: "sort", onclick: () => by(column) }, column.label),
        column.unit && h("span", { class: "unit" }, column.unit),
      ),
    );

    function by(column) {
      order = { key: column.key, descending: order.key === column.key ? !order.descending : Boolean(column.number) };
      draw();
      more.onsort?.(order);
    }

    const shown = (column, line) =>
      column.text
        ? column.text(line, digits.get(column))
        : column.number
          ? format.number(value(column, line), digits.get(column))
          : (value(column, line) ?? "");
    /** Decimals of a column: its own, else with `align` those that suit its values. */
    const decimals = (column) =>
      column.decimals ?? (column.align ? format.decimals(rows.map((line) => value(column, line))) : null);
    const searched = (line) =>
      columns.filter((column) => !column.number).map((column) => column.search?.(line) ?? value(column, line));
    const found = () =>
      word ? rows.filter((line) => finder.plain(searched(line).join(" ")).includes(finder.plain(word))) : rows;

    /** Columns in sight. */
    const seen = () => {
      const lines = [...rows, ...foot];
      return columns.filter((column) => !column.optional || lines.some((line) => !blank(value(column, line))));
    };

    function element(line) {
      const cells = seen().map((column) => {
        const heads = column === first;
        return h(
          heads ? "th" : "td",
          { class: column.number ? "number" : "text", scope: heads ? "row" : null },
          shown(column, line),
        );
      });
      const made = h("tr", {}, cells);
      more.row?.(made, line);
      return made;
    }

    function draw() {
      const column = columns.find((entry) => entry.key === order.key);
      const kept = column ? [...found()].sort(compare(column)) : found();
      digits = new Map(columns.map((entry) => [entry, decimals(entry)]));
      const count = limit ?? (whole ? kept.length : part);
      const shown = new Set(seen());
      heads.forEach((head, i) => {
        head.hidden = !shown.has(columns[i]);
        if (columns[i].key === order.key) head.setAttribute("aria-sort", order.descending ? "descending" : "ascending");
        else head.removeAttribute("aria-sort");
      });
      fill(body, kept.slice(0, count).map(element));
      fill(below, foot.map(element));
      all.hidden = limit !== null || kept.length <= count;
      fill(all, words.say("table.all", { count: kept.length }));
      fill(named, caption, all.hidden ? "" : words.say("table.first", { count, all: kept.length }));
      fill(counted, word ? words.say("table.found", { count: kept.length, all: rows.length }) : "");
    }

    const field = h("input", { type: "search", id: id && `${id}-filter`, oninput: (event) => filtered(event.target.value) });
    function filtered(text) {
      [word, whole] = [text.trim(), false];
      draw();
      more.onfilter?.(word);
    }

    draw();
    const made = h("table", { id }, named, h("thead", {}, h("tr", {}, heads)), body, below);
    const update = (others, otherFoot = foot) => {
      [rows, foot] = [others, otherFoot];
      draw();
    };
    /** The order and the word of the address, without telling anybody. */
    function show({ key, down, filter: text = word }) {
      if (field.value.trim() !== text) field.value = text;
      [order, word] = [{ key, descending: down }, text];
      draw();
    }
    const scroll = h(
      "div",
      { class: rows.length > 20 ? "scroll long" : "scroll", tabindex: 0, role: "region", "aria-label": caption },
      made,
    );
    const asked = `${filter === true ? words.say("table.filter") : filter} `;
    const control = filter && h("div", { class: "control" }, h("label", {}, asked, field), counted);
    return { element: h("div", { class: "table" }, control, scroll, all, widgets.meanings(columns)), update, show };
  };
})();

/** What the columns mean, for those who cannot hover over a head. */
widgets.meanings = (columns) => {
  const known = columns.filter((column) => column.meaning);
  if (known.length < 3) return null;
  const list = known.map((column) => [
    h("dt", {}, column.label),
    h("dd", {}, column.meaning, column.unit && words.say("brackets", { text: column.unit })),
  ]);
  return h("details", { class: "meanings" }, h("summary", {}, words.say("table.meanings")), h("dl", {}, list));
};
