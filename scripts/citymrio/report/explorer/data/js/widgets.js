// Controls and tables that several screens use. A control is bound to a choice of state.js.

const widgets = (() => {
  /** A list to choose from: options are [value, label]. */
  function select(name, label, options) {
    const control = h(
      "select",
      { id: `choose-${name}`, onchange: (event) => state.set({ [name]: typed(name, event.target.value) }) },
      options.map(([value, text]) => h("option", { value }, text)),
    );
    const show = (values) => {
      control.value = String(values[name]);
    };
    state.subscribe(show);
    show(state.get());
    return h("label", { class: "control" }, h("span", {}, label), control);
  }

  /** A number on a range, with its value beside it and a field for typing it. */
  function slider(name, label, { min, max, step, unit = "" }) {
    const set = (event) => state.set({ [name]: Number(event.target.value) });
    const range = h("input", { type: "range", id: `slide-${name}`, min, max, step, oninput: set, "aria-label": label });
    const field = h("input", { type: "number", id: `type-${name}`, min, max, step, onchange: set });
    const show = (values) => {
      range.value = values[name];
      if (document.activeElement !== field) field.value = values[name];
    };
    state.subscribe(show);
    show(state.get());
    return h("label", { class: "control" }, h("span", {}, `${label}${unit && ` (${unit})`}`), range, field);
  }

  const typed = (name, text) => (typeof state.get()[name] === "number" ? Number(text) : text);

  /**
   * A table of rows, sortable by its heads.
   * columns: [{key, label, unit, meaning, value(row), text(row), number: true}]; `row(element, row)` may mark a line.
   */
  function table({ caption, columns, rows, sort = null, descending = true, limit = null, row = () => {} }) {
    let order = { key: sort, descending };
    const body = h("tbody");
    const value = (column, line) => (column.value ? column.value(line) : line[column.key]);
    const compare = (column) => (a, b) => {
      const [x, y] = [value(column, a), value(column, b)];
      if (x === null || x === undefined) return 1;
      if (y === null || y === undefined) return -1;
      return (x < y ? -1 : x > y ? 1 : 0) * (order.descending ? -1 : 1);
    };
    const heads = columns.map((column) =>
      h(
        "th",
        { scope: "col", class: column.number ? "number" : "text", title: column.meaning },
        h("button", { type: "button", class: "sort", onclick: () => by(column) }, column.label),
        column.unit && h("span", { class: "unit" }, column.unit),
      ),
    );
    function by(column) {
      order = { key: column.key, descending: order.key === column.key ? !order.descending : Boolean(column.number) };
      draw();
    }
    function draw() {
      const column = columns.find((entry) => entry.key === order.key);
      const sorted = column ? [...rows].sort(compare(column)) : rows;
      heads.forEach((head, i) => {
        if (columns[i].key === order.key) head.setAttribute("aria-sort", order.descending ? "descending" : "ascending");
        else head.removeAttribute("aria-sort");
      });
      fill(
        body,
        sorted.slice(0, limit ?? sorted.length).map((line) => {
          const cells = columns.map((entry, i) =>
            h(i ? "td" : "th", { class: entry.number ? "number" : "text", scope: i ? null : "row" }, cell(entry, line)),
          );
          const element = h("tr", {}, cells);
          row(element, line);
          return element;
        }),
      );
    }
    const cell = (column, line) =>
      column.text ? column.text(line) : column.number ? format.number(value(column, line), column.decimals ?? null) : (value(column, line) ?? "");
    draw();
    const element = h("table", {}, h("caption", {}, caption), h("thead", {}, h("tr", {}, heads)), body);
    const update = (others) => {
      rows = others;
      draw();
    };
    return { element: h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption }, element), update };
  }

  /** A link to a city's screen. */
  const city = (code) =>
    h(
      "a",
      {
        href: `#city=${encodeURIComponent(code)}&tab=city`,
        onclick: (event) => {
          event.preventDefault();
          state.set({ city: code, tab: "city" }, { push: true });
        },
      },
      data.nameOf(code),
    );

  return { select, slider, table, city };
})();
