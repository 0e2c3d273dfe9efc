// The estimates that the page holds: which one people see first, what it is called, and whether the ranges are its own.

const estimates = (() => {
  /** Variants whose flows the page holds. */
  const others = () => Object.entries(data.store.methods?.others ?? {}).filter(([name]) => data.hasFlows(name));

  /** The method of a view: "main" is the run's own; null where a variant differs in something else. */
  const methodOf = (view) => (view === "main" ? data.store.methods?.main : data.store.methods.others[view].method) || null;

  /** Views by a whole method, the run's own first. */
  const whole = () => ["main", ...others().flatMap(([name, entry]) => (entry.method ? [name] : []))];

  /** What people see first: the calibrated method where the page has it. */
  const first = () => whole().find((view) => methodOf(view) === "calibrated") ?? "main";

  const label = (view) =>
    (view === "main" ? data.store.methods?.label : data.store.methods.others[view].label) ?? words.say("method.this");

  /** Whether the ensemble's ranges are those of a view. */
  const ranged = (view) => Boolean(data.store.intervals) && (data.store.intervals.method ?? null) === methodOf(view);

  /** Both ends of the range of a column of regions.csv by a view, null where there is none. */
  function ends(row, key, view) {
    const [low, high] = ["low", "high"].map((end) => (ranged(view) ? row[`${key}_${end}`] : null) ?? null);
    return { low, high };
  }

  /** Whether the range of a balance holds both signs. */
  function either(row, key, view) {
    const { low, high } = ends(row, key, view);
    return low !== null && low < 0 && high > 0;
  }

  /**
   * Rows of a table by the run's own settings, named by `key`, as the ensemble reports them where the ranges are those of the view:
   * the median of what does not add up, and beside a number its ends (<column>_low, <column>_high).
   */
  function reported(view, table, key, rows) {
    if (!ranged(view)) return rows;
    const cells = (data.store.rows.cells ?? []).filter((cell) => cell.table === table);
    const found = new Map(cells.map((cell) => [`${cell.row}, ${cell.column}`, cell]));
    const drawn = (row, [column, value]) => {
      const cell = found.get(`${row[key]}, ${column}`);
      if (!cell) return { [column]: value };
      return { [column]: cell.value, [`${column}_low`]: cell.low, [`${column}_high`]: cell.high };
    };
    return rows.map((row) => Object.assign({}, ...Object.entries(row).map((entry) => drawn(row, entry))));
  }

  /** The view that groups and scenarios are by: that in sight where the page has its analysis, else the run's own. */
  const source = (view) => (data.store.analysed?.[view] ? view : "main");

  /** What stands beside a part that is by the run's own method while another is in sight. */
  const note = (view) => (view === "main" ? "" : words.say("by.own", { method: label("main") }));

  /** All views, the first one before the others: [value, label]. */
  const views = () => {
    const all = ["main", ...others().map(([name]) => name)];
    return [first(), ...all.filter((view) => view !== first())].map((view) => [view, label(view)]);
  };

  return { others, methodOf, whole, first, label, ranged, ends, either, reported, source, note, views };
})();
