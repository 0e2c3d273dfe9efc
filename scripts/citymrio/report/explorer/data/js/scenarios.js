// Scenarios: levers at the left, and what they do at once: types, savings, quota, deficits, cities that change.

(() => {
  const QUIET = 700; // ms after the last move before a reader of the screen is told
  let [own, view, later] = [null, "main", null]; // what the run's settings give by the view that is shown

  const sideName = (side) => words.known(`measure.${side}`, side.replaceAll("_", " "));
  const named = ({ side, depth }) =>
    words.say("measure.row", { side: sideName(side), depth: words.known(`depth.${depth}`, depth) });
  const whole = (row) =>
    row.mode ? [named(row), words.known(`mode.${row.mode}`, row.mode)].join(words.say("list.part")) : named(row);
  const mt = (value) => (value === null || value === undefined ? words.say("not.computed") : format.mt(value));
  const typeName = (type) =>
    type === "none" ? words.say("type.nobody") : words.known(`type.${type}`, data.store.colours.typeNames[type] ?? type);
  const caseName = (name) => {
    const { quintiles } = engine.block().lifted[name];
    return words.say("deficit.of", { first: quintiles[0], last: quintiles.at(-1) });
  };
  const lifted = (name) => {
    const { quintiles } = engine.block().lifted[name];
    return words.say("from.to", { low: quintiles[0], high: quintiles.at(-1) });
  };
  /** What demand is lifted to, as deficits.csv writes it: a quintile of cities, or an amount. */
  const targetOf = (text) =>
    text.startsWith("deficit_target.")
      ? words.say("deficit.given")
      : words.say("lever.mean", { quintile: text.split(" ").at(-1) });
  const acting = ({ types, counts }) => types ?? sum(Object.values(counts));
  const listed = (counts) =>
    Object.entries(counts)
      .map(([type, count]) => words.say("type.count", { count, type: words.lower(typeName(type)) }))
      .join(words.say("list.part"));

  /** What the paper prints beside, by the numbers of its list. */
  const PRINTED = {
    demand: "T156",
    technology: "T157",
    hybrid: "T158",
    technology_light: "T176",
    technology_deep: "T178",
    demand_light: "T180",
    demand_deep: "T182",
    sum_light: "T184",
    sum_deep: "T185",
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
  const OF_TYPE = { demand: "by demand", technology: "by technology", hybrid: "by both (hybrid)" };
  const OF_SIDE = {
    technology: "technology side",
    demand: "demand side",
    sum: "both sides added up",
    joint: "both sides at once",
  };

  const counted = ({ low, high, median }) => {
    const [first, last, middle] = [low, high, median].map((number) => format.number(number, 0));
    return { ends: format.span({ low: first, high: last }), median: middle };
  };
  const weighed = ({ low, high, median }) => ({
    ends: format.span(format.ends(low, high), (value) => words.say("amount.mt", { value })),
    median: mt(median),
  });

  const quoted = (name) => (data.store.rows.headline ?? []).find((line) => line.quantity === name);
  const quotaDrawn = () =>
    (data.store.rows.cells ?? []).find(
      ({ table, row, column }) => table === "quota" && row === "existing" && column === "new_mt",
    );

  /** The interval of a number at the run's settings, where an ensemble ran: of the number itself, or beside one by another method. */
  function spread(id, { drawn }) {
    const [side, depth] = id.split("-");
    const row = id === "quota" ? quotaDrawn() : quoted(NAMED[id] ?? `${OF_SIDE[side]}, ${depth}`);
    if (!row || row.low === null || row.low === undefined || (estimates.ranged(view) && !drawn)) return false;
    const { level, method } = data.store.intervals ?? {};
    return words.say(drawn ? "scenarios.median" : "scenarios.interval", {
      level: Math.round(100 * level),
      method: method ? words.say("of.method", { method: words.method(method) }) : "",
      ...(id === "super" ? counted(row) : weighed(row)),
    });
  }

  /** What the run's settings give, as the ensemble reports it where it is that of the view: `drawn`, `types` the super-emitters. */
  function reported(found) {
    if (!estimates.ranged(view)) return found;
    const median = (name, count) => quoted(name)?.median ?? count;
    const quota = estimates.reported(view, "quota", "scenario", found.quota);
    return {
      ...found,
      drawn: true,
      types: median(NAMED.super, acting(found)),
      counts: Object.fromEntries(Object.entries(found.counts).map(([type, count]) => [type, median(OF_TYPE[type], count)])),
      scenarios: estimates.reported(view, "scenarios", "scenario", found.scenarios),
      quota: quota.map((row) => ({ ...row, existing_mt: quota[0].new_mt })), // the first row is today's
      deficits: estimates.reported(view, "deficits", "case", found.deficits),
    };
  }

  const headline = (found, side, depth) =>
    found.scenarios.find((row) => row.side === side && row.depth === depth && row.headline) ?? null;

  /** The numbers that a reader looks at first: [words, value, of the run, of the paper]. */
  function numbers(found) {
    const rows = [[words.say("super.emitters"), (of) => words.count("count.cities", acting(of)), null, "super"]];
    for (const side of [...engine.block().measures, "sum", "joint"]) {
      for (const depth of engine.block().depths) {
        if (headline(found, side, depth) || headline(own, side, depth)) {
          rows.push([
            words.say("saving.of", { measure: words.lower(named({ side, depth })) }),
            (of) => mt(headline(of, side, depth)?.saving_mt ?? (of.problems.length || side === "joint" ? null : 0)),
            printed(`${side}_${depth}`),
            `${side}-${depth}`,
          ]);
        }
      }
    }
    if (found.quota[0].existing_mt !== null)
      rows.push([words.say("quota.left"), (of) => mt(of.quota[0].existing_mt), null, "quota"]);
    for (const { case: name } of found.deficits) {
      rows.push([caseName(name), (of) => mt(of.deficits.find((row) => row.case === name).deficit_mt), printed(name), name]);
    }
    return rows;
  }

  function tiles(found) {
    const tile = ([head, value, paper, id]) => {
      const [now, before] = [value(found), value(own)];
      const asides = [
        id === "super" && words.say("super.listed", { list: listed(found.counts), threshold: mt(found.threshold) }),
        now !== before &&
          words.say(estimates.ranged(view) ? "the.run.central" : "the.run.value", {
            value: id === "super" ? `${before}${words.say("brackets", { text: listed(own.counts) })}` : before,
          }),
        spread(id, found),
        paper !== null && words.say("paper.value", { value: mt(paper) }),
        id === "super" &&
          printed("demand") !== null &&
          words.say("paper.value", {
            value: listed(Object.fromEntries(["demand", "technology", "hybrid"].map((type) => [type, printed(type)]))),
          }),
      ];
      return h(
        "div",
        { "data-number": id, class: now !== before ? "moved" : null },
        h("dt", {}, head),
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
        low: now?.saving_mt_low ?? null,
        high: now?.saving_mt_high ?? null,
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
    const text = (row) => (row.value === null ? words.say("of.run", { value: format.short(row.run) }) : format.short(row.value));
    const printed = (row) => (row.paper === null ? "" : format.short(row.paper));
    const paper = rows.some((row) => row.paper !== null);
    const right = paper ? 150 : 96; // room for the columns of numbers: the bars', and the paper's
    const of = (row) =>
      words.say(row.paper === null ? "bar.said" : "bar.said.paper", { label: row.label, value: text(row), paper: printed(row) });
    const ends = (row) => [row.value ?? 0, row.run, row.paper ?? 0, row.low ?? 0, row.high ?? 0];
    const computed = rows.filter((row) => row.value !== null);
    const column = (k, head, of) => [
      Plot.text(rows, { y: "label", text: of, frameAnchor: "right", textAnchor: "end", dx: k, fontVariant: "tabular-nums" }),
      Plot.text([head], { text: (words) => words, frameAnchor: "top-right", textAnchor: "end", dx: k, dy: -16, fill: "#555" }),
    ];
    return charts.plot(words.say("savings.label", { list: words.parts(rows.map(of)) }), {
      width,
      height: (above ? 46 : 62) + line * rows.length,
      marginLeft: above ? 4 : 150,
      marginRight: above ? 12 : right,
      marginBottom: 38,
      marginTop: above ? 2 : 18,
      x: {
        label: words.say("savings.axis"),
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
        Plot.ruleY(
          rows.filter((row) => row.low !== null),
          { x1: "low", x2: "high", y: "label", stroke: "#111", strokeWidth: 1.5, dy },
        ),
        Plot.dot(
          rows.filter((row) => row.paper !== null),
          { x: "paper", y: "label", symbol: "diamond2", r: 5, fill: "#fff", stroke: "#111", strokeWidth: 1.5, dy },
        ),
        ...(above ? [] : column(paper ? 82 : 90, words.say("this.page"), text)),
        ...(above || !paper ? [] : column(146, words.say("the.paper"), printed)),
        above && Plot.text(rows, { y: "label", text: of, frameAnchor: "left", dy: -15, textAnchor: "start" }),
      ].filter(Boolean),
    });
  }

  function drawn(tag, attributes) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }

  function legend({ drawn: ranges }) {
    const mark = (shape) => {
      const svg = drawn("svg", { width: 14, height: 12, class: "plate", "aria-hidden": "true" });
      svg.append(shape);
      return svg;
    };
    const paper = own.scenarios.some((row) => printed(`${row.side}_${row.depth}`) !== null);
    return h(
      "ul",
      { class: "key" },
      h("li", {}, mark(drawn("path", { d: "M7 0V12", stroke: "#111", "stroke-width": 2.5 })), words.say("key.run")),
      ranges &&
        h("li", {}, mark(drawn("path", { d: "M0 6H14", stroke: "#111", "stroke-width": 1.5 })), words.lower(words.say("range"))),
      paper &&
        h(
          "li",
          {},
          mark(drawn("path", { d: "M7 1L12 6L7 11L2 6Z", fill: "#fff", stroke: "#111", "stroke-width": 1.5 })),
          words.say("key.paper"),
        ),
      h(
        "li",
        {},
        mark(drawn("rect", { width: 14, height: 12, fill: "#e4e4df", stroke: "#8a8a85", "stroke-dasharray": "3 3" })),
        words.say("key.whole"),
      ),
    );
  }

  const column = (table, key, label, more = {}) => ({
    key,
    label,
    number: true,
    align: true,
    text: ranged(key),
    ...data.column(table, key),
    ...more,
  });

  /** A number, and below it its range where it has one that is not 0 alone; both are whole where the column is. */
  const ranged =
    (key, blank = "") =>
    (row, decimals) => {
      const [low, high] = [row[`${key}_low`], row[`${key}_high`]];
      const value = row[key] === null ? blank : format.number(row[key], decimals);
      return [value, format.ranged(low, high, decimals === 0 ? 0 : undefined)];
    };
  const computed = (key) => ({ text: ranged(key, words.say("not.computed")) });

  function quotaTable() {
    const of = (name) => [...own.scenarios].find((row) => row.scenario === name);
    return widgets.table({
      id: "quota-table",
      caption: words.say("quota.caption"),
      columns: [
        {
          key: "scenario",
          label: words.say("scenario"),
          text: (row) =>
            row.scenario === "existing"
              ? words.say("today")
              : of(row.scenario)
                ? named(of(row.scenario))
                : row.scenario.replaceAll("_", " "),
        },
        column("quota", "saving_mt", words.say("save.saving"), computed("saving_mt")),
        column("quota", "new_mt", words.say("quota.then"), computed("new_mt")),
        column("quota", "increase_of_existing_percent", words.say("quota.more")),
        column("quota", "increase_of_new_percent", words.say("quota.share")),
      ],
      rows: [],
    });
  }

  const deficitTable = () =>
    widgets.table({
      id: "deficits-table",
      caption: words.say("deficit.caption"),
      columns: [
        { key: "case", label: words.say("deficit.lifted"), text: (row) => lifted(row.case) },
        { key: "target", label: words.say("deficit.to"), text: (row) => targetOf(row.target) },
        column("deficits", "cities", words.say("cities")),
        column("deficits", "population", words.say("people")),
        column("deficits", "target_usd", words.say("deficit.target")),
        column("deficits", "deficit_mt", words.say("deficit"), computed("deficit_mt")),
        column("deficits", "target_weighted_usd", words.say("deficit.target.weighted")),
        column("deficits", "deficit_weighted_mt", words.say("deficit.weighted")),
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
    row.type === row.type_of_run
      ? ""
      : words.say(row.type_of_run === "none" ? "change.enters" : row.type === "none" ? "change.leaves" : "change.type");

  const changeTable = () =>
    widgets.table({
      id: "changes-table",
      caption: words.say("change.caption"),
      sort: "super_margin",
      columns: [
        {
          key: "region",
          label: words.say("flows.city"),
          text: (row) => widgets.city(row.region),
          search: (row) => data.nameOf(row.region),
        },
        { key: "what", label: words.say("super.emitters"), value: what },
        { key: "type_of_run", label: words.say("change.type.run"), text: (row) => typeName(row.type_of_run) },
        { key: "type", label: words.say("change.type.now"), text: (row) => typeName(row.type) },
        { key: "quintile_of_run", label: words.say("change.quintile.run") },
        { key: "quintile", label: words.say("change.quintile.now") },
        column("regions", "super_margin", words.say("change.margin")),
      ],
      rows: [],
    });

  /** Savings of every city in the headline scenarios of one measure: of the run's settings as its own screen has them. */
  function citySavings(found) {
    const { measures: sides } = engine.block();
    if (found.drawn) return data.rows("regions", view).flatMap((row) => drawnSavings(row, sides));
    const kept = found.scenarios.filter((row) => row.headline && sides.includes(row.side));
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

  function drawnSavings(row, sides) {
    const saved = savings.of(row, view).filter(({ side, value }) => sides.includes(side) && value !== 0);
    const numbers = saved.map(({ side, depth, value, low, high }) => {
      const kind = `${side}_${depth}`;
      return { [kind]: value, [`${kind}_low`]: low, [`${kind}_high`]: high };
    });
    return numbers.length ? [Object.assign({ region: row.region }, ...numbers)] : [];
  }

  function cityTable() {
    const { measures, depths } = engine.block();
    const kinds = measures.flatMap((side) => depths.map((depth) => [`${side}_${depth}`, named({ side, depth })]));
    return widgets.table({
      id: "savings-table",
      caption: words.say("savings.where"),
      sort: kinds[0]?.[0],
      filter: words.say("filter.name"),
      columns: [
        {
          key: "region",
          label: words.say("flows.city"),
          text: (row) => widgets.city(row.region),
          search: (row) => data.nameOf(row.region),
        },
        ...kinds.map(([key, label]) => ({
          ...{ key, label, number: true, align: true, unit: words.unit("Mt CO2") },
          text: (row, decimals) => (row[key] === undefined ? "" : ranged(key)(row, decimals)),
        })),
      ],
      rows: [],
    });
  }

  const allTable = () =>
    widgets.table({
      id: "scenarios-table",
      caption: words.say("scenarios.all.caption"),
      columns: [
        { key: "scenario", label: words.say("scenario"), text: whole },
        column("scenarios", "cities", words.say("cities")),
        column("scenarios", "saving_mt", words.say("save.saving"), computed("saving_mt")),
        column("scenarios", "saving_share_percent", words.say("scenarios.share")),
        column("scenarios", "saving_share_national_percent", words.say("scenarios.share.national")),
        column("scenarios", "saving_cba_mt", words.say("scenarios.fall")),
        column("scenarios", "interaction_mt", words.say("scenarios.twice")),
      ],
      rows: [],
    });

  /** How to get what the page cannot compute. */
  function recipe(values) {
    const { yaml, benchmarks, alone } = levers.settings(values);
    return [
      yaml.length > 0 && [h("p", {}, words.say("recipe.settings")), h("pre", { tabindex: 0 }, yaml.join("\n"))],
      benchmarks.length > 0 && [h("p", {}, words.say("recipe.benchmarks")), h("pre", { tabindex: 0 }, benchmarks.join("\n"))],
      alone.length > 0 && h("p", { class: "note" }, words.say("recipe.alone", { list: words.list(alone) })),
    ];
  }

  /** What a reader should know before the numbers: measures that failed, a threshold that says little, savings below 0. */
  function doubts(found) {
    const failed = found.problems.map(({ side, depth, problem }) =>
      words.say("doubt.failed", { measure: named({ side, depth }), problem }),
    );
    const losing = found.scenarios.filter(
      (row) => row.headline && row.saving_mt < 0 && engine.block().measures.includes(row.side),
    );
    return [
      ...failed,
      acting(found) > found.regions.length / 2 && words.say("doubt.many", { acting: acting(found), count: found.regions.length }),
      losing.length > 0 && words.say("doubt.rise", { list: words.parts(losing.map(named)) }),
    ].filter(Boolean);
  }

  function said(found) {
    const saved = found.scenarios
      .filter((row) => row.headline && engine.block().measures.includes(row.side))
      .map((row) => words.say("said.amount", { what: named(row), value: mt(row.saving_mt) }));
    const deficits = found.deficits.map((row) =>
      words.say("said.amount", { what: caseName(row.case), value: mt(row.deficit_mt) }),
    );
    return [words.say("said.super", { count: acting(found), list: listed(found.counts) }), ...saved, ...deficits].join(
      words.say("list.stop"),
    );
  }

  function buttons() {
    const paper = levers.paper();
    const back = h("button", { type: "button", class: "more", onclick: () => levers.reset() }, words.say("reset"));
    const print =
      paper && h("button", { type: "button", class: "more", onclick: () => levers.reset(paper) }, words.say("reset.paper"));
    return h("p", { class: "resets" }, back, print);
  }

  function build(root) {
    own = reported(engine.scenario({}, view));
    const [top, key, status, medians, problems, changed, recipes] = [
      h("dl", { class: "headline compact" }),
      h("div"),
      h("p", { id: "changed" }),
      h("p", { class: "note" }),
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
    const follows = () => view !== "main";
    const bar = (name, key) => download.bar(name, { rows: () => rows[key](found), follows });
    const chart = charts.figure({
      id: "savings",
      title: words.say("savings.title"),
      unit: words.say("savings.unit"),
      note: words.say("savings.note"),
      follows,
      draw,
      rows: bars,
      empty: whyNot(),
    });
    const { run, types, why_not: why } = engine.block();
    const saves = run && types && own.scenarios.length > 0;
    fill(changed, h("h3", {}, words.say("change.title")), tables.changes.element, bar("cities_that_change", "changes"));
    const results = h(
      "div",
      { class: "results" },
      problems,
      !(run && types) && h("p", { class: "mark" }, types ? words.say("scenarios.none", { why }) : words.say("scenarios.notypes")),
      run && types && [chart.element, key],
      h(
        "div",
        { class: "block" },
        h("h3", {}, words.say("quota")),
        own.quota[0].existing_mt === null
          ? h("p", {}, words.say("quota.none"))
          : [medians, tables.quota.element, bar("quota_now", "quota")],
      ),
      h("div", { class: "block" }, h("h3", {}, words.say("deficits")), tables.deficits.element, bar("deficits_now", "deficits")),
      changed,
      run &&
        types && [
          h(
            "div",
            { class: "block" },
            h("h3", {}, words.say("savings.cities")),
            tables.cities.element,
            bar("savings_by_city", "cities"),
          ),
          h(
            "div",
            { class: "block" },
            h("h3", {}, words.say("scenarios.all")),
            tables.all.element,
            bar("scenarios_now", "all"),
            recipes,
          ),
        ],
    );
    root.append(
      h("h2", {}, words.say("tab.scenarios")),
      h("p", { class: "lead" }, words.say("scenarios.lead")),
      status,
      top,
      h(
        "div",
        { class: "workbench" },
        h(
          "form",
          { class: "lever-form", "aria-label": words.say("scenarios.settings"), onsubmit: (event) => event.preventDefault() },
          buttons(),
          levers.element(),
        ),
        results,
      ),
    );
    return (values, keys) => {
      view = estimates.source(values.method);
      const parts = moved(values);
      own = engine.scenario({}, view);
      if (!parts.length) own = reported(own);
      found = parts.length ? engine.scenario(levers.parameters(values), view) : own;
      fill(
        status,
        parts.length ? words.say("scenarios.changed", { list: words.parts(parts) }) : words.say("scenarios.own"),
        view !== values.method && words.gap() + estimates.note(values.method),
        estimates.ranged(view) && words.gap() + words.say(found.drawn ? "median.said" : "scenarios.central"),
      );
      fill(top, tiles(found));
      fill(medians, found.drawn && words.say("quota.medians"));
      fill(
        problems,
        doubts(found).map((text) => h("p", { class: "mark" }, text)),
      );
      chart.update(found);
      fill(key, saves && legend(found));
      for (const [name, table] of Object.entries(tables)) table.update(rows[name](found));
      changed.hidden = !changes(found).length;
      fill(recipes, found.changed.length > 0 && recipe(values));
      clearTimeout(later);
      if (keys.some((key) => levers.has(key))) later = setTimeout(() => announce(said(found)), QUIET);
    };
  }

  function whyNot() {
    return words.say("savings.none");
  }

  const moved = (values) => levers.moved(values).map((lever) => levers.said(lever, values));

  screen({
    id: "scenarios",
    remark: (values) => (moved(values).length ? words.say("scenarios.remark", { list: words.parts(moved(values)) }) : ""),
    has: () => engine.has(),
    declare: () => levers.declare(),
    build,
  });
})();
