// Who emits for whom: the flows into and out of a city, in tonnes, with sums that a table and a sentence can rest on.

const partners = (() => {
  const SHOWN = 10;

  /**
   * Flows of a city. direction: "in" (emitted anywhere for its consumption) or "out" (emitted here for consumption anywhere).
   * Returns {all, total, home, top: [{code, value}], others, count (places in others), province, elsewhere, unknown}: `total` is the sum
   * of home, top and others, and of home, province, elsewhere and unknown (not told apart where a page keeps the largest flows only).
   */
  function of(code, direction, method) {
    const all = direction === "in" ? data.flowsInto(code, method) : data.flowsOutOf(code, method);
    const total = sum(all.map((flow) => flow.value));
    const home = all.find((flow) => flow.code === code)?.value ?? null;
    const listed = all.filter((flow) => flow.code !== code && flow.code !== null);
    const top = listed.slice(0, SHOWN).filter((flow) => flow.value !== 0);
    const within = data.region(code).province;
    const inside = (flow) => within !== null && data.region(flow.code).province === within;
    const unknown = sum(all.filter((flow) => flow.code === null).map((flow) => flow.value));
    return {
      all,
      total,
      home,
      top,
      others: total - (home ?? 0) - sum(top.map((flow) => flow.value)),
      count: data.store.codes.length - top.length - 1,
      province: sum(listed.filter(inside).map((flow) => flow.value)),
      elsewhere: sum(listed.filter((flow) => !inside(flow)).map((flow) => flow.value)),
      unknown,
      shared: data.store.regions.some((row) => row.region !== code && row.province === within),
    };
  }

  /** Flows as arcs: from emitter to consumer, whichever way one looks. */
  const directed = (code, direction, flows) =>
    flows.map((flow) =>
      direction === "in"
        ? { origin: flow.code, destination: code, value: flow.value }
        : { origin: code, destination: flow.code, value: flow.value },
    );

  /** The parts of the bar: own city, others of its province, elsewhere. */
  function parts(code, found) {
    const colours = data.store.colours.flow;
    return [
      { label: data.region(code).name, value: found.home ?? 0, colour: colours.home },
      found.shared && {
        label: `Elsewhere in ${data.region(code).province_name ?? "its province"}`,
        value: found.province,
        colour: colours.province,
      },
      { label: found.shared ? "Other provinces" : "Other regions", value: found.elsewhere, colour: colours.elsewhere },
      found.unknown !== 0 && { label: "Smaller flows (not told apart on this page)", value: found.unknown, colour: "#bdbdb8" },
    ].filter(Boolean);
  }

  /** Percentages as whole numbers that still sum to 100: the largest remainders are rounded up. */
  function whole(shares) {
    const floors = shares.map(Math.floor);
    const order = shares.map((share, i) => [share - floors[i], i]).sort((a, b) => b[0] - a[0]);
    for (const [, i] of order.slice(0, Math.round(100 - sum(floors)))) floors[i] += 1;
    return floors.map((share, i) => (share === 0 && shares[i] > 0 ? "less than 1" : format.number(share)));
  }

  /** "Of 100 t caused by ..., 12 are emitted in ...". */
  function sentence(code, direction, found) {
    const name = data.region(code).name;
    if (!(found.total > 0))
      return direction === "in"
        ? `No emissions are attributed to the consumption of ${name}.`
        : `${name} emits nothing for final demand in the country.`;
    const shares = whole(parts(code, found).map((part) => (100 * part.value) / found.total));
    const told = parts(code, found).map((part, i) => `${shares[i]} ${where(part, i, name)}`);
    const list = told.length > 1 ? `${told.slice(0, -1).join(", ")} and ${told.at(-1)}` : told[0];
    const first = found.top[0];
    const role = direction === "in" ? "supplier" : "customer";
    const largest =
      first && first.value > 0
        ? ` The largest ${role} is ${data.region(first.code).name} (${format.percent(first.value / found.total)} of it${direction === "in" ? chance(code, first.code) : ""}).`
        : "";
    return direction === "in"
      ? `Of 100 t CO2 that the consumption of ${name} causes in the country, ${list.replace(" in ", " are emitted in ")}.${largest}`
      : `Of 100 t CO2 that ${name} emits for consumption in the country, ${list.replace(" in ", " serve consumption in ")}.${largest}`;
  }

  /** The interval of what a supplier emits; how often it is the largest, and among the five largest, where an ensemble tells. */
  function chance(code, supplier) {
    const listed = (data.store.rows.suppliers ?? []).filter((row) => String(row.region) === String(code));
    if (!listed.length) return "";
    const row = listed.find((one) => String(one.supplier) === String(supplier)) ?? { p_largest: 0, p_supplier: 0 };
    const [first, among] = [row.p_largest, row.p_supplier].map((share) => format.percent(share, 0));
    const { level } = data.store.intervals ?? {};
    const ends = format.interval(row.mt_low, row.mt_high);
    const interval = ends && level ? `; ${Math.round(100 * level)}% interval ${ends} Mt` : "";
    return `${interval}; the largest in ${first} of the ensemble's members, among the five largest in ${among}`;
  }

  function where(part, i, name) {
    if (i === 0) return `in ${name} itself`;
    if (part.label.startsWith("Elsewhere")) return part.label.replace("Elsewhere", "elsewhere");
    return part.label.startsWith("Smaller") ? "in places of smaller flows" : `in ${part.label.toLowerCase()}`;
  }

  return { of, directed, parts, sentence };
})();
