// What a reader can change about the scenarios: each lever is a choice of the address, with a line that says what it does.

const levers = (() => {
  const clean = (value) => Number(value.toPrecision(12));
  const keyed = (depth, key) => `${depth}.${encodeURIComponent(key)}`;
  let all = null; // name -> lever
  let refused = null;

  /** Round numbers around a value, for a slider. */
  function around(value) {
    const [low, high] = [value / 2, value * 2];
    const step = clean(d3.tickStep(low, high, 100));
    return { min: clean(Math.floor(low / step) * step), max: clean(Math.ceil(high / step) * step), step };
  }

  const number = (name, label, initial, range, more = {}) => ({ name, label, initial, ...range, ...more, number: true });
  const choice = (name, label, initial, options, more = {}) => ({ name, label, initial, options, ...more });

  function groups() {
    const { settings, types, run } = engine.block();
    return [
      types && { title: "Super-emitters", levers: ofTypes(settings) },
      run && types && { title: "Technology", levers: ofTechnology(settings), benchmarks: true },
      run && types && { title: "Demand", levers: ofDemand(settings) },
      { title: "Carbon quota", levers: ofQuota(settings) },
      { title: "Affluence and deficits", levers: ofAffluence(settings) },
    ]
      .filter(Boolean)
      .filter((group) => group.levers.length);
  }

  const ofTypes = (settings) => [
    number(
      "threshold",
      "Threshold",
      clean(100 * settings.super_share),
      { min: 0.05, max: 50, step: 0.05, slide: Math.max(5, clean(200 * settings.super_share)) },
      {
        unit: "% of the base",
        says: "A city is a super-emitter where its production (PBA) or its footprint (CBA) is above this share. Lower: more cities act.",
      },
    ),
    choice(
      "base",
      "Base",
      settings.super_base,
      [
        ["sum_cba", "footprints of all cities"],
        ["national", "all emissions of the country"],
      ],
      {
        says: "What the threshold is a share of.",
      },
    ),
  ];

  function ofAffluence(settings) {
    const columns = Object.entries(engine.block().affluence).filter(([column]) => column in data.store.tables.regions);
    const target = (name, words) => {
      const own = settings.deficit_targets[name];
      const { target: usual, quintiles } = engine.block().lifted[name];
      const above = ["Q1", "Q2", "Q3"].filter((quintile) => quintile < quintiles[0]);
      const of = (quintile) => `mean of ${quintile}`;
      const amount =
        typeof own === "number"
          ? own
          : Math.round(
              given(`deficit_target.${name}`)?.value ??
                engine.scenario({}).deficits.find((row) => row.case === name).target_usd ??
                1000,
            );
      return [
        choice(
          `target_${name}`,
          `${words} to`,
          typeof own === "number" ? "usd" : own,
          [...above.map((quintile) => [quintile, of(quintile)]), ["usd", "an amount in USD"]],
          {
            says: `The demand per person that the cities of ${quintiles[0]} to ${quintiles.at(-1)} are lifted to; usually ${of(usual)}. Higher: a larger deficit.`,
          },
        ),
        number(
          `usd_${name}`,
          "The amount",
          amount,
          { min: 1, max: 1e6, step: 1 },
          { unit: "USD per person and year", only: (values) => values[`target_${name}`] === "usd", says: "" },
        ),
      ];
    };
    const named = Object.entries(engine.block().lifted).map(([name, { quintiles }]) => [
      name,
      `Lift ${quintiles[0]} to ${quintiles.at(-1)}`,
    ]);
    return [
      choice(
        "affluence",
        "Affluence is",
        settings.affluence,
        columns.map(([column, { words }]) => [column, `${words} per person`]),
        {
          says: "What cities are ranked by into quintiles. It decides who is lifted, and which cities of Q1 join the deep demand scenario.",
        },
      ),
      choice(
        "quintiles",
        "Quintiles",
        settings.quintile_mode,
        [
          ["rank", "of equal size"],
          ["paper_sizes", `of the paper's sizes (${engine.block().paper_sizes.join(", ")})`],
          ["threshold", `above ${settings.thresholds_usd.map((bound) => format.number(bound)).join(", ")} USD`],
        ],
        { says: "How cities are parted into five groups." },
      ),
      ...named.flatMap(([name, words]) => target(name, words)),
    ];
  }

  function ofTechnology(settings) {
    const { light, deep, national_inventory: inventory } = engine.block();
    const scale = { min: 10, max: 400, step: 5, slide: 200 };
    const own = (depth) =>
      engine
        .block()
        .keys.map((key) =>
          number(
            keyed(depth, key),
            `${engine.keyName(key)}, ${depth}`,
            0,
            { min: 0, max: 1e6, step: "any" },
            { benchmark: [depth, key] },
          ),
        );
    return [
      choice(
        "light",
        "Light benchmark",
        settings.light_benchmark,
        Object.entries(light).filter(([name]) => name !== "national_inventory" || inventory || settings.light_benchmark === name),
        {
          says: "What intensities of the key sectors fall to where they are above it, in super-emitters by production.",
        },
      ),
      number("light_scale", "Light benchmark times", 100, scale, {
        unit: "%",
        says: "All light benchmarks at once. Lower: a larger saving.",
      }),
      choice("deep", "Deep benchmark", settings.deep_benchmark, Object.entries(deep), { says: "The same, for deep mitigation." }),
      number("deep_scale", "Global intensities times", 100, scale, {
        unit: "%",
        says: `All global intensities at once${anyAssumed() ? "; they are assumed, so try 80 and 120%" : ""}.`,
      }),
      ...own("light"),
      ...own("deep"),
    ];
  }

  function ofDemand(settings) {
    const { consumers } = engine.block();
    const structures = Object.keys(data.store.tables.regions)
      .filter((name) => name.startsWith("va_share_"))
      .map((name) => name.slice(9));
    const named = (name) => data.store.colours.structureNames[name] ?? name.replaceAll("_", " ");
    return [
      number(
        "capital",
        "Capital target",
        clean(100 * settings.capital_target),
        { min: 0, max: 99, step: 1, slide: 80 },
        {
          unit: "% of final demand",
          says: `Capital above this share of final demand without stock changes is given up, in super-emitters by footprint. Lower: a larger saving.${megacities()}`,
        },
      ),
      choice(
        "mode",
        "What is given up",
        settings.demand_mode,
        [
          ["shift", "goes to consumption"],
          ["cut", "is not spent"],
        ],
        {
          says: "Which of the two is the headline, and adds to the quota; the table has both.",
        },
      ),
      choice(
        "to",
        "It goes to",
        settings.consumption,
        Object.entries(consumers).map(([name, { words }]) => [name, words]),
        { says: "Whose products are bought instead." },
      ),
      structures.length > 0 &&
        choice(
          "structure",
          "Deep adds cities of Q1 that are",
          settings.deep_structure ?? "",
          [...(settings.deep_structure ? [] : [["", "none"]]), ...structures.map((name) => [name, named(name)])],
          {
            says: "The deep demand scenario adds the most affluent cities of this structure.",
          },
        ),
    ].filter(Boolean);
  }

  function ofQuota(settings) {
    const emissions = engine.parameter("emissions") / 1000;
    if (settings.peak_mt === null) return [];
    const assumed = isAssumed("peak_emissions") && !settings.peak_configured;
    return [
      number(
        "peak",
        "Emissions at the carbon peak",
        clean(settings.peak_mt / 1000),
        { ...around(emissions), min: 0.0001, max: 1000, from: around(emissions).min, slide: around(emissions).max },
        {
          unit: "Gt CO2 a year",
          assumed,
          says: `The quota is what is left below the peak, ${format.short(emissions)} Gt being emitted now.${assumed ? "" : sourced("peak_emissions")}`,
        },
      ),
    ];
  }

  // Parameters of benchmarks.csv, and which of them are assumed: their source says so.
  const rowsOf = ({ parameter, value, source }) =>
    parameter.map((name, i) => ({ parameter: name, value: value[i], source: String(source?.[i] ?? "") }));
  const given = (name) => rowsOf(engine.block().benchmarks).find((row) => row.parameter === name);
  const isAssumed = (name) => /^assumed\b/i.test(given(name)?.source ?? "");
  const anyAssumed = () => engine.block().keys.some((key) => isAssumed(`global_intensity.${key}`));
  const sourced = (name) => (given(name)?.source ? ` Source: ${given(name).source}.` : "");

  function megacities() {
    const prefix = "megacity_capital_share.";
    const found = rowsOf(engine.block().benchmarks).filter((row) => row.parameter.startsWith(prefix));
    if (engine.block().settings.capital_target_configured || !found.length) return "";
    const parts = found.map(
      (row) =>
        `${row.parameter.slice(prefix.length)} ${format.percent(row.value, 0)}${isAssumed(row.parameter) ? " (assumed)" : ""}`,
    );
    return ` The run takes the mean of ${parts.join(", ")}.`;
  }

  /** Declare every lever as a choice of the address. */
  function declare() {
    all = new Map(
      groups()
        .flatMap((group) => group.levers)
        .map((lever) => [lever.name, lever]),
    );
    for (const lever of all.values()) state.declare(lever.name, lever.initial, (value) => valid(lever, value));
  }

  const valid = (lever, value) =>
    lever.number
      ? Number.isFinite(value) && value >= lever.min && value <= lever.max
      : lever.options.some(([name]) => name === value);

  /** Every lever back to the run's setting, but for those that `others` names. */
  const reset = (others = {}) =>
    state.set({ ...Object.fromEntries([...all.values()].map((lever) => [lever.name, lever.initial])), ...others });
  const moved = (values) => [...all.values()].filter((lever) => values[lever.name] !== lever.initial);

  /** Parameters of engine.scenario for what the reader has chosen; what is not moved stays the run's to the last digit. */
  function parameters(values) {
    const found = { light: {}, deep: {} };
    const [targets, usual] = [{}, engine.defaults().deficit_targets];
    const put = {
      threshold: (value) => (found.super_share = value / 100),
      base: (value) => (found.super_base = value),
      affluence: (value) => (found.affluence = value),
      quintiles: (value) => (found.quintile_mode = value),
      light: (value) => (found.light_benchmark = value),
      deep: (value) => (found.deep_benchmark = value),
      light_scale: (value) => (found.light_scale = value / 100),
      deep_scale: (value) => (found.deep_scale = value / 100),
      capital: (value) => (found.capital_target = value / 100),
      mode: (value) => (found.demand_mode = value),
      to: (value) => (found.consumption = value),
      structure: (value) => (found.deep_structure = value),
      peak: (value) => (found.peak_mt = 1000 * value),
    };
    for (const lever of moved(values)) {
      if (lever.benchmark) found[lever.benchmark[0]][lever.benchmark[1]] = values[lever.name];
      else put[lever.name]?.(values[lever.name]);
    }
    for (const name of Object.keys(usual)) {
      const [wanted, amount] = [`target_${name}`, `usd_${name}`].map((lever) => values[lever]);
      const own = typeof usual[name] === "number" && amount === all.get(`usd_${name}`).initial;
      targets[name] = wanted !== "usd" ? wanted : own ? usual[name] : amount;
    }
    return { ...found, deficit_targets: targets };
  }

  /** The same choices as settings of a run: lines of YAML and of benchmarks.csv, and what only the page can do. */
  function settings(values) {
    const [groups, scenarios, benchmarks, alone] = [[], [], [], []];
    const chosen = parameters(values);
    const affluence = engine.block().affluence[chosen.affluence];
    if (chosen.super_share !== undefined) groups.push(`super_share: ${chosen.super_share}`);
    if (chosen.super_base) groups.push(`super_base: ${chosen.super_base}`);
    if (affluence) groups.push(`affluence: ${affluence.affluence}`, `affluence_products: ${affluence.affluence_products}`);
    if (chosen.quintile_mode) groups.push(`quintile_mode: ${chosen.quintile_mode}`);
    for (const name of ["light_benchmark", "deep_benchmark", "capital_target", "demand_mode", "consumption", "deep_structure"]) {
      if (chosen[name] !== undefined) scenarios.push(`${name}: ${chosen[name]}`);
    }
    if (chosen.peak_mt !== undefined) scenarios.push(`peak_emissions_gt: ${clean(chosen.peak_mt / 1000)}`);
    for (const key of engine.block().keys) {
      const own = chosen.deep[key] ?? (chosen.deep_scale ? clean(chosen.deep_scale * engine.block().means[key].global) : null);
      if (own !== null) benchmarks.push(`global_intensity.${key},${own}`);
    }
    if (Object.keys(chosen.light).length || chosen.light_scale) alone.push("light benchmarks of your own");
    const wanted = Object.entries(chosen.deficit_targets).filter(
      ([name, target]) => target !== engine.defaults().deficit_targets[name],
    );
    if (wanted.length) {
      if (Object.values(chosen.deficit_targets).every((target) => typeof target === "number")) {
        scenarios.push("deficit_targets: benchmarks");
        benchmarks.push(...Object.entries(chosen.deficit_targets).map(([name, target]) => `deficit_target.${name},${target}`));
      } else alone.push("these targets of deficits");
    }
    const yaml = [
      ["groups", groups],
      ["scenarios", scenarios],
    ]
      .filter(([, lines]) => lines.length)
      .map(([name, lines]) => `${name}: {${lines.join(", ")}}`);
    return { yaml, benchmarks, alone };
  }

  // The controls.

  const id = (lever) => lever.name;

  function control(lever) {
    const hint = `says-${id(lever)}`;
    const says = lever.says && h("span", { class: "says", id: hint }, lever.says);
    const named = [lever.label, lever.unit && ` (${lever.unit})`];
    const mark = lever.assumed && h("span", { class: "mark" }, " assumed");
    const body = lever.options ? chooser(lever, hint) : field(lever, hint);
    const label = h("label", { for: `${lever.options ? "choose" : "type"}-${id(lever)}` }, named, mark);
    const made = h("div", { class: "lever" }, label, body, says);
    const show = (values) => {
      made.classList.toggle("moved", values[lever.name] !== lever.initial);
      if (lever.only) made.hidden = !lever.only(values);
    };
    state.subscribe(show);
    show(state.get());
    return made;
  }

  function chooser(lever, hint) {
    const options = lever.options.map(([value, text]) =>
      h("option", { value }, value === lever.initial ? `${text} (the run)` : text),
    );
    const element = h(
      "select",
      {
        id: `choose-${id(lever)}`,
        "aria-describedby": lever.says && hint,
        onchange: (event) => state.set({ [lever.name]: event.target.value }),
      },
      options,
    );
    const show = (values) => (element.value = values[lever.name]);
    state.subscribe(show);
    show(state.get());
    return element;
  }

  /** A slider, and a field for values off it. A value out of range is refused in words; the last good one stays. */
  function field(lever, hint) {
    const error = h("span", { class: "refused", role: "alert" });
    const described = lever.says && hint;
    const typed = h("input", {
      type: "number",
      id: `type-${id(lever)}`,
      min: lever.min,
      max: lever.max,
      step: "any",
      "aria-describedby": described,
      onchange: (event) => take(event.target.value),
    });
    const range =
      lever.slide &&
      h("input", {
        type: "range",
        id: `slide-${id(lever)}`,
        min: lever.from ?? lever.min,
        max: lever.slide,
        step: lever.step,
        "aria-label": `${lever.label}, slider`,
        oninput: (event) => take(event.target.value),
      });
    function take(text) {
      const value = text === "" && lever.benchmark ? 0 : Number(text);
      const good = text.trim() !== "" || lever.benchmark ? valid(lever, value) : false;
      typed.setAttribute("aria-invalid", String(!good));
      fill(
        error,
        good
          ? null
          : `${text.trim() === "" ? "A blank" : text} is refused: ${lever.label} must lie between ${format.number(lever.min)} and ${format.number(lever.max)}${lever.unit ? ` ${lever.unit}` : ""}. In use: ${format.number(state.get()[lever.name])}.`,
      );
      refused = good ? null : lever.name;
      if (good) state.set({ [lever.name]: value });
    }
    const show = (values) => {
      const value = values[lever.name];
      if (range) {
        range.value = value;
        range.setAttribute("aria-valuetext", `${format.number(value)} ${lever.unit ?? ""}`);
      }
      if (refused !== lever.name) {
        typed.value = lever.benchmark && value === 0 ? "" : value;
        typed.removeAttribute("aria-invalid");
        fill(error);
      }
    };
    state.subscribe(show);
    show(state.get());
    return [h("span", { class: "field" }, range, typed), error];
  }

  /** Benchmarks by key sector: as defined, and of one's own. */
  function benchmarkTable() {
    const { keys } = engine.block();
    const unit = `${data.store.run.emission_unit ?? "t CO2"} per ${data.store.run.unit}`;
    const cells = new Map();
    const cell = (key, depth) => {
      const [lever, shown] = [all.get(keyed(depth, key)), h("span", { class: "inuse" })];
      cells.set(lever.name, shown);
      const label = h(
        "label",
        { class: "unseen", for: `type-${id(lever)}` },
        `${engine.keyName(key)}, ${depth} benchmark of your own`,
      );
      return h("td", {}, shown, label, field(lever, ""));
    };
    const rows = keys.map((key) => {
      const mark =
        isAssumed(`global_intensity.${key}`) &&
        h("span", { class: "mark", title: given(`global_intensity.${key}`).source }, " deep assumed");
      return h("tr", {}, h("th", { scope: "row" }, engine.keyName(key), mark), cell(key, "light"), cell(key, "deep"));
    });
    const head = h(
      "tr",
      {},
      ["Key sector", "Light", "Deep"].map((name) => h("th", { scope: "col" }, name)),
    );
    const table = h(
      "table",
      {},
      h("caption", {}, `Benchmarks in use, ${unit}; type one of your own, or leave it blank.`),
      h("thead", {}, head),
      h("tbody", {}, rows),
    );
    const show = (values) => {
      const chosen = { ...engine.defaults(), ...parameters(values) };
      for (const depth of ["light", "deep"]) {
        const marks = engine.benchmarks(chosen, depth);
        for (const key of keys) fill(cells.get(keyed(depth, key)), marks[key] === null ? "none" : format.short(marks[key]));
      }
    };
    state.subscribe(show);
    show(state.get());
    return h(
      "details",
      { class: "benchmarks" },
      h("summary", {}, "Benchmarks, sector by sector"),
      h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Benchmarks" }, table),
    );
  }

  const wide = () => matchMedia("(min-width: 901px)").matches;

  /** Every lever by its subject; on a narrow screen subjects are closed, but the first and those with a lever that was moved. */
  const element = () =>
    groups().map((group, i) =>
      h(
        "details",
        { class: "levers", open: i === 0 || wide() || group.levers.some((lever) => state.get()[lever.name] !== lever.initial) },
        h("summary", {}, group.title),
        group.levers.filter((lever) => !lever.benchmark).map((lever) => control(all.get(lever.name))),
        group.benchmarks && benchmarkTable(),
      ),
    );

  /** A lever that was moved, in words. */
  function said(lever, values) {
    const of = (value) => (lever.benchmark && value === 0 ? "as defined" : format.number(value));
    const shown = (value) => (lever.options ? lever.options.find(([name]) => name === value)[1] : of(value));
    const unit = lever.unit ? ` ${lever.unit}` : "";
    return `${lever.label} ${shown(values[lever.name])}${unit} (the run: ${shown(lever.initial)})`;
  }

  /** Choices that the paper prints, where the run's data say so: threshold, and benchmarks whose source is the paper. */
  function paper() {
    const printed = data.store.rows.paper_comparison?.find(
      (row) => row.quantity === "super-emitter threshold" && String(row.comparable).toLowerCase() === "true",
    );
    const ofPaper = (name) => (/^the paper\b/i.test(given(name)?.source ?? "") ? given(name).value : null);
    const found = {};
    if (printed && all.has("threshold")) found.threshold = Number(printed.paper);
    if (all.has("peak") && ofPaper("peak_emissions") !== null) found.peak = ofPaper("peak_emissions");
    for (const name of Object.keys(engine.block().lifted)) {
      const target = ofPaper(`deficit_target.${name}`);
      if (target !== null) Object.assign(found, { [`target_${name}`]: "usd", [`usd_${name}`]: target });
    }
    return printed ? found : null;
  }

  return { declare, has: (name) => all.has(name), parameters, moved, said, reset, element, settings, paper };
})();
