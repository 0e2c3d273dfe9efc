// What kind of place a city is, and how each of its accounts is known.

const facts = (() => {
  const KNOWN = ["emissions", "emissions_split", "value_added", "structure", "output", "demand"];

  const chance = (share) =>
    share === null || share === undefined ? "" : words.say("chance", { n: format.number(100 * share, 0) });

  function type(row, name) {
    const chances = ["demand", "technology", "hybrid"]
      .filter((one) => row[`p_${one}`] > 0)
      .map((one) => `${words.known(`type.${one}`, one)} ${format.percent(row[`p_${one}`], 0)}`);
    return {
      head: words.say("fact.super_emitter"),
      value: words.known(`type.${name}`, name),
      asides: [chances.length ? words.say("fact.chances", { list: words.list(chances) }) : ""],
    };
  }

  function rangeOf(row, key, view) {
    const { low, high } = estimates.ends(row, key, view);
    return format.interval(low, high);
  }

  /** The facts of a row of regions.csv as {head, value, asides}. */
  function of(row, view) {
    const own = (key) => measures.value(row, key, view);
    const group = (key, share) =>
      own(key) && {
        head: words.say(`fact.${key}`),
        value: words.known(`class.${own(key)}`, measures.className(key, own(key))),
        asides: [chance(share)],
      };
    const role = own("role") ?? "";
    const either = estimates.either(row, measures.balance(), view);
    return [
      {
        head: words.say(`fact.${measures.balance()}`),
        value: measures.said(row, measures.balance(), view),
        asides: [rangeOf(row, measures.balance(), view), either ? words.say("fact.either") : words.known(`role.${role}`, role)],
      },
      group("quintile", row[`p_${String(own("quintile")).toLowerCase()}`]),
      group("structure", own("structure") === row.structure ? row.p_structure : null), // of draws with the run's own structure
      own("super_emitter") && type(row, own("super_emitter")),
      {
        head: words.say("fact.population"),
        value: format.number(row.population, 0) || words.say("no.value"),
        asides: [row.gdp_usd ? words.say("fact.gdp", { value: format.number(row.gdp_usd, 0) }) : ""],
      },
    ].filter(Boolean);
  }

  /** What the statistics of a city say of its emissions, "" where the page does not have it. */
  function printed(row, view) {
    const found = trend.printed(row, view);
    return found ? words.say(`known.printed.${found.has}`, found) : "";
  }

  /** How the accounts of a city are known: [quantity, status code, words]. */
  const accounts = (row, view) =>
    KNOWN.filter((key) => row[`${key}_status`]).map((key) => {
      const status = row[`${key}_status`];
      const more = key === "emissions" && status === "observed" ? printed(row, view) : "";
      return [words.say(`known.${key}`), status, words.known(`status.${status}`, status) + more];
    });

  function known(row, view) {
    const list = accounts(row, view).map(([quantity, status, said]) =>
      h("li", { "data-status": status }, h("span", { class: `status ${status}` }, quantity), ` ${said}`),
    );
    const share = (key) => {
      const value = measures.value(row, key, view);
      return value === null ? null : format.percent(value, 0);
    };
    const [whole, split] = [share("cba_modelled_share"), share("cba_split_modelled_share")];
    if (whole !== null)
      list.push(
        h("li", {}, words.say("known.share", { whole, split: split === null ? "" : words.say("known.split", { split }) })),
      );
    if (row.main_input)
      list.push(
        h(
          "li",
          {},
          words.say("known.narrow", {
            input: words.known(`cause.${row.main_input}`, row.main_input),
            share: format.percent(row.main_input_share, 0),
          }),
        ),
      );
    return list;
  }

  function build() {
    const title = h("h3", { id: "known-head" });
    const [list, kind] = [h("ul", { class: "known", id: "known" }), h("dl", { class: "facts", id: "facts" })];
    const element = h(
      "section",
      { class: "block", "aria-labelledby": "known-head" },
      title,
      list,
      h("h3", {}, words.say("fact.title")),
      kind,
    );
    const line = (fact) =>
      h(
        "div",
        {},
        h("dt", {}, fact.head),
        h(
          "dd",
          {},
          h("span", { class: "fact" }, fact.value),
          fact.asides.filter(Boolean).map((aside) => h("span", { class: "aside" }, aside)),
        ),
      );
    function update({ city, method }) {
      const row = data.region(city);
      const all = accounts(row, method);
      const observed = all.filter(([, status]) => status === "observed").length;
      fill(title, words.say("known.title", { observed, count: all.length }));
      fill(list, known(row, method));
      fill(kind, of(row, method).map(line));
    }
    return { element, update };
  }

  return { build, accounts, of };
})();
