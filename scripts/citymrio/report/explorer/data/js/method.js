// Method and data: what was done, how sure it is, what was observed, every table and column, where it comes from, how to cite.

(() => {
  const { store } = data;
  const about = () => store.about ?? {};

  /** What ran, in the words that the run wrote (report/method.py). */
  function ofMethod() {
    const { heading, text } = store.methods ?? {};
    return [h("h3", {}, heading ?? "The method"), (text ?? []).map((line) => h("p", { class: "prose" }, line))];
  }

  /** Headline numbers with their intervals, where an ensemble ran. */
  function howSure() {
    const head = h("h3", {}, "How sure");
    const { intervals, rows } = store;
    if (!intervals || !rows.numbers?.length) {
      return [
        head,
        h(
          "p",
          { class: "prose" },
          "The numbers of this page have no intervals: the run was made without an ensemble, which draws what the data leave open and computes everything anew, a hundred times say.",
        ),
      ];
    }
    const level = Math.round(100 * intervals.level);
    const table = widgets.table({
      id: "numbers-table",
      caption: `Headline numbers: ${level}% intervals over ${intervals.members} draws${intervals.method ? `, ${intervals.method} method` : ""}`,
      columns: columnsOf("numbers"),
      rows: rows.numbers,
      filter: "Filter by a word",
    });
    return [
      head,
      h(
        "p",
        { class: "prose" },
        `An ensemble draws what the data leave open, and computes everything anew each time. An interval holds ${level}% of the draws. It covers what is drawn, not what the method itself gets wrong. ${intervals.few ?? ""}`,
      ),
      table.element,
    ];
  }

  const STATUSES = {
    value_added_status: "Value added by industry",
    emissions_status: "Emissions in total",
    emissions_split_status: "Emissions by sector",
    structure_status: "Structure of production",
    output_status: "Output by sector",
    demand_status: "Final demand",
  };

  const WORDS = { province: "of the whole province" };

  /** How many regions have a quantity observed, imputed, modelled. */
  function observed() {
    const known = Object.keys(STATUSES).filter((name) => store.regions.some((row) => row[name]));
    const notes = store.run.notes ?? [];
    const head = h("h3", {}, "What is observed, imputed and modelled");
    const words = [...new Set(known.flatMap((name) => store.regions.map((row) => row[name] || "not said")))];
    const lines = known.map((name) => ({
      quantity: STATUSES[name],
      ...Object.fromEntries(
        words.map((word) => [word, store.regions.filter((row) => (row[name] || "not said") === word).length]),
      ),
    }));
    const table =
      known.length > 0 &&
      widgets.table({
        id: "status-table",
        caption: "Regions by how a quantity is known",
        columns: [
          { key: "quantity", label: "Quantity" },
          ...words.map((word) => ({ key: word, label: WORDS[word] ?? word, number: true, unit: "regions", decimals: 0 })),
        ],
        rows: lines,
      });
    return [
      head,
      h(
        "p",
        { class: "prose" },
        "Observed: a statistic says so. Imputed: filled in from others like it. Modelled: estimated by this workflow.",
      ),
      table ? [table.element, download.bar("known", { rows: () => lines })] : h("p", {}, "The data of this run do not say."),
      notes.length > 0 &&
        h(
          "details",
          {},
          h("summary", {}, `Notes on the data (${notes.length})`),
          h(
            "ul",
            { class: "prose" },
            notes.map((note) => h("li", {}, note)),
          ),
        ),
    ];
  }

  const columnsOf = (table) =>
    Object.keys(store.tables[table]).map((key) => {
      const values = store.tables[table][key];
      const number =
        values.some((value) => typeof value === "number") && values.every((value) => value === null || typeof value === "number");
      const truth = values.some((value) => typeof value === "boolean");
      return {
        key,
        label: key.replaceAll("_", " "),
        number,
        ...(truth ? { value: (row) => (row[key] === null ? "" : row[key] ? "yes" : "no") } : {}),
        ...data.column(table, key),
      };
    });

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
      h("caption", {}, "Tables in this page"),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          ["File", "Rows", "Save"].map((text, i) => h("th", { scope: "col", class: i === 1 ? "number" : null }, text)),
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
          filter: "Filter by a word",
        }).element,
      );
    const left = about().left_out ?? [];
    return {
      element: [
        h("h3", {}, "Tables"),
        h("p", { class: "prose" }, "CSV files are byte for byte those of the run; JSON adds unit and meaning of every column."),
        left.length > 0 &&
          h("p", { class: "mark" }, `Left out, so that the page stays small: ${left.join(", ")}. The run's folder has it.`),
        h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Tables in this page" }, list),
        h(
          "div",
          { class: "controls" },
          widgets.select(
            "table",
            "Look at",
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
        table: `${table}.csv`,
        unit: known.unit,
        meaning: known.meaning,
      })),
    );
    const table = widgets.table({
      id: "dictionary-table",
      caption: "What the columns mean",
      columns: ["column", "table", "unit", "meaning"].map((key) => ({ key, label: key[0].toUpperCase() + key.slice(1) })),
      rows: lines,
      filter: "Filter by a word",
    });
    return [h("h3", {}, "Columns"), table.element, download.bar("columns", { rows: () => lines })];
  }

  function checks() {
    const { audit, warnings } = store.rows;
    return [
      audit?.length > 0 && [
        h("h3", {}, "Balances"),
        h(
          "p",
          { class: "prose" },
          `${audit.filter((row) => row.passed).length} of ${audit.length} balances hold; a balance that fails stops the run.`,
        ),
        widgets.table({
          id: "audit-table",
          caption: "Balances of the accounts (audit.csv)",
          columns: columnsOf("audit"),
          rows: audit,
        }).element,
      ],
      warnings && [
        h("h3", {}, "Warnings"),
        warnings.length > 0
          ? widgets.table({
              id: "warnings-table",
              caption: "What looks wrong in the data and was used all the same (warnings.csv)",
              columns: columnsOf("warnings"),
              rows: warnings,
              filter: "Filter by a word",
            }).element
          : h("p", {}, "None."),
      ],
    ];
  }

  const PAPER =
    "Zheng, H. et al. (2023). Leveraging opportunity of low carbon transition by super-emitter cities in China. Science Bulletin 68, 2456-2466. https://doi.org/10.1016/j.scib.2023.08.016";

  function citation() {
    const { version, digest } = about();
    const software = `citymrio developers. citymrio${version ? `, version ${version}` : ""}. Run ${store.run.name}${digest ? `, digest ${digest.slice(0, 12)}` : ""}.`;
    return [
      h("h3", {}, "How to cite"),
      h("p", { class: "prose" }, "The software, with the run, and the study whose method it rebuilds:"),
      h("ul", { class: "prose" }, h("li", { id: "cite-software" }, software), h("li", { id: "cite-paper" }, PAPER)),
      store.run.synthetic && h("p", { class: "mark" }, "This run is synthetic: cite it as a test, not as statistics."),
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
      ["Digest of what the page was made from", digest],
      ["Version of citymrio", version],
      ["Commit", commit],
    ].filter(([, value]) => value);
    const files = Object.entries(inputs ?? {}).map(([file, sha256]) => ({
      file,
      sha256: typeof sha256 === "string" ? sha256 : JSON.stringify(sha256),
    }));
    const sources = (store.run.sources ?? []).map(({ file, url, sha256, terms }) => ({ file, url, terms, sha256 }));
    const listing = (id, caption, rows) =>
      rows.length > 0 &&
      h(
        "details",
        {},
        h("summary", {}, `${caption} (${rows.length})`),
        widgets.table({
          id,
          caption,
          columns: Object.keys(rows[0]).map((key) => ({
            key,
            label: key === "sha256" ? "SHA-256" : key[0].toUpperCase() + key.slice(1),
          })),
          rows,
          filter: "Filter by a word",
        }).element,
      );
    return [
      h("h3", {}, "Where it comes from"),
      h(
        "dl",
        { class: "provenance" },
        facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
      ),
      configuration &&
        h(
          "details",
          {},
          h("summary", {}, "Settings of the run"),
          h("pre", { tabindex: 0, id: "settings" }, lines(configuration).join("\n")),
        ),
      listing("sources-table", "Sources of the data", sources),
      listing("inputs-table", "Files that the page was made from", files),
    ];
  }

  function licences() {
    const comment = [...document.childNodes].find((node) => node.nodeType === Node.COMMENT_NODE);
    return [
      h("h3", {}, "Licences"),
      h(
        "p",
        { class: "prose" },
        "citymrio is under the MIT licence. Charts are drawn with D3 and Observable Plot (ISC licence), which this page holds. Data keep the terms of their sources.",
      ),
      comment &&
        h("details", {}, h("summary", {}, "Licences of D3 and Observable Plot"), h("pre", { tabindex: 0 }, comment.data.trim())),
    ];
  }

  function build(root) {
    const looked = tables();
    root.append(
      ...[
        h("h2", {}, "Method and data"),
        ofMethod(),
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
      if (drawn !== values.table) looked.draw(values.table);
      drawn = values.table;
    };
  }

  const declare = () => state.declare("table", "regions", (value) => value in store.tables);

  screen({ id: "method", title: "Method and data", declare, build });
})();
