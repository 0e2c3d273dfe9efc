// The numbers that a run is quoted by, as its table headline.csv has them; by another method where that table has them so.

const headline = (() => {
  const counted = ["cities", "regions"];
  const plain = (value, unit) =>
    unit === "%" ? format.number(value, 1) : counted.includes(unit) ? format.number(value, 0) : format.short(value);
  const followed = (unit) => (text) => text + (unit === "%" ? "%" : counted.includes(unit) ? "" : ` ${words.unit(unit)}`);
  const amount = (value, unit) => followed(unit)(plain(value, unit));

  /** Rows as they are shown by a view: value, its range, and in the view that repeats the paper what the paper prints. */
  function rows(view = "main") {
    const { level, method: drawn } = data.store.intervals ?? {};
    const other = view !== "main" && estimates.methodOf(view);
    const reproduced = estimates.methodOf(view) === "paper";
    return (data.store.headline ?? []).map((row) => {
      const turned = Boolean(other) && row.other !== null;
      const by = turned ? other : data.store.methods?.main;
      const of = by === drawn ? "" : words.say("of.method", { method: words.method(drawn) });
      const ranged =
        row.low !== null &&
        words.say("headline.interval", {
          level: Math.round(100 * (level ?? 0)),
          of,
          ends: format.span({ low: plain(row.low, row.unit), high: plain(row.high, row.unit) }, followed(row.unit)),
        });
      return {
        ...row,
        ranged,
        value: turned ? row.other : row.value,
        asides: [
          view !== "main" && !turned && estimates.note(view),
          ranged,
          reproduced &&
            row.printed !== null &&
            words.say(row.comparable ? "headline.printed" : "headline.elsewhere", { value: amount(row.printed, row.unit) }),
        ].filter(Boolean),
      };
    });
  }

  /** The numbers as lines of text. */
  const text = (view) =>
    rows(view).map((row) => {
      const said = `${words.say(`tile.${row.tile}`)}${words.say("colon")}${amount(row.value, row.unit)}`;
      return row.ranged ? said + words.say("brackets", { text: row.ranged }) : said;
    });

  /** The numbers as a list of terms, with `update(view)`. */
  function build() {
    const element = h("dl", { class: "headline", id: "headline" });
    const tile = (row) =>
      h(
        "div",
        {},
        h("dt", {}, words.say(`tile.${row.tile}`)),
        h("dd", { class: "figure-number" }, amount(row.value, row.unit)),
        h(
          "dd",
          {},
          row.asides.map((line) => h("span", { class: "aside" }, line)),
        ),
      );
    return { element, update: (view) => fill(element, rows(view).map(tile)) };
  }

  return { build, text };
})();
