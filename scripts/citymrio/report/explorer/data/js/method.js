// Method and data: what was done, how sure it is, what was observed, every table and column, where it comes from, how to cite.

(() => {
  const { store } = data;
  const about = () => store.about ?? {};
  /** What ran, in the words that the run wrote (report/method.py); of a view by another whole method, what that is. */
  function ofMethod({ method }) {
    const { heading, text } = store.methods?.others[method]?.text ? store.methods.others[method] : (store.methods ?? {});
    return [h("h3", {}, heading ?? words.say("method.heading")), (text ?? []).map((line) => h("p", { class: "prose" }, line))];
  }

  /** What a reader sees who asks for it. */
  const asked = (summary, ...content) => h("details", {}, h("summary", {}, summary), ...content);

  /** Headline numbers with their intervals, where an ensemble ran. */
  function howSure() {
    const head = h("h3", {}, words.say("sure.head"));
    const { intervals, rows } = store;
    if (!intervals || !rows.numbers?.length) {
      return [head, h("p", { class: "prose" }, words.say("sure.none")), h("pre", {}, "uncertainty:\n  members: 200")];
    }
    const level = Math.round(100 * intervals.level);
    const table = widgets.table({
      id: "numbers-table",
      caption: words.say("sure.caption", {
        level,
        members: intervals.members,
        method: intervals.method ? words.say("of.method", { method: words.method(intervals.method) }) : "",
      }),
      columns: columnsOf("numbers"),
      rows: rows.numbers,
      filter: words.say("filter.word"),
    });
    return [
      head,
      h("p", { class: "prose" }, [words.say("sure.text", { level }), words.few()].filter(Boolean).join(words.gap())),
      asked(words.say("sure.table"), table.element),
    ];
  }

  const STATUSES = ["value_added", "emissions", "emissions_split", "structure", "output", "demand"];

  /** How many regions have a quantity observed, imputed, modelled. */
  function observed() {
    const known = STATUSES.filter((name) => store.regions.some((row) => row[`${name}_status`]));
    const notes = store.run.notes ?? [];
    const head = h("h3", {}, words.say("observed.head"));
    const statusOf = (row, name) => row[`${name}_status`] || "unknown";
    const statuses = [...new Set(known.flatMap((name) => store.regions.map((row) => statusOf(row, name))))];
    const lines = known.map((name) => ({
      quantity: words.say(`known.${name}`),
      ...Object.fromEntries(
        statuses.map((status) => [status, store.regions.filter((row) => statusOf(row, name) === status).length]),
      ),
    }));
    const table =
      known.length > 0 &&
      widgets.table({
        id: "status-table",
        caption: words.say("observed.caption"),
        columns: [
          { key: "quantity", label: words.say("quantity") },
          ...statuses.map((status) => ({
            key: status,
            label: words.known(`observed.${status}`, status),
            number: true,
            unit: words.say("regions"),
            decimals: 0,
          })),
        ],
        rows: lines,
      });
    return [
      head,
      h("p", { class: "prose" }, words.say("observed.text")),
      table ? [table.element, download.bar("known", { rows: () => lines })] : h("p", {}, words.say("observed.none")),
      notes.length > 0 &&
        asked(
          words.say("observed.notes", { count: notes.length }),
          h(
            "ul",
            { class: "prose" },
            notes.map((note) => h("li", {}, words.written(note))),
          ),
        ),
    ];
  }

  /** What places are called here, where that is not the name in the tables. */
  function localNames() {
    if (store.language === "en") return new Map();
    const { provinces_local: provinces } = store.run;
    const named = store.regions.flatMap((row) => [
      [row.province_name, provinces?.[row.province]],
      [row.name, row.name_local],
    ]);
    return new Map(named.filter(([, local]) => local));
  }

  /** Columns of a table as the page says them; what has no words in its language stands in English. */
  function columnsOf(table) {
    const names = localNames();
    return Object.keys(store.tables[table]).map((key) => {
      const values = store.tables[table][key];
      const known = data.column(table, key);
      const number =
        values.some((value) => typeof value === "number") && values.every((value) => value === null || typeof value === "number");
      const said = (text) => known.cells?.[text] ?? names.get(text);
      const value = ({ [key]: own }) => (typeof own === "boolean" ? words.say(own ? "yes" : "no") : (said(own) ?? own ?? ""));
      const text = (row) => (said(row[key]) || typeof row[key] !== "string" ? value(row) : words.written(row[key]));
      return { key, label: known.head ?? key.replaceAll("_", " "), number, ...(number ? {} : { value, text }), ...known };
    });
  }

  /** Any table of the page to look at; all of them as files. */
  function tables() {
    const shown = h("div");
    const names = Object.keys(store.tables);
    const files = names.map((name) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, `${name}.csv`),
        h("td", { class: "number" }, format.number(store.rows[name].length)),
        h("td", {}, download.table(name)),
      ),
    );
    const list = h(
      "table",
      { id: "files" },
      h("caption", {}, words.say("tables.caption")),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          ["tables.file", "tables.rows", "tables.save"].map((key, i) =>
            h("th", { scope: "col", class: i === 1 ? "number" : null }, words.say(key)),
          ),
        ),
      ),
      h("tbody", {}, files),
    );
    const draw = (name) =>
      fill(
        shown,
        widgets.table({
          id: "any-table",
          caption: `${name}.csv`,
          columns: columnsOf(name),
          rows: store.rows[name],
          part: 20, // of the widest table 2,000 cells, not 15,000, which take axe ten seconds
          filter: words.say("filter.word"),
        }).element,
      );
    const left = about().left_out ?? [];
    return {
      element: [
        h("h3", {}, words.say("tables")),
        h("p", { class: "prose" }, words.say("tables.text")),
        left.length > 0 && h("p", { class: "mark" }, words.say("tables.left", { list: left.join(words.say("list.comma")) })),
        h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": words.say("tables.caption") }, list),
        h(
          "div",
          { class: "controls" },
          widgets.select(
            "table",
            words.say("tables.look"),
            names.map((name) => [name, `${name}.csv`]),
          ),
        ),
        h("div", { class: "for-screen" }, shown),
      ],
      draw,
    };
  }

  /** Unit and meaning of every column, to be searched. */
  function dictionary() {
    const lines = Object.entries(store.columns).flatMap(([table, columns]) =>
      Object.entries(columns).map(([column, known]) => ({
        column,
        head: known.head,
        table: `${table}.csv`,
        unit: words.unit(known.unit),
        meaning: known.meaning,
      })),
    );
    const table = widgets.table({
      id: "dictionary-table",
      caption: words.say("table.meanings"),
      columns: ["column", "head", "table", "unit", "meaning"].map((key) => ({ key, label: words.say(`dictionary.${key}`) })),
      rows: lines,
      filter: words.say("filter.word"),
    });
    return [
      h("h3", {}, words.say("columns")),
      asked(words.say("table.meanings"), table.element),
      download.bar("columns", { rows: () => lines }),
    ];
  }

  function checks() {
    const { audit, warnings } = store.rows;
    return [
      audit?.length > 0 && [
        h("h3", {}, words.say("audit")),
        h(
          "p",
          { class: "prose" },
          words.say("audit.text", { passed: audit.filter((row) => row.passed).length, count: audit.length }),
        ),
        asked(
          words.say("audit.table"),
          widgets.table({
            id: "audit-table",
            caption: words.say("audit.caption"),
            columns: columnsOf("audit"),
            rows: audit,
          }).element,
        ),
      ],
      warnings && [
        h("h3", {}, words.say("warnings")),
        warnings.length > 0
          ? asked(
              words.say("warnings.count", { count: warnings.length }),
              widgets.table({
                id: "warnings-table",
                caption: words.say("warnings.caption"),
                columns: columnsOf("warnings"),
                rows: warnings,
                filter: words.say("filter.word"),
              }).element,
            )
          : h("p", {}, words.say("warnings.none")),
      ],
    ];
  }

  const PAPER =
    "Zheng, H. et al. (2023). Leveraging opportunity of low carbon transition by super-emitter cities in China. Science Bulletin 68, 2456-2466. https://doi.org/10.1016/j.scib.2023.08.016";

  function citation() {
    const { version, digest } = about();
    const software = `citymrio developers. citymrio${version ? `, version ${version}` : ""}. Run ${store.run.name}${digest ? `, digest ${digest.slice(0, 12)}` : ""}.`; // as a bibliography has it, in every language
    return [
      h("h3", {}, words.say("cite.head")),
      h("p", { class: "prose" }, words.say("cite.text")),
      h(
        "ul",
        { class: "prose" },
        h("li", { id: "cite-software", lang: "en" }, software),
        h("li", { id: "cite-paper", lang: "en" }, PAPER),
      ),
      store.run.synthetic && h("p", { class: "mark" }, words.say("cite.synthetic")),
    ];
  }

  function lines(value, indent = "") {
    return Object.entries(value).flatMap(([key, inner]) =>
      inner !== null && typeof inner === "object" && !Array.isArray(inner) && Object.keys(inner).length
        ? [`${indent}${key}:`, ...lines(inner, `${indent}  `)]
        : [`${indent}${key}: ${inner !== null && typeof inner === "object" ? JSON.stringify(inner) : inner}`],
    );
  }

  function provenance() {
    const { digest, version, commit, configuration, inputs } = about();
    const facts = [
      [words.say("from.digest"), digest],
      [words.say("from.version"), version],
      [words.say("from.commit"), commit],
    ].filter(([, value]) => value);
    const files = Object.entries(inputs ?? {}).map(([file, sha256]) => ({
      file,
      sha256: typeof sha256 === "string" ? sha256 : JSON.stringify(sha256),
    }));
    const sources = (store.run.sources ?? []).map(({ file, url, sha256, terms }) => ({ file, url, terms, sha256 }));
    const listing = (id, caption, rows) =>
      rows.length > 0 &&
      asked(
        `${caption}${words.say("brackets", { text: rows.length })}`,
        widgets.table({
          id,
          caption,
          columns: Object.keys(rows[0]).map((key) => ({
            key,
            label: words.say(`from.${key}`),
          })),
          rows,
          filter: words.say("filter.word"),
        }).element,
      );
    return [
      h("h3", {}, words.say("from.head")),
      h(
        "dl",
        { class: "provenance" },
        facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
      ),
      configuration &&
        asked(words.say("from.settings"), h("pre", { tabindex: 0, id: "settings", lang: "en" }, lines(configuration).join("\n"))),
      listing("sources-table", words.say("from.sources"), sources),
      listing("inputs-table", words.say("from.inputs"), files),
    ];
  }

  function licences() {
    const comment = [...document.childNodes].find((node) => node.nodeType === Node.COMMENT_NODE);
    return [
      h("h3", {}, words.say("licences")),
      h("p", { class: "prose" }, words.say("licences.text")),
      comment && asked(words.say("licences.libraries"), h("pre", { tabindex: 0, lang: "en" }, comment.data.trim())),
    ];
  }

  function build(root) {
    const [looked, did] = [tables(), h("div", { id: "what-ran" })];
    root.append(
      ...[
        h("h2", {}, words.say("tab.method")),
        did,
        howSure(),
        observed(),
        checks(),
        dictionary(),
        looked.element,
        provenance(),
        citation(),
        licences(),
      ]
        .flat(Infinity)
        .filter(Boolean),
    );
    let drawn = null;
    return (values) => {
      fill(did, ofMethod(values));
      if (drawn !== values.table) looked.draw(values.table);
      drawn = values.table;
    };
  }

  const declare = () => state.declare("table", "regions", (value) => value in store.tables);

  screen({ id: "method", declare, build });
})();
