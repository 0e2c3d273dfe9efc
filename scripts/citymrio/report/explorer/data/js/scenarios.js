// Scenarios: levers at the left, and what they do at once: types, savings, quota, deficits, cities that change.

(() => {
  const SIDES = { technology: "Technology", demand: "Demand", sum: "Both, added up", joint: "Both at once" };
  const WAYS = { shift: "shifted", cut: "cut", capped: "plausible intensities only" };
  const QUIET = 700; // ms after the last move before a reader of the screen is told
  let [own, later] = [null, null];

  const named = (row) => `${SIDES[row.side] ?? row.side.replaceAll("_", " ")}, ${row.depth}`;
  const whole = (row) => `${named(row)}${row.mode ? `, ${WAYS[row.mode] ?? row.mode}` : ""}`;
  const mt = (value) => (value === null || value === undefined ? "not computed" : `${format.short(value)} Mt`);
  const typeName = (type) => (type === "none" ? "none" : (data.store.colours.typeNames[type] ?? type));
  const caseName = (name) => {
    const { quintiles } = engine.block().lifted[name];
    return `Deficit of lifting ${quintiles[0]} to ${quintiles.at(-1)}`;
  };
  const total = (counts) => sum(Object.values(counts));
  const listed = (counts) =>
    Object.entries(counts)
      .map(([type, count]) => `${count} ${typeName(type).toLowerCase()}`)
      .join(", ");

  /** What the paper prints beside, by the numbers of its list. */
  const PRINTED = {
    demand: "T156",
    technology: "T157",
    hybrid: "T158",
    technology_light: "T176",
    technology_deep: "T178",
    demand_light: "T180",
    demand_deep: "T182",
    to_q3: "T193",
    to_q2: "T197",
  };
  function printed(name) {
    const row = (data.store.rows.paper_comparison ?? []).find((line) => line.id === PRINTED[name]);
    const value = row && String(row.comparable).toLowerCase() === "true" ? Number(row.paper) : NaN;
    return Number.isFinite(value) ? value : null;
  }

  /** What headline.csv calls a number of this screen. */
  const NAMED = { super: "of any type", to_q3: "lifting Q4 and Q5 to Q3", to_q2: "lifting Q3, Q4 and Q5 to Q2" };
  const OF_SIDE = {
    technology: "technology side",
    demand: "demand side",
    sum: "both sides added up",
    joint: "both sides at once",
  };

  /** The interval of a number of the run, where an ensemble ran, with what the ensemble reports. */
  function spread(id) {
    const [side, depth] = id.split("-");
    const row = (data.store.rows.headline ?? []).find((line) => line.quantity === (NAMED[id] ?? `${OF_SIDE[side]}, ${depth}`));
    if (!row || row.low === null || row.low === undefined) return false;
    const { level, method } = data.store.intervals ?? {};
    const amount = id === "super" ? (value) => format.number(value, 0) : mt;
    return `${Math.round(100 * level)}% interval of the run${method ? `, ${method} method` : ""}: ${amount(row.low)} to ${amount(row.high)}, median ${amount(row.median)}`;
  }

  const headline = (found, side, depth) =>
    found.scenarios.find((row) => row.side === side && row.depth === depth && row.headline) ?? null;

  /** The numbers that a reader looks at first: [words, value, of the run, of the paper]. */
  function numbers(found) {
    const rows = [["Super-emitters", (of) => `${total(of.counts)} cities`, null, "super"]];
    for (const side of engine.block().measures) {
      for (const depth of engine.block().depths) {
        if (headline(found, side, depth) || headline(own, side, depth)) {
          rows.push([
            `Saving of ${SIDES[side] ?? side}, ${depth}`.toLowerCase().replace(/^s/, "S"),
            (of) => mt(headline(of, side, depth)?.saving_mt ?? (of.problems.length ? null : 0)),
            printed(`${side}_${depth}`),
            `${side}-${depth}`,
          ]);
        }
      }
    }
    if (found.quota[0].existing_mt !== null)
      rows.push(["Quota left below the peak", (of) => mt(of.quota[0].existing_mt), null, "quota"]);
    for (const { case: name } of found.deficits) {
      rows.push([caseName(name), (of) => mt(of.deficits.find((row) => row.case === name).deficit_mt), printed(name), name]);
    }
    return rows;
  }

  function tiles(found) {
    const tile = ([words, value, paper, id]) => {
      const [now, before] = [value(found), value(own)];
      const asides = [
        id === "super" && `${listed(found.counts)}; above ${mt(found.threshold)}`,
        now !== before && `The run: ${before}${id === "super" ? ` (${listed(own.counts)})` : ""}`,
        spread(id),
        paper !== null && `Paper: ${mt(paper)}`,
        id === "super" &&
          printed("demand") !== null &&
          `Paper: ${["demand", "technology", "hybrid"].map((type) => `${printed(type)} ${type}`).join(", ")}`,
      ];
      return h(
        "div",
        { "data-number": id, class: now !== before ? "moved" : null },
        h("dt", {}, words),
        h(
          "dd",
          {},
          h("span", { class: "figure-number" }, now),
          asides.filter(Boolean).map((line) => h("span", { class: "aside" }, line)),
        ),
      );
    };
    return numbers(found).map(tile);
  }

  /** Lines of the chart: what is computed now, the run's value, and the paper's. */
  function bars(found) {
    const kept = own.scenarios.filter((row) => row.headline);
    return kept.map((row) => {
      const now = headline(found, row.side, row.depth);
      return {
        label: named(row),
        scenario: row.scenario,
        side: row.side,
        value: now ? now.saving_mt : found.problems.length || row.side === "joint" ? null : 0,
        run: row.saving_mt,
        paper: printed(`${row.side}_${row.depth}`),
      };
    });
  }

  const colourOf = (side) => data.store.colours.type[side] ?? (side === "sum" ? "#8a8a85" : "#5a5a55");

  /** From the smallest to the largest value, 0 among them. */
  function reach(values) {
    const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
    return [low, high || (low < 0 ? 0 : 1)];
  }

  /** Bars of what is computed, ticks of the run's values, diamonds of the paper's; labels stand above the bars on a narrow screen. */
  function draw(width, found) {
    const rows = bars(found);
    if (!rows.length) return null;
    const above = width < 560;
    const inset = above ? { insetTop: 18, insetBottom: 5 } : { insetTop: 5, insetBottom: 5 };
    const [line, dy] = above ? [46, 6.5] : [30, 0];
    const text = (row) => (row.value === null ? `${format.short(row.run)} (run)` : format.short(row.value));
    const printed = (row) => (row.paper === null ? "" : format.short(row.paper));
    const paper = rows.some((row) => row.paper !== null);
    const right = paper ? 150 : 96; // room for the columns of numbers: the bars', and the paper's
    const of = (row) => `${row.label}: ${text(row)}${row.paper === null ? "" : `, paper ${printed(row)}`}`;
    const ends = (row) => [row.value ?? 0, row.run, row.paper ?? 0];
    const computed = rows.filter((row) => row.value !== null);
    const column = (k, head, of) => [
      Plot.text(rows, { y: "label", text: of, frameAnchor: "right", textAnchor: "end", dx: k, fontVariant: "tabular-nums" }),
      Plot.text([head], { text: (words) => words, frameAnchor: "top-right", textAnchor: "end", dx: k, dy: -16, fill: "#555" }),
    ];
    return charts.plot(`Savings by scenario: ${rows.map(of).join("; ")}`, {
      width,
      height: (above ? 46 : 62) + line * rows.length,
      marginLeft: above ? 4 : 150,
      marginRight: above ? 12 : right,
      marginBottom: 38,
      marginTop: above ? 2 : 18,
      x: {
        label: "Saving, Mt CO2 a year",
        domain: reach(rows.flatMap(ends)),
        ticks: Math.max(3, Math.min(8, width / 110)),
        grid: true,
        labelArrow: "none",
      },
      y: { domain: rows.map((row) => row.label), label: null, tickSize: 0, padding: 0, axis: above ? null : "left" },
      marks: [
        Plot.barX(computed, { x: "value", y: "label", fill: (row) => colourOf(row.side), ...inset }),
        Plot.barX(
          rows.filter((row) => row.value === null),
          { x: "run", y: "label", fill: "#e4e4df", stroke: "#8a8a85", strokeDasharray: "3 3", ...inset },
        ),
        Plot.ruleX([0]),
        Plot.tickX(rows, { x: "run", y: "label", stroke: "#111", strokeWidth: 2.5, ...inset }),
        Plot.dot(
          rows.filter((row) => row.paper !== null),
          { x: "paper", y: "label", symbol: "diamond2", r: 5, fill: "#fff", stroke: "#111", strokeWidth: 1.5, dy },
        ),
        ...(above ? [] : column(paper ? 82 : 90, "This page", text)),
        ...(above || !paper ? [] : column(146, "Paper", printed)),
        above && Plot.text(rows, { y: "label", text: of, frameAnchor: "left", dy: -15, textAnchor: "start" }),
      ].filter(Boolean),
    });
  }

  function drawn(tag, attributes) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }

  function legend() {
    const mark = (shape) => {
      const svg = drawn("svg", { width: 14, height: 12, "aria-hidden": "true" });
      svg.append(shape);
      return svg;
    };
    const paper = own.scenarios.some((row) => printed(`${row.side}_${row.depth}`) !== null);
    return h(
      "ul",
      { class: "key" },
      h("li", {}, mark(drawn("path", { d: "M7 0V12", stroke: "#111", "stroke-width": 2.5 })), "the run's value"),
      paper &&
        h(
          "li",
          {},
          mark(drawn("path", { d: "M7 1L12 6L7 11L2 6Z", fill: "#fff", stroke: "#111", "stroke-width": 1.5 })),
          "printed in the paper",
        ),
      h(
        "li",
        {},
        mark(drawn("rect", { width: 14, height: 12, fill: "#e4e4df", stroke: "#8a8a85", "stroke-dasharray": "3 3" })),
        "needs the whole table: the run's value, once a setting has changed",
      ),
    );
  }

  const column = (table, key, label, more = {}) => ({ key, label, number: true, ...data.column(table, key), ...more });

  const known = (key) => (row) => (row[key] === null ? "not computed" : format.number(row[key]));

  function quotaTable() {
    const of = (name) => [...own.scenarios].find((row) => row.scenario === name);
    return widgets.table({
      id: "quota-table",
      caption: "The carbon quota and what the headline scenarios add to it",
      columns: [
        {
          key: "scenario",
          label: "Scenario",
          text: (row) =>
            row.scenario === "existing"
              ? "Today"
              : of(row.scenario)
                ? named(of(row.scenario))
                : row.scenario.replaceAll("_", " "),
        },
        column("quota", "saving_mt", "Saving", { text: known("saving_mt") }),
        column("quota", "new_mt", "Quota then"),
        column("quota", "increase_of_existing_percent", "More than today"),
        column("quota", "increase_of_new_percent", "Share of it then"),
      ],
      rows: [],
    });
  }

  const deficitTable = () =>
    widgets.table({
      id: "deficits-table",
      caption: "Emissions of lifting the demand of less affluent cities",
      columns: [
        { key: "case", label: "Lifted", text: (row) => caseName(row.case).replace("Deficit of lifting ", "") },
        { key: "target", label: "To", text: (row) => row.target.replace(/^deficit_target\..*/, "a given amount") },
        column("deficits", "cities", "Cities"),
        column("deficits", "population", "People"),
        column("deficits", "target_usd", "Target"),
        column("deficits", "deficit_mt", "Deficit"),
        column("deficits", "target_weighted_usd", "Target, weighted by people"),
        column("deficits", "deficit_weighted_mt", "Deficit, weighted"),
      ],
      rows: [],
    });

  /** Cities whose type or quintile is not that of the run. */
  function changes(found) {
    const before = new Map(own.regions.map((row) => [row.region, row]));
    return found.regions
      .map((row) => ({
        region: row.region,
        type: row.super_emitter,
        type_of_run: before.get(row.region).super_emitter,
        quintile: row.quintile,
        quintile_of_run: before.get(row.region).quintile,
        super_margin: row.super_margin,
      }))
      .filter((row) => row.type !== row.type_of_run || row.quintile !== row.quintile_of_run);
  }

  const what = (row) =>
    row.type === row.type_of_run ? "" : row.type_of_run === "none" ? "enters" : row.type === "none" ? "leaves" : "changes type";

  const changeTable = () =>
    widgets.table({
      id: "changes-table",
      caption: "Cities whose type or quintile differs from the run's",
      sort: "super_margin",
      columns: [
        { key: "region", label: "City", text: (row) => widgets.city(row.region), search: (row) => data.nameOf(row.region) },
        { key: "what", label: "Super-emitters", value: what },
        { key: "type_of_run", label: "Type in the run", text: (row) => typeName(row.type_of_run) },
        { key: "type", label: "Type now", text: (row) => typeName(row.type) },
        { key: "quintile_of_run", label: "Quintile in the run" },
        { key: "quintile", label: "Quintile now" },
        column("regions", "super_margin", "Emissions over the threshold"),
      ],
      rows: [],
    });

  /** Savings of every city in the headline scenarios of one measure. */
  function citySavings(found) {
    const kept = found.scenarios.filter((row) => row.headline && engine.block().measures.includes(row.side));
    const cities = new Map();
    for (const part of found.scenario_cities) {
      const row = kept.find((line) => line.scenario === part.scenario);
      if (row)
        cities.set(part.region, {
          ...cities.get(part.region),
          region: part.region,
          [`${row.side}_${row.depth}`]: part.saving_mt,
        });
    }
    return [...cities.values()];
  }

  function cityTable() {
    const { measures, depths } = engine.block();
    const kinds = measures.flatMap((side) => depths.map((depth) => [`${side}_${depth}`, `${SIDES[side] ?? side}, ${depth}`]));
    return widgets.table({
      id: "savings-table",
      caption: "Where it is saved: the whole country's emissions avoided by what each city does",
      sort: kinds[0]?.[0],
      filter: "Filter by name",
      columns: [
        { key: "region", label: "City", text: (row) => widgets.city(row.region), search: (row) => data.nameOf(row.region) },
        ...kinds.map(([key, label]) => ({ key, label, number: true, unit: "Mt CO2" })),
      ],
      rows: [],
    });
  }

  const allTable = () =>
    widgets.table({
      id: "scenarios-table",
      caption: "All scenarios, those that are not the headline too",
      columns: [
        { key: "scenario", label: "Scenario", text: whole },
        column("scenarios", "cities", "Cities"),
        column("scenarios", "saving_mt", "Saving", { text: known("saving_mt") }),
        column("scenarios", "saving_share_percent", "Of the cities' footprints"),
        column("scenarios", "saving_share_national_percent", "Of the country's emissions"),
        column("scenarios", "saving_cba_mt", "Fall of the cities' footprints"),
        column("scenarios", "interaction_mt", "Counted twice in the sum"),
      ],
      rows: [],
    });

  /** How to get what the page cannot compute. */
  function recipe(values) {
    const { yaml, benchmarks, alone } = levers.settings(values);
    return [
      yaml.length > 0 && [
        h("p", {}, "A run with these settings computes all of it, the measures at once too:"),
        h("pre", { tabindex: 0 }, yaml.join("\n")),
      ],
      benchmarks.length > 0 && [
        h("p", {}, "and these values in benchmarks.csv of the dataset:"),
        h("pre", { tabindex: 0 }, benchmarks.join("\n")),
      ],
      alone.length > 0 &&
        h("p", { class: "note" }, `Only this page has ${alone.join(" and ")}: no setting of a run does the same.`),
    ];
  }

  /** What a reader should know before the numbers: measures that failed, a threshold that says little, savings below 0. */
  function doubts(found) {
    const failed = found.problems.map(({ side, depth, problem }) => `${SIDES[side] ?? side}, ${depth}: ${problem}.`);
    const acting = total(found.counts);
    const losing = found.scenarios.filter(
      (row) => row.headline && row.saving_mt < 0 && engine.block().measures.includes(row.side),
    );
    return [
      ...failed,
      acting > found.regions.length / 2 &&
        `${acting} of ${found.regions.length} cities are super-emitters: at this threshold the word tells few of them apart.`,
      losing.length > 0 &&
        `Emissions rise instead of falling: ${losing.map(named).join("; ")}. What is bought instead causes more than what is given up.`,
    ].filter(Boolean);
  }

  function said(found) {
    const saved = found.scenarios
      .filter((row) => row.headline && engine.block().measures.includes(row.side))
      .map((row) => `${named(row)} ${mt(row.saving_mt)}`);
    const lifted = found.deficits.map((row) => `${caseName(row.case)} ${mt(row.deficit_mt)}`);
    return [`${total(found.counts)} super-emitters: ${listed(found.counts)}`, ...saved, ...lifted].join(". ");
  }

  function buttons() {
    const paper = levers.paper();
    const back = h("button", { type: "button", class: "more", onclick: () => levers.reset() }, "Reset to the run's settings");
    const print =
      paper && h("button", { type: "button", class: "more", onclick: () => levers.reset(paper) }, "Set to the paper's values");
    return h("p", { class: "resets" }, back, print);
  }

  function build(root) {
    own = engine.scenario({});
    const [top, status, problems, changed, recipes] = [
      h("dl", { class: "headline compact" }),
      h("p", { id: "changed" }),
      h("div"),
      h("div", { class: "block" }),
      h("div"),
    ];
    const tables = {
      quota: quotaTable(),
      deficits: deficitTable(),
      changes: changeTable(),
      cities: cityTable(),
      all: allTable(),
    };
    const rows = {
      quota: (found) => found.quota,
      deficits: (found) => found.deficits,
      changes,
      cities: citySavings,
      all: (found) => found.scenarios,
    };
    let found = own;
    const bar = (name, key) => download.bar(name, { rows: () => rows[key](found) });
    const chart = charts.figure({
      id: "savings",
      title: "What the scenarios save",
      unit: "Mt CO2 of the whole country's emissions a year",
      note: "Black line: the run's value; diamond: printed in the paper",
      draw,
      rows: bars,
      empty: whyNot(),
    });
    const { run, types, why_not: why } = engine.block();
    const acting = run && types && own.scenarios.length > 0;
    fill(changed, h("h3", {}, "Cities that enter or leave"), tables.changes.element, bar("cities_that_change", "changes"));
    const results = h(
      "div",
      { class: "results" },
      problems,
      !(run && types) &&
        h(
          "p",
          { class: "mark" },
          types
            ? `This run computes no scenarios: ${why}.`
            : "This run was made without super-emitters, so there are none to act on.",
        ),
      run && types && [chart.element, acting && legend()],
      h(
        "div",
        { class: "block" },
        h("h3", {}, "Carbon quota"),
        own.quota[0].existing_mt === null
          ? h("p", {}, "The data of the run have no emissions at the carbon peak: there is no quota.")
          : [tables.quota.element, bar("quota_now", "quota")],
      ),
      h("div", { class: "block" }, h("h3", {}, "Deficits"), tables.deficits.element, bar("deficits_now", "deficits")),
      changed,
      run &&
        types && [
          h("div", { class: "block" }, h("h3", {}, "City by city"), tables.cities.element, bar("savings_by_city", "cities")),
          h("div", { class: "block" }, h("h3", {}, "All scenarios"), tables.all.element, bar("scenarios_now", "all"), recipes),
        ],
    );
    root.append(
      h("h2", {}, "Scenarios"),
      h("p", { class: "lead" }, "Change a setting: everything below follows, computed in this page as the run computes it."),
      status,
      top,
      h(
        "div",
        { class: "workbench" },
        h(
          "form",
          { class: "lever-form", "aria-label": "Settings of the scenarios", onsubmit: (event) => event.preventDefault() },
          buttons(),
          levers.element(),
        ),
        results,
      ),
    );
    return (values, keys) => {
      found = engine.scenario(levers.parameters(values));
      const parts = moved(values);
      fill(
        status,
        parts.length ? `Changed: ${parts.join("; ")}.` : "All settings are the run's.",
        values.method !== "main" && ` ${estimates.note(values.method)}`,
      );
      fill(top, tiles(found));
      fill(
        problems,
        doubts(found).map((text) => h("p", { class: "mark" }, text)),
      );
      chart.update(found);
      for (const [name, table] of Object.entries(tables)) table.update(rows[name](found));
      changed.hidden = !changes(found).length;
      fill(recipes, found.changed.length > 0 && recipe(values));
      clearTimeout(later);
      if (keys.some((key) => levers.has(key))) later = setTimeout(() => announce(said(found)), QUIET);
    };
  }

  function whyNot() {
    return "No city is a super-emitter in the run: there is nothing to save.";
  }

  const moved = (values) => levers.moved(values).map((lever) => levers.said(lever, values));

  screen({
    id: "scenarios",
    title: "Scenarios",
    remark: (values) => (moved(values).length ? `Settings changed: ${moved(values).join("; ")}` : ""),
    has: () => engine.has(),
    declare: () => levers.declare(),
    build,
  });
})();
