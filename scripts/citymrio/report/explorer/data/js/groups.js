// Groups: flows between cities by quintile and structure of the emitter and quintile of the consumer (figure 2), cell by cell.

(() => {
  const QUINTILES = ["Q1", "Q2", "Q3", "Q4", "Q5"];
  const CLASSES = 5;
  const LISTED = 15;
  const UNITS = {
    percent: "%",
    mt: "Mt CO2",
    ratio: "",
  };

  const partsOf = (row) => [row.producer_quintile, row.producer_structure, row.consumer_quintile];
  const keyOf = (row) => partsOf(row).join(".");
  const structureName = (name) =>
    words.known(`class.${name}`, data.store.colours.structureNames[name] ?? name.replaceAll("_", " "));
  const unitName = (unit) => words.say(`groups.unit.${unit}`);
  let view = "main"; // that the numbers are by
  const rows = (by = view) => data.rows("flows_groups", by) ?? [];
  const has = () => rows().some((row) => row.mt > 0);
  const valueAdded = () => new Map((data.rows("va_per_emission", view) ?? []).map((row) => [keyOf(row), row]));
  const cities = () => data.rows("regions", view);
  const ratioUnit = () => data.column("va_per_emission", "ratio").unit;

  /** Value of a sum of cells in the unit that is shown. */
  function shown(cells, unit) {
    if (unit !== "ratio") return cells.reduce((total, row) => total + (row[unit] ?? 0), 0);
    const money = valueAdded();
    const carbon = cells.reduce((total, row) => total + row.mt, 0);
    return carbon ? cells.reduce((total, row) => total + (money.get(keyOf(row))?.value_added ?? 0), 0) / carbon : null;
  }

  /** What an ensemble has of a cell of figure 2, by its column: mt, percent, ratio. */
  function drawnOf(row, column) {
    const [table, name] = [column === "ratio" ? "va_per_emission" : "flows_groups", partsOf(row).join("/")];
    return (data.store.rows.cells ?? []).find((line) => line.table === table && line.column === column && line.row === name);
  }

  /** The interval of a cell, its ends in words and whether the number lies outside, where the ensemble is by the method in sight. */
  function intervalOf(row, unit) {
    const [own, value] = [estimates.ranged(view) && drawnOf(row, unit), shown([row], unit)];
    if (!own || own.low === null || (own.low === own.high && own.low === value)) return null;
    const ends = format.ends(own.low, own.high, unit === "percent" ? 2 : undefined);
    return { ends, outside: value !== null && (value < own.low || value > own.high) };
  }

  /** A row with the ensemble's columns beside its own, as the pages of tables have them. */
  const withRanges = (row) =>
    Object.assign(
      {},
      ...Object.entries(row).map(([column, value]) => {
        const own = estimates.ranged(view) && drawnOf(row, column);
        if (!own) return { [column]: value };
        return { [column]: value, [`ensemble_${column}`]: own.value, [`${column}_low`]: own.low, [`${column}_high`]: own.high };
      }),
    );

  const level = () => Math.round(100 * data.store.intervals.level);

  const text = (value, unit) =>
    value === null ? "" : value === 0 ? "0" : unit === "percent" ? format.number(value, 2) : format.short(value);
  const unitOf = (unit) => (unit === "ratio" ? ratioUnit() : words.unit(UNITS[unit]));

  /** Classes of colour with round bounds: even ones for ratios, 1, 2, 5 ... for amounts, most of which are small. */
  function classes(cells, unit) {
    const top = Math.max(...cells.map((row) => shown([row], unit) ?? 0));
    const rounds =
      unit === "ratio"
        ? d3.ticks(0, top, CLASSES + 1)
        : d3.range(-6, 7).flatMap((power) => [1, 2, 5].map((step) => Number(`${step}e${power}`)));
    const bounds = rounds.filter((bound) => bound > 0 && bound < top).slice(-CLASSES);
    const colours = [...bounds, top].map((_, i) => d3.interpolateLab("#f1f6f7", "#004a5a")(i / Math.max(1, bounds.length)));
    return { bounds, top, colour: (value) => colours[d3.bisectRight(bounds, value)], colours };
  }

  /** White below this lightness, black above it: both have a contrast of at least 4.5 on every shade. */
  const dark = (colour) => d3.lab(colour).l < 49;

  function legend({ bounds, top, colours }, unit, outside) {
    const ends = [0, ...bounds].map((bound) => format.number(bound)).concat(text(top, unit));
    const names = colours.map((_, i) => words.say("from.to", { low: ends[i], high: ends[i + 1] }));
    return [
      h(
        "p",
        { class: "note" },
        words.say(unit === "ratio" ? "groups.shade.ratio" : "groups.shade", {
          what: words.lower(unitName(unit)),
          unit: ratioUnit(),
        }),
      ),
      charts.key(colours.map((colour, i) => ({ colour, label: names[i] }))),
      estimates.ranged(view) && h("p", { class: "note" }, words.say("groups.ranges", { level: level() })),
      outside && h("p", { class: "note" }, words.say("groups.outside")),
    ];
  }

  function cellButton(row, unit, scale, chosen) {
    const [value, { ends, outside } = {}] = [shown([row], unit), intervalOf(row, unit) ?? {}];
    const range = ends && format.below(`${format.span(ends)}${outside ? " †" : ""}`);
    if (!row.mt) return h("td", { class: "number none" }, "0", range);
    const colour = scale.colour(value);
    const label = words.say("groups.cell", {
      ...{ cell: title(row), value: text(value, unit), unit: unitOf(unit) },
      range: ends ? answer.bracketed(ends) : "",
    });
    const button = h(
      "button",
      { type: "button", "aria-label": label, "aria-pressed": String(keyOf(row) === chosen), onclick: () => pick(keyOf(row)) },
      text(value, unit),
      range,
    );
    const cell = h("td", { class: "number cell" }, button);
    cell.style.background = colour;
    cell.style.color = dark(colour) ? "#fff" : "#000";
    return cell;
  }

  function pick(key) {
    state.set({ cell: key }, { push: true });
    const head = document.getElementById("cell-title");
    head.scrollIntoView({ block: "nearest" });
    announce(head.textContent);
  }

  /** The matrix as a table: rows by quintile and structure of the emitter, with subtotals; columns by quintile of the consumer. */
  function matrix(unit, chosen) {
    const all = rows();
    const structures = [...new Set(all.map((row) => row.producer_structure))];
    const scale = classes(all, unit);
    const total = (test) => h("td", { class: "number total" }, text(shown(all.filter(test), unit), unit));
    const body = QUINTILES.map((quintile) => {
      const counted = cities().filter((row) => row.quintile === quintile);
      const lines = structures.filter((structure) => counted.some((row) => row.structure === structure));
      const sub = h(
        "tr",
        { class: "subtotal" },
        h(
          "th",
          { scope: "row" },
          words.say(`class.${quintile}`),
          h("span", { class: "unit" }, ` ${words.count("count.cities", counted.length)}`),
        ),
        QUINTILES.map((consumer) => total((row) => row.producer_quintile === quintile && row.consumer_quintile === consumer)),
        total((row) => row.producer_quintile === quintile),
      );
      return h(
        "tbody",
        {},
        sub,
        lines.map((structure) =>
          h(
            "tr",
            {},
            h(
              "th",
              { scope: "row", class: "inner" },
              charts.swatch(data.store.colours.structure[structure] ?? "#999"),
              ` ${structureName(structure)}`,
              h("span", { class: "unit" }, ` ${counted.filter((row) => row.structure === structure).length}`),
            ),
            QUINTILES.map((consumer) =>
              cellButton(
                all.find((row) => keyOf(row) === [quintile, structure, consumer].join(".")),
                unit,
                scale,
                chosen,
              ),
            ),
            total((row) => row.producer_quintile === quintile && row.producer_structure === structure),
          ),
        ),
      );
    });
    const heads = h(
      "tr",
      {},
      h("th", { scope: "col" }, words.say("emitted.in")),
      QUINTILES.map((quintile) => h("th", { scope: "col", class: "number" }, words.say("groups.for", { quintile }))),
      h("th", { scope: "col", class: "number" }, words.say(unit === "ratio" ? "groups.all" : "sum")),
    );
    const foot = h(
      "tfoot",
      {},
      h(
        "tr",
        { class: "subtotal" },
        h("th", { scope: "row" }, words.say("groups.cities")),
        QUINTILES.map((consumer) => total((row) => row.consumer_quintile === consumer)),
        total(() => true),
      ),
    );
    const caption =
      unit === "ratio"
        ? words.say("groups.caption.ratio", { unit: unitOf(unit) })
        : words.say("groups.caption", { unit: unitOf(unit) });
    const table = h("table", { class: "matrix" }, h("caption", {}, caption), h("thead", {}, heads), body, foot);
    return [
      h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption }, table),
      legend(
        scale,
        unit,
        all.some((row) => intervalOf(row, unit)?.outside),
      ),
    ];
  }

  /** Flows between single cities behind a cell: pairs that the page holds, and their sums by emitter and by consumer, Mt. */
  function behind(key) {
    const [quintile, structure, consumer] = [key.slice(0, 2), key.slice(3, -3), key.slice(-2)];
    const emitters = cities().filter((row) => row.quintile === quintile && row.structure === structure);
    const consumers = cities().filter((row) => row.quintile === consumer);
    const pairs = [];
    for (const from of emitters) {
      for (const to of consumers) {
        const amount = from === to ? null : data.flow(from.region, to.region, view);
        if (amount) pairs.push({ origin: from.region, destination: to.region, mt: amount / 1e6 });
      }
    }
    const by = (side) =>
      [
        ...d3.rollup(
          pairs,
          (part) => d3.sum(part, (pair) => pair.mt),
          (pair) => pair[side],
        ),
      ].map(([region, mt]) => ({ region, mt }));
    pairs.sort((a, b) => b.mt - a.mt);
    return {
      row: rowOf(key),
      pairs,
      emitters: by("origin"),
      consumers: by("destination"),
      held: d3.sum(pairs, (pair) => pair.mt),
      counts: [emitters.length, consumers.length],
    };
  }

  /** The row of a cell; of one that this view has no flows in, noughts. */
  const rowOf = (key) =>
    rows().find((row) => keyOf(row) === key) ?? {
      producer_quintile: key.slice(0, 2),
      producer_structure: key.slice(3, -3),
      consumer_quintile: key.slice(-2),
      mt: 0,
      percent: 0,
    };

  const title = (row) =>
    words.say("groups.title", {
      quintile: row.producer_quintile,
      structure: structureName(row.producer_structure),
      consumer: row.consumer_quintile,
    });

  const tonnes = (value) => `${value} ${words.unit("Mt CO2")}`;

  /** The median and the interval of a cell, where an ensemble tells. */
  function interval(row) {
    const own = data.store.intervals && drawnOf(row, "mt");
    if (!own || own.low === null) return "";
    const { method } = data.store.intervals;
    return (
      words.gap() +
      words.say("groups.interval", {
        level: level(),
        method: method && !estimates.ranged(view) ? words.say("of.method", { method: words.method(method) }) : "",
        ends: format.span(format.ends(own.low, own.high), tonnes),
        median: tonnes(format.short(own.median)),
      })
    );
  }

  /** What the cell holds by the table, and by the single flows of the page, which are rounded. */
  function sentence({ row, held, counts, pairs }) {
    const listed =
      words.say("groups.listed", {
        emitters: words.count("count.cities", counts[0]),
        value: format.short(row.mt),
        percent: format.number(row.percent, 2),
        consumers: words.count("count.cities", counts[1]),
      }) +
      interval(row) +
      words.gap();
    if (data.store.flows && !(data.store.flows instanceof Float64Array)) {
      return listed + words.say("groups.kept", { count: pairs.length, share: format.percent(row.mt ? held / row.mt : 1) });
    }
    return (
      listed +
      words.say("groups.held", {
        held: format.number(held, 3),
        value: format.number(row.mt, 3),
      })
    );
  }

  const cityColumn = (key, label) => ({
    key,
    label,
    text: (row) => widgets.city(row[key]),
    search: (row) => data.nameOf(row[key]),
  });
  const amount = (label) => ({ key: "mt", label, number: true, unit: words.unit("Mt CO2"), decimals: 3 });
  const tableOf = (id, caption, columns) => widgets.table({ id, caption, columns, rows: [], sort: "mt", limit: LISTED });

  function build(root) {
    let found = null;
    const follows = () => view !== "main";
    const [shownMatrix, head, says, note] = [
      h("div"),
      h("h3", { id: "cell-title", tabindex: "-1" }),
      h("p"),
      h("p", { class: "note" }),
    ];
    const tables = {
      emitters: tableOf("cell-emitters", words.say("groups.emitters"), [
        cityColumn("region", words.say("flows.city")),
        amount(words.say("groups.emitted")),
      ]),
      consumers: tableOf("cell-consumers", words.say("groups.consumers"), [
        cityColumn("region", words.say("flows.city")),
        amount(words.say("groups.caused")),
      ]),
      pairs: tableOf("cell-pairs", words.say("groups.pairs"), [
        cityColumn("origin", words.say("emitted.in")),
        cityColumn("destination", words.say("compare.for")),
        amount(words.say("flows.amount")),
      ]),
    };
    const detail = h(
      "div",
      { class: "block", id: "cell" },
      head,
      says,
      h(
        "div",
        { class: "thirds" },
        Object.values(tables).map((table) => table.element),
      ),
      download.bar("flows_of_cell", { rows: () => found?.pairs ?? [], follows }),
    );
    root.append(
      h("h2", {}, words.say("tab.groups")),
      h("p", { class: "lead" }, words.say("groups.lead")),
      note,
      h(
        "div",
        { class: "controls" },
        widgets.select("groups_unit", words.say("show"), units()),
        widgets.select("cell", words.say("groups.of"), options()),
      ),
      shownMatrix,
      download.bar("flows_groups", { rows: () => rows().map(withRanges), follows }),
      detail,
    );
    return (values, changed) => {
      view = estimates.source(values.method);
      fill(note, view === values.method ? "" : estimates.note(values.method));
      if (shownMatrix.childElementCount && !["cell", "groups_unit", "method", "tab"].some((key) => changed.includes(key))) return;
      const focused = document.activeElement?.closest(".matrix") ? document.activeElement.getAttribute("aria-label") : null;
      fill(shownMatrix, matrix(values.groups_unit, values.cell));
      if (focused)
        [...shownMatrix.querySelectorAll("button")].find((button) => button.getAttribute("aria-label") === focused)?.focus();
      found = data.hasFlows(view) ? behind(values.cell) : null;
      fill(head, title(rowOf(values.cell)));
      fill(says, found ? sentence(found) : words.say("groups.noflows"));
      for (const [name, table] of Object.entries(tables)) table.update(found ? found[name] : []);
    };
  }

  const units = () =>
    Object.keys(UNITS)
      .filter((unit) => unit !== "ratio" || valueAdded().size)
      .map((unit) => [unit, unitName(unit)]);
  /** Cells with flows by any method, by their keys. */
  const filled = () =>
    new Map(estimates.whole().flatMap((by) => rows(by).flatMap((row) => (row.mt > 0 ? [[keyOf(row), row]] : []))));
  const options = () => [...filled()].map(([key, row]) => [key, title(row)]);

  function declare() {
    const largest = d3.greatest(rows(estimates.source(estimates.first())), (row) => row.mt);
    state.declare("groups_unit", "percent", (value) => units().some(([unit]) => unit === value));
    state.declare("cell", keyOf(largest), (value) => filled().has(value));
  }

  screen({ id: "groups", has, declare, build });
})();
