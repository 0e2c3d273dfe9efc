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
      types && { title: words.say("super.emitters"), levers: ofTypes(settings) },
      run && types && { title: words.say("measure.technology"), levers: ofTechnology(settings), benchmarks: true },
      run && types && { title: words.say("measure.demand"), levers: ofDemand(settings) },
      { title: words.say("quota"), levers: ofQuota(settings) },
      { title: words.say("lever.affluence.group"), levers: ofAffluence(settings) },
    ]
      .filter(Boolean)
      .filter((group) => group.levers.length);
  }

  const ofTypes = (settings) => [
    number(
      "threshold",
      words.say("lever.threshold"),
      clean(100 * settings.super_share),
      { min: 0.05, max: 50, step: 0.05, slide: Math.max(5, clean(200 * settings.super_share)) },
      {
        unit: words.say("lever.threshold.unit"),
        says: words.say("lever.threshold.says"),
      },
    ),
    choice(
      "base",
      words.say("lever.base"),
      settings.super_base,
      [
        ["sum_cba", words.say("lever.base.sum_cba")],
        ["national", words.say("lever.base.national")],
      ],
      {
        says: words.say("lever.base.says"),
      },
    ),
  ];

  function ofAffluence(settings) {
    const columns = Object.entries(engine.block().affluence).filter(([column]) => column in data.store.tables.regions);
    const target = (name, lifts) => {
      const own = settings.deficit_targets[name];
      const { target: usual, quintiles } = engine.block().lifted[name];
      const above = ["Q1", "Q2", "Q3"].filter((quintile) => quintile < quintiles[0]);
      const of = (quintile) => words.say("lever.mean", { quintile });
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
          words.say("lever.lift.to", { lifts }),
          typeof own === "number" ? "usd" : own,
          [...above.map((quintile) => [quintile, of(quintile)]), ["usd", words.say("lever.amount.usd")]],
          {
            says: words.say("lever.lift.says", { first: quintiles[0], last: quintiles.at(-1), usual: of(usual) }),
          },
        ),
        number(
          `usd_${name}`,
          words.say("lever.amount"),
          amount,
          { min: 1, max: 1e6, step: 1 },
          { unit: words.say("lever.amount.unit"), only: (values) => values[`target_${name}`] === "usd", says: "" },
        ),
      ];
    };
    // sizes and dollars of the paper are for a run that stands beside it; others have those that they were made with
    const ways = [
      ["rank", words.say("lever.quintiles.rank")],
      ["sizes", words.say("lever.quintiles.sizes", { sizes: engine.block().sizes.join(words.say("list.comma")) })],
      [
        "threshold",
        words.say("lever.quintiles.above", {
          bounds: settings.thresholds_usd.map((bound) => format.number(bound)).join(words.say("list.comma")),
        }),
      ],
    ].filter(([mode]) => mode === "rank" || mode === settings.quintile_mode || data.store.rows.paper_comparison);
    const named = Object.entries(engine.block().lifted).map(([name, { quintiles }]) => [
      name,
      words.say("lever.lift", { first: quintiles[0], last: quintiles.at(-1) }),
    ]);
    return [
      choice(
        "affluence",
        words.say("lever.affluence"),
        settings.affluence,
        columns.map(([column, { words: said }]) => [
          column,
          words.known(`affluence.${column}`, words.say("affluence.of", { said })),
        ]),
        {
          says: words.say("lever.affluence.says"),
        },
      ),
      ...(ways.length > 1
        ? [
            choice("quintiles", words.say("lever.quintiles"), settings.quintile_mode, ways, {
              says: words.say("lever.quintiles.says"),
            }),
          ]
        : []),
      ...named.flatMap(([name, lifts]) => target(name, lifts)),
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
            words.say("measure.row", { side: engine.keyName(key), depth: words.say(`depth.${depth}`) }),
            0,
            { min: 0, max: 1e6, step: "any" },
            { benchmark: [depth, key] },
          ),
        );
    return [
      choice(
        "light",
        words.say("lever.light"),
        settings.light_benchmark,
        Object.entries(light)
          .filter(([name]) => name !== "national_inventory" || inventory || settings.light_benchmark === name)
          .map(([name, said]) => [name, words.known(`benchmark.${name}`, said)]),
        {
          says: words.say("lever.light.says"),
        },
      ),
      number("light_scale", words.say("lever.light.scale"), 100, scale, {
        unit: "%",
        says: words.say("lever.light.scale.says"),
      }),
      choice(
        "deep",
        words.say("lever.deep"),
        settings.deep_benchmark,
        Object.entries(deep).map(([name, said]) => [name, words.known(`benchmark.${name}`, said)]),
        { says: words.say("lever.deep.says") },
      ),
      number("deep_scale", words.say("lever.deep.scale"), 100, scale, {
        unit: "%",
        says: words.say(anyAssumed() ? "lever.deep.scale.assumed" : "lever.deep.scale.says"),
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
    const named = (name) => words.known(`class.${name}`, data.store.colours.structureNames[name] ?? name.replaceAll("_", " "));
    return [
      number(
        "capital",
        words.say("lever.capital"),
        clean(100 * settings.capital_target),
        { min: 0, max: 99, step: 1, slide: 80 },
        {
          unit: words.say("lever.capital.unit"),
          says: words.say("lever.capital.says") + megacities(),
        },
      ),
      choice(
        "mode",
        words.say("lever.mode"),
        settings.demand_mode,
        [
          ["shift", words.say("lever.mode.shift")],
          ["cut", words.say("lever.mode.cut")],
        ],
        {
          says: words.say("lever.mode.says"),
        },
      ),
      choice(
        "to",
        words.say("lever.to"),
        settings.consumption,
        Object.entries(consumers).map(([name, { words: said }]) => [name, words.known(`consumers.${name}`, said)]),
        { says: words.say("lever.to.says") },
      ),
      structures.length > 0 &&
        choice(
          "structure",
          words.say("lever.structure"),
          settings.deep_structure ?? "",
          [
            ...(settings.deep_structure ? [] : [["", words.say("type.nobody")]]),
            ...structures.map((name) => [name, named(name)]),
          ],
          {
            says: words.say("lever.structure.says"),
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
        words.say("lever.peak"),
        clean(settings.peak_mt / 1000),
        { ...around(emissions), min: 0.0001, max: 1000, from: around(emissions).min, slide: around(emissions).max },
        {
          unit: words.say("lever.peak.unit"),
          assumed,
          says: words.say("lever.peak.says", { emissions: format.short(emissions) }) + (assumed ? "" : sourced("peak_emissions")),
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
  const sourced = (name) => (given(name)?.source ? words.gap() + words.say("lever.source", { source: given(name).source }) : "");

  function megacities() {
    const prefix = "megacity_capital_share.";
    const found = rowsOf(engine.block().benchmarks).filter((row) => row.parameter.startsWith(prefix));
    if (engine.block().settings.capital_target_configured || !found.length) return "";
    const parts = found.map((row) =>
      words.say(isAssumed(row.parameter) ? "lever.share.assumed" : "lever.share", {
        name: row.parameter.slice(prefix.length),
        share: format.percent(row.value, 0),
      }),
    );
    return words.gap() + words.say("lever.megacities", { list: parts.join(words.say("list.comma")) });
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
    if (chosen.quintile_mode === "sizes") groups.push(`quintile_sizes: [${engine.block().sizes.join(", ")}]`);
    if (chosen.quintile_mode === "threshold") groups.push(`thresholds_usd: [${engine.defaults().thresholds_usd.join(", ")}]`);
    if (chosen.quintile_mode === "rank") groups.push("quintile_sizes: [1, 1, 1, 1, 1]", "thresholds_usd: []");
    for (const name of ["light_benchmark", "deep_benchmark", "capital_target", "demand_mode", "consumption", "deep_structure"]) {
      if (chosen[name] !== undefined) scenarios.push(`${name}: ${chosen[name]}`);
    }
    if (chosen.peak_mt !== undefined) scenarios.push(`peak_emissions_gt: ${clean(chosen.peak_mt / 1000)}`);
    for (const key of engine.block().keys) {
      const own = chosen.deep[key] ?? (chosen.deep_scale ? clean(chosen.deep_scale * engine.block().means[key].global) : null);
      if (own !== null) benchmarks.push(`global_intensity.${key},${own}`);
    }
    if (Object.keys(chosen.light).length || chosen.light_scale) alone.push(words.say("alone.light"));
    const wanted = Object.entries(chosen.deficit_targets).filter(
      ([name, target]) => target !== engine.defaults().deficit_targets[name],
    );
    if (wanted.length) {
      if (Object.values(chosen.deficit_targets).every((target) => typeof target === "number")) {
        scenarios.push("deficit_targets: benchmarks");
        benchmarks.push(...Object.entries(chosen.deficit_targets).map(([name, target]) => `deficit_target.${name},${target}`));
      } else alone.push(words.say("alone.targets"));
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
    const named = [lever.label, lever.unit && words.say("brackets", { text: lever.unit })];
    const mark = lever.assumed && h("span", { class: "mark" }, ` ${words.say("assumed")}`);
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
      h("option", { value }, value === lever.initial ? words.say("lever.of.run", { text }) : text),
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
        "aria-label": words.say("lever.slider", { label: lever.label }),
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
          : words.say("lever.refused", {
              text: text.trim() === "" ? words.say("lever.blank") : text,
              label: lever.label,
              min: format.number(lever.min),
              max: `${format.number(lever.max)}${lever.unit ? ` ${lever.unit}` : ""}`,
              used: format.number(state.get()[lever.name]),
            }),
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
    const unit = words.say("per", { what: words.unit(data.store.run.emission_unit ?? "t CO2"), of: data.store.run.unit });
    const cells = new Map();
    const cell = (key, depth) => {
      const [lever, shown] = [all.get(keyed(depth, key)), h("span", { class: "inuse" })];
      cells.set(lever.name, shown);
      const label = h(
        "label",
        { class: "unseen", for: `type-${id(lever)}` },
        words.say("lever.own", { key: engine.keyName(key), depth: words.say(`depth.${depth}`) }),
      );
      return h("td", {}, shown, label, field(lever, ""));
    };
    const rows = keys.map((key) => {
      const mark =
        isAssumed(`global_intensity.${key}`) &&
        h("span", { class: "mark", title: given(`global_intensity.${key}`).source }, ` ${words.say("lever.deep.assumed")}`);
      return h("tr", {}, h("th", { scope: "row" }, engine.keyName(key), mark), cell(key, "light"), cell(key, "deep"));
    });
    const head = h(
      "tr",
      {},
      ["lever.key", "lever.col.light", "lever.col.deep"].map((name) => h("th", { scope: "col" }, words.say(name))),
    );
    const table = h(
      "table",
      {},
      h("caption", {}, words.say("lever.table", { unit })),
      h("thead", {}, head),
      h("tbody", {}, rows),
    );
    const show = (values) => {
      const chosen = { ...engine.defaults(), ...parameters(values) };
      for (const depth of ["light", "deep"]) {
        const marks = engine.benchmarks(chosen, depth, engine.basis(values.method));
        for (const key of keys)
          fill(cells.get(keyed(depth, key)), marks[key] === null ? words.say("type.nobody") : format.short(marks[key]));
      }
    };
    state.subscribe(show);
    show(state.get());
    return h(
      "details",
      { class: "benchmarks" },
      h("summary", {}, words.say("lever.benchmarks")),
      h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": words.say("lever.benchmarks") }, table),
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
    const of = (value) => (lever.benchmark && value === 0 ? words.say("lever.defined") : format.number(value));
    const shown = (value) => (lever.options ? lever.options.find(([name]) => name === value)[1] : of(value));
    const unit = lever.unit ? ` ${lever.unit}` : "";
    return words.say("lever.said", {
      label: lever.label,
      value: `${shown(values[lever.name])}${unit}`,
      run: shown(lever.initial),
    });
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
