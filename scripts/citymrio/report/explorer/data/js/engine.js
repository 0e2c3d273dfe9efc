// Scenarios as citymrio.analysis computes them, from the block `scenario` (explorer/scenario_block.py), regions.csv and
// parameters.csv; by another method from the same of its analysis. A test in a browser compares the two for the run's settings and
// for others.
//
// What needs the whole table (all measures at once, the fall of the cities' own footprints under technology) is not computed: those
// numbers are the analysis' while every setting is the run's, and null otherwise.

const engine = (() => {
  const QUINTILES = ["Q1", "Q2", "Q3", "Q4", "Q5"];
  const MT = 1e-6;
  let block;
  const bases = new Map(); // view -> what scenarios are computed from

  /** Whether the run brings what scenarios are computed from. */
  function has() {
    block = data.store.scenario;
    return Boolean(block);
  }

  /** What the numbers of a view are computed from: its cities, the key sectors' rows and means, and tables of its analysis. */
  function basis(view) {
    if (!bases.has(view)) {
      const { intensities, means } = data.store.analysed?.[view] ?? block;
      bases.set(view, {
        cities: data.rows("regions", view).filter((row) => row.kind !== "province"),
        means,
        ofKey: keyRows(intensities),
        row: (code) => data.region(code, view),
        parameter: (name) => parameter(name, view),
        table: (name) => data.rows(name, view) ?? [],
      });
    }
    return bases.get(view);
  }

  function keyRows({ region, key_sector: key, emissions_t: emissions, output }) {
    const found = new Map(block.keys.map((name) => [name, []]));
    region.forEach((code, i) => {
      const intensity = output[i] > 0 ? emissions[i] / output[i] : null;
      found.get(key[i]).push({ region: code, emissions: emissions[i], output: output[i], intensity });
    });
    return found;
  }

  /** The run's own parameters. `light`, `deep`: a benchmark of one's own by key sector, t CO2 per unit of money. */
  function defaults() {
    const { deficit_targets: targets, thresholds_usd: bounds, ...others } = block.settings;
    return {
      ...others,
      thresholds_usd: [...bounds],
      deficit_targets: { ...targets },
      light: {},
      deep: {},
      light_scale: 1,
      deep_scale: 1,
    };
  }

  /** Names of the parameters that differ from the run's. */
  function changed(parameters) {
    const own = defaults();
    return Object.keys(own).filter((name) => JSON.stringify(own[name]) !== JSON.stringify(parameters[name]));
  }

  const total = (rows, value) => rows.reduce((all, row) => all + (value(row) ?? 0), 0);
  const finite = (value) => (Number.isFinite(value) ? value : null);
  const parameter = (name, view) => data.rows("parameters", view).find((row) => row.parameter === name)?.value ?? null;

  /** Quintile of every city: super_emitters and affluence.py. */
  function quintiles(chosen, cities) {
    const value = (row) => row[chosen.affluence];
    if (chosen.quintile_mode === "threshold") {
      const group = (row) => chosen.thresholds_usd.filter((bound) => value(row) <= bound).length;
      return new Map(cities.map((row) => [row.region, QUINTILES[group(row)]]));
    }
    const weights = chosen.quintile_mode === "sizes" ? block.sizes : [1, 1, 1, 1, 1];
    const exact = weights.map((weight) => (cities.length * weight) / sum(weights));
    const sizes = exact.map((size) => Math.floor(size + 1e-9));
    const rest = [0, 1, 2, 3, 4].sort((a, b) => exact[b] - sizes[b] - (exact[a] - sizes[a]));
    for (const group of rest.slice(0, cities.length - sum(sizes))) sizes[group] += 1;
    const order = [...cities].sort((a, b) => value(b) - value(a) || (a.region < b.region ? -1 : 1));
    const labels = QUINTILES.flatMap((name, group) => Array(sizes[group]).fill(name));
    return new Map(order.map((row, i) => [row.region, labels[i]]));
  }

  function typeOf(row, threshold) {
    const [consumer, producer] = [row.cba_mt > threshold, row.pba_mt > threshold];
    return consumer && producer ? "hybrid" : consumer ? "demand" : producer ? "technology" : "none";
  }

  /** Types of all cities on both bases. */
  function typed(chosen, { cities, parameter: of }) {
    const share = chosen.super_share ?? NaN;
    const thresholds = { sum_cba: total(cities, (row) => row.cba_mt) * share, national: of("emissions_counted") * share };
    const used = thresholds[chosen.super_base];
    const groups = quintiles(chosen, cities);
    const rows = cities.map((row) => ({
      region: row.region,
      quintile: groups.get(row.region),
      super_emitter: typeOf(row, used),
      super_emitter_sum_cba: typeOf(row, thresholds.sum_cba),
      super_emitter_national: typeOf(row, thresholds.national),
      super_margin: used > 0 ? Math.max(row.pba_mt, row.cba_mt) / used : null,
    }));
    return { threshold: finite(used), thresholds, rows };
  }

  const meanOf = (values) => (values.length ? sum(values) / values.length : null);

  /** The benchmark of a key sector as it is defined, before scales and values of one's own; null where the run cannot tell. */
  function defined(key, depth, definition, { means, ofKey }) {
    if (depth === "deep") return means[key].global;
    const rows = ofKey.get(key).filter((row) => row.output > 0);
    if (definition === "national") return means[key].national;
    if (definition === "cities")
      return meanOf(rows.filter((row) => data.region(row.region).kind !== "province").map((row) => row.intensity));
    if (definition === "provinces") {
      const sums = new Map();
      for (const row of rows) {
        const province = data.region(row.region).province;
        const [emissions, output] = sums.get(province) ?? [0, 0];
        sums.set(province, [emissions + row.emissions, output + row.output]);
      }
      return meanOf([...sums.values()].map(([emissions, output]) => emissions / output));
    }
    return block.national_inventory ? block.national_inventory[key] / total(rows, (row) => row.output) : null;
  }

  /** Key sector -> the intensity that a scenario's cities fall to. */
  function benchmarks(chosen, depth, from) {
    return Object.fromEntries(
      block.keys.map((key) => {
        if (chosen[depth][key] !== undefined) return [key, chosen[depth][key]];
        const scaled = defined(key, depth, chosen.light_benchmark, from);
        const mark = scaled === null || scaled === undefined ? null : scaled * chosen[`${depth}_scale`];
        const lower = depth === "deep" && chosen.deep_benchmark === "min_global_national" && mark !== null;
        return [key, lower ? Math.min(mark, from.means[key].national) : mark];
      }),
    );
  }

  /** What is above a mark: nothing where it is round-off, so that a city at its benchmark saves nothing. */
  const above = (value, mark) => (value - mark > block.round_off * value ? value - mark : 0);

  /** Savings by city of lower intensities, Mt: scenarios/technology.py. */
  function technology(chosen, depth, rows, from) {
    const { means, ofKey } = from;
    const acting = rows.filter((row) => ["technology", "hybrid"].includes(row.super_emitter)).map((row) => row.region);
    const marks = benchmarks(chosen, depth, from);
    const lacking = block.keys.filter((key) => marks[key] === null);
    if (lacking.length) return { problem: words.say("problem.benchmark", { list: words.list(lacking.map(keyName)) }) };
    const places = new Map(acting.map((code, i) => [code, i]));
    const saved = (capped) => {
      const result = acting.map(() => 0);
      for (const key of block.keys) {
        const bound = means[key].plausible;
        for (const row of ofKey.get(key)) {
          if (!places.has(row.region) || !(row.output > 0)) continue;
          const intensity = capped && bound !== null && row.intensity > bound ? bound : row.intensity;
          result[places.get(row.region)] += above(intensity, marks[key]) * row.output;
        }
      }
      return acting.map((region, i) => ({ region, saving_mt: result[i] * MT }));
    };
    const modes = { "": saved(false) };
    if (block.keys.some((key) => means[key].plausible !== null)) modes.capped = saved(true);
    return { modes };
  }

  /** Cities that change their demand: scenarios/demand.py. */
  function consumers(chosen, depth, rows, from) {
    const belongs = (structure) =>
      structure === chosen.deep_structure || new RegExp(`^${escaped(chosen.deep_structure)}_\\d+$`).test(structure);
    return rows.filter(
      (row) =>
        ["demand", "hybrid"].includes(row.super_emitter) ||
        (depth === "deep" && chosen.deep_structure && row.quintile === "Q1" && belongs(from.row(row.region).structure)),
    );
  }

  const escaped = (text) => String(text).replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

  /** Savings by city of less capital in final demand, Mt. */
  function demand(chosen, depth, rows, from) {
    const target = chosen.capital_target;
    const receivers = block.consumers[chosen.consumption].roles;
    const modes = {};
    for (const mode of ["shift", "cut"]) {
      modes[mode] = [];
      for (const { region } of consumers(chosen, depth, rows, from)) {
        const row = from.row(region);
        const spent = (roles) => sum(roles.map((role) => row[`demand_${role}`] ?? 0));
        const caused = (roles) => sum(roles.map((role) => row[`cba_${role}_mt`] ?? 0));
        const capital = spent(["capital"]);
        const others = spent(block.roles.filter((role) => role !== "capital"));
        const kept = mode === "shift" ? target * (capital + others) : (target / (1 - target)) * others;
        const amount = above(capital, kept);
        if (amount > capital) return { problem: words.say("problem.capital", { city: data.nameOf(region) }) };
        const base = spent(receivers);
        if (mode === "shift" && amount && !(base > 0))
          return { problem: words.say("problem.shift", { city: data.nameOf(region) }) };
        const lost = amount ? (caused(["capital"]) * amount) / capital : 0;
        const gained = mode === "shift" && amount ? (caused(receivers) * amount) / base : 0;
        modes[mode].push({ region, saving_mt: lost - gained });
      }
    }
    return { modes };
  }

  const MEASURES = { technology, demand };
  const BASIS = { technology: "production", demand: "consumption" };

  /** scenarios.csv and scenario_cities.csv: scenarios/run.py. */
  function savings(chosen, rows, asRun, from) {
    const { cities } = from;
    const [table, parts, problems] = [[], [], []];
    if (!block.run || !rows.some((row) => row.super_emitter !== "none")) return { table, parts, problems };
    const order = new Map(cities.map((row, i) => [row.region, i]));
    const [all, national] = [total(cities, (row) => row.cba_mt), from.parameter("emissions_counted")];
    const ofRun = (name) => (asRun ? (from.table("scenarios").find((row) => row.scenario === name) ?? null) : null);
    const add = (side, depth, mode, saving, more = {}) => {
      const scenario = [side, depth, mode].filter(Boolean).join("_");
      const amount = saving ? total(saving, (row) => row.saving_mt) : (ofRun(scenario)?.saving_mt ?? null);
      table.push({
        scenario,
        side,
        depth,
        mode,
        cities: more.cities ?? saving.length,
        saving_mt: amount,
        saving_share_percent: amount === null || !all ? null : (100 * amount) / all,
        saving_share_national_percent: amount === null ? null : (100 * amount) / national,
        saving_cba_mt: side === "demand" ? amount : (ofRun(scenario)?.saving_cba_mt ?? null),
        interaction_mt: ofRun(scenario)?.interaction_mt ?? null,
        basis: BASIS[side] ?? "both",
        headline: mode === "" || mode === chosen.demand_mode,
        note: ofRun(scenario)?.note ?? "",
      });
      const listed = saving ?? (asRun ? from.table("scenario_cities").filter((row) => row.scenario === scenario) : []);
      parts.push(...listed.map((row) => ({ scenario, region: row.region, saving_mt: row.saving_mt })));
    };
    for (const depth of block.depths) {
      const found = {};
      for (const side of block.measures) {
        const { modes, problem } = MEASURES[side]
          ? MEASURES[side](chosen, depth, rows, from)
          : { problem: words.say("problem.measure") };
        if (modes) found[side] = modes;
        else problems.push({ side, depth, problem });
      }
      for (const [side, modes] of Object.entries(found)) if (modes[""]) add(side, depth, "", modes[""]);
      const modesOf = [...new Set(Object.values(found).flatMap(Object.keys))].filter(Boolean);
      for (const mode of modesOf) {
        for (const [side, modes] of Object.entries(found)) if (modes[mode]) add(side, depth, mode, modes[mode]);
        const together = block.measures.map((side) => found[side]?.[mode] ?? found[side]?.[""]);
        if (together.every(Boolean)) {
          const both = new Map();
          for (const { region, saving_mt: saving } of together.flat()) both.set(region, (both.get(region) ?? 0) + saving);
          const union = [...both]
            .map(([region, saving_mt]) => ({ region, saving_mt }))
            .sort((a, b) => order.get(a.region) - order.get(b.region));
          add("sum", depth, mode, union);
          add("joint", depth, mode, null, { cities: union.length });
        }
      }
    }
    return { table, parts, problems };
  }

  /** quota.csv: scenarios/deficits.py. */
  function quota(chosen, table, from) {
    const existing = chosen.peak_mt === null ? null : chosen.peak_mt - from.parameter("emissions");
    const percent = (saving, left) => (left > 0 && saving !== null ? (100 * saving) / left : null);
    return [{ scenario: "existing", saving_mt: 0 }, ...table.filter((row) => row.headline)].map(
      ({ scenario, saving_mt: saving }) => {
        const left = existing === null || saving === null ? null : existing + saving;
        return {
          scenario,
          existing_mt: existing,
          saving_mt: saving,
          new_mt: left,
          increase_of_existing_percent: percent(saving, existing),
          increase_of_new_percent: percent(saving, left),
        };
      },
    );
  }

  /** deficits.csv: scenarios/deficits.py. A target is a quintile, whose mean is taken, or USD per capita. */
  function deficits(chosen, rows, { cities }) {
    const groups = new Map(rows.map((row) => [row.region, row.quintile]));
    const affluence = (row) => row[chosen.affluence];
    return Object.entries(block.lifted).map(([name, { quintiles: lifted }]) => {
      const wanted = chosen.deficit_targets[name];
      const given = typeof wanted === "number";
      const reference = cities.filter((row) => groups.get(row.region) === wanted);
      const lift = (target) => {
        const raised =
          target === null ? [] : cities.filter((row) => lifted.includes(groups.get(row.region)) && affluence(row) < target);
        return {
          raised,
          deficit: target === null ? null : total(raised, (row) => (target / affluence(row) - 1) * row.cba_demand_mt),
        };
      };
      const plain = given ? wanted : meanOf(reference.map(affluence));
      const people = total(reference, (row) => row.population);
      const weighted = given ? wanted : people ? total(reference, (row) => affluence(row) * row.population) / people : null;
      const [unweighted, byPeople] = [lift(plain), lift(weighted)];
      return {
        case: name,
        target: given ? `deficit_target.${name}` : `mean of ${wanted}`,
        cities: unweighted.raised.length,
        population: total(unweighted.raised, (row) => row.population),
        target_usd: plain,
        deficit_mt: unweighted.deficit,
        target_weighted_usd: weighted,
        deficit_weighted_mt: byPeople.deficit,
      };
    });
  }

  /**
   * Everything for a set of parameters: names as in defaults(); what is left out is the run's. Tables have the columns of the run's
   * (scenarios, scenario_cities, quota, deficits), `regions` the columns of regions.csv that change; null is what the page cannot
   * compute, and `problems` says which measure failed and why. By the method of a view where the page has its analysis.
   */
  function scenario(parameters = {}, view = "main") {
    if (!has()) throw new Error("this run brings no scenarios");
    const own = defaults();
    const unknown = Object.keys(parameters).filter((name) => !(name in own));
    if (unknown.length) throw new Error(`no parameter ${unknown.join(", ")}; known: ${Object.keys(own).join(", ")}`);
    const chosen = { ...own, ...parameters, deficit_targets: { ...own.deficit_targets, ...parameters.deficit_targets } };
    const different = changed(chosen);
    const asRun = different.every((name) => ["peak_mt", "deficit_targets"].includes(name));
    const from = basis(view);
    const { threshold, thresholds, rows } = typed(chosen, from);
    const { table, parts, problems } = savings(chosen, rows, asRun, from);
    const counts = Object.fromEntries(
      ["demand", "technology", "hybrid"].map((type) => [type, rows.filter((row) => row.super_emitter === type).length]),
    );
    return {
      parameters: chosen,
      changed: different,
      threshold,
      thresholds,
      counts,
      regions: rows,
      scenarios: table,
      scenario_cities: parts,
      quota: quota(chosen, table, from),
      deficits: deficits(chosen, rows, from),
      problems,
    };
  }

  const keyName = (key) => words.known(`key.${key}`, data.store.colours.keyNames[key] ?? key.replaceAll("_", " "));

  return { has, defaults, basis, benchmarks, scenario, keyName, parameter, block: () => block };
})();
