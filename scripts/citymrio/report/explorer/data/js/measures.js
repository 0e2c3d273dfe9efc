// What can be shown of a region: plain heads of columns, names of classes, values by method, and the classes of the map.

const measures = (() => {
  /** Measures of the map: amounts with a ramp, a balance with two, and classes with names. */
  const AMOUNTS = ["per_capita_t", "cba_mt", "pba_mt"];
  const CLASSES = { quintile: "quintile", structure: "structure", super_emitter: "type" };
  const SAME = [
    ...["region", "name", "name_local", "province", "province_name", "kind"],
    ...["population", "gdp", "gdp_usd", "lon", "lat"],
  ];
  const RAMP = ["#f1f0e4", "#d3e0cd", "#a3c9ba", "#66a8a5", "#2f7f8a", "#12536b"];
  const BALANCE = ["#17577e", "#5f9dc0", "#bcd7e6", "#f3d3b5", "#d98a4e", "#98460f"];
  const EMPTY = "#e9e9e6";

  const head = (key) => words.known(`head.${key}`, key.replaceAll("_", " "));
  const unit = (key) => data.column("regions", key).unit;

  /** The balance that makes a net producer or consumer. */
  const balance = () => data.store.balance;

  /** Columns of regions by a method that is not the run's own, where the page has its analysis. */
  const analysed = (method) => data.store.analysed?.[method]?.tables.regions ?? {};

  /** Whether a column is a part of both sums of the ledger, which follow from the flows of a method. */
  const part = (key, method) => /^(own|for|from|exports)_.*mt$/.test(key) && ledger.told(method);

  /** Whether a column is known by every method, or by this one, and whether it is the same by all. */
  const follows = (key, method = "main") =>
    [...AMOUNTS, "role", balance(), ...Object.keys(analysed(method))].includes(key) || part(key, method);
  const same = (key) => SAME.includes(key);

  /** Value of a column of regions.csv by a method; of one that is not the run's own what its analysis or variants_regions.csv has. */
  function value(row, key, method = "main") {
    if (method === "main" || !follows(key, method)) return row[key] ?? null;
    if (key in analysed(method)) return data.region(row.region, method)[key];
    if (part(key, method)) return ledger.amounts(row, method)[key];
    const { cba, pba, balance: balances, role } = data.store.methods.others[method];
    const at = data.store.index.get(row.region);
    if (key === "role") return role[at];
    if (key === balance()) return balances[at];
    if (key === "pba_mt") return pba[at];
    if (key === "cba_mt") return cba[at];
    return cba[at] === null || !row.population ? null : (1e6 * cba[at]) / row.population;
  }

  /** Name of a class for people: "high_tech" is "High-tech". */
  function className(key, code) {
    if (code === null || code === undefined || code === "") return words.say("no.value");
    if (code === "none") return words.say("none");
    const family = CLASSES[key] ?? key;
    return words.known(
      `${family === "type" ? "type" : "class"}.${code}`,
      data.store.colours[`${family}Names`]?.[code] ?? String(code),
    );
  }

  /** Colour of a class; `none` and what the palette does not know are grey. */
  const classColour = (key, code) => data.store.colours[CLASSES[key] ?? key]?.[code] ?? "#d6d6d1";

  const has = (key) => data.store.regions.some((row) => row[key] !== null && row[key] !== undefined && row[key] !== "");
  const choices = () => [...AMOUNTS, balance(), ...Object.keys(CLASSES)].filter(has);

  const rounded = (number) => (number ? Number(number.toPrecision(2)) : 0);

  /** Breaks between classes with about as many regions each, rounded to two digits. */
  function breaks(values, count) {
    const sorted = values.filter((one) => one !== null).sort(d3.ascending);
    const cuts = d3.range(1, count).map((k) => rounded(d3.quantileSorted(sorted, k / count)));
    return [...new Set(cuts)].filter((cut) => cut > sorted[0] && cut <= sorted.at(-1));
  }

  /** Classes of a measure: {classes: [{label, colour, count}], of(row)}, `of` the position of a region's class, -1 without a value. */
  function classes(key, method, rows) {
    if (CLASSES[key]) return named(key, method, rows);
    const values = rows.map((row) => value(row, key, method));
    const known = values.filter((one) => one !== null);
    let [cuts, colours] = [[], RAMP];
    if (key === balance()) {
      const sizes = breaks(known.map(Math.abs), 3);
      [cuts, colours] = [[...sizes.map((size) => -size).reverse(), 0, ...sizes], BALANCE];
      colours = [...BALANCE.slice(0, sizes.length + 1), ...BALANCE.slice(5 - sizes.length)];
    } else {
      cuts = breaks(known, Math.max(3, Math.min(6, Math.round(known.length / 5))));
      colours = d3.range(cuts.length + 1).map((k) => RAMP[Math.round((k * (RAMP.length - 1)) / Math.max(1, cuts.length))]);
    }
    const of = (row) => {
      const one = value(row, key, method);
      return one === null ? -1 : d3.bisectRight(cuts, one);
    };
    const digits = d3.max(cuts, (cut) => (String(cut).split(".")[1] ?? "").length);
    const shown = (number) => format.number(number, digits);
    const label = (k) =>
      !cuts.length
        ? words.say("class.all")
        : k === 0
          ? words.say("below", { value: shown(cuts[0]) })
          : k === cuts.length
            ? words.say("and.more", { value: shown(cuts[k - 1]) })
            : words.say("from.to", { low: shown(cuts[k - 1]), high: shown(cuts[k]) });
    return counted(
      d3.range(cuts.length + 1).map((k) => ({ label: label(k), colour: colours[k] })),
      of,
      rows,
    );
  }

  function named(key, method, rows) {
    const palette = Object.keys(data.store.colours[CLASSES[key]] ?? {});
    const found = new Set(rows.map((row) => value(row, key, method)).filter(Boolean));
    const order = [...palette.filter((code) => found.has(code)), ...[...found].filter((code) => !palette.includes(code))];
    const of = (row) => order.indexOf(value(row, key, method));
    return counted(
      order.map((code) => ({ label: className(key, code), colour: classColour(key, code) })),
      of,
      rows,
    );
  }

  function counted(list, of, rows) {
    const counts = d3.rollup(rows, (group) => group.length, of);
    return { classes: list.map((entry, k) => ({ ...entry, count: counts.get(k) ?? 0 })), without: counts.get(-1) ?? 0, of };
  }

  /** A value in words, with its unit. */
  function said(row, key, method) {
    if (key === "role") return words.known(`role.${value(row, key, method)}`, value(row, key, method) ?? "");
    if (CLASSES[key]) return className(key, value(row, key, method));
    const one = value(row, key, method);
    return one === null ? words.say("no.value") : `${format.short(one)} ${unit(key)}`;
  }

  /** Lines of the note on a region: its name and its main numbers, the measure in sight first. */
  const lines = (code, key, method) => {
    const row = data.region(code);
    const keys = [...new Set([key, "cba_mt", "pba_mt", "per_capita_t"])].filter(Boolean);
    return [
      data.nameOf(code),
      words.province(row),
      ...keys.map((one) => `${head(one)}${words.say("colon")}${said(row, one, method)}`),
    ].filter(Boolean);
  };

  /** A column for `widgets.table`: plain head, unit, meaning, digits. */
  const column = (key, more = {}) => ({ key, label: head(key), ...data.column("regions", key), ...more });

  return { head, unit, value, className, classes, choices, said, lines, column, has, balance, analysed, follows, same, EMPTY };
})();
