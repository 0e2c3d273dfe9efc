// What is in sight as files: rows as CSV or JSON, charts as SVG or PNG, and tables of the run as they are on disk.

const download = (() => {
  const SCALE = 3; // of a PNG
  const KEPT = 60_000; // ms that a file is held for the browser to fetch, on a busy machine too

  function save(name, type, content) {
    const blob = content instanceof Blob ? content : new Blob([content], { type });
    const link = h("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), KEPT);
    announce(words.say("saved", { name }));
  }

  /** A number as Python writes it: the shortest digits that give it back, 5 and not 5.0, powers from 1e16 up and below 1e-4. */
  function decimals(value) {
    if (Object.is(value, -0)) return "-0";
    const size = Math.abs(value);
    if (value === 0 || (size >= 1e-4 && size < 1e16)) return String(value);
    const [mantissa, power] = value.toExponential().split("e");
    return `${mantissa}e${power[0]}${power.slice(1).padStart(2, "0")}`;
  }

  function cell(value) {
    if (value === null || value === undefined) return "";
    if (typeof value === "boolean") return value ? "True" : "False";
    if (typeof value === "number") return decimals(value);
    return /[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  }

  const lines = (names, rows) => `${[names, ...rows].map((line) => line.map(cell).join(",")).join("\n")}\n`;

  /** Rows as the text of a CSV file, written as the run writes its tables. */
  function csv(rows) {
    const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    return lines(
      names,
      rows.map((row) => names.map((name) => row[name])),
    );
  }

  /** Columns of a table of the run as it is on disk; an ensemble's columns, which the page joins, are not among them. */
  function columnsOf(table) {
    const joined = table === "regions" ? (data.store.intervals?.of_regions ?? []) : [];
    return Object.keys(data.store.tables[table]).filter((name) => !joined.includes(name));
  }

  /**
   * What every file says of itself, line by line: title, cities, run and year, method, where from, on what terms, and if invented.
   * `follows`: its numbers are by the method that the reader has chosen, not by the run's own.
   */
  function about(title, { follows = false, note = "" } = {}) {
    const { run, about: made, methods } = data.store;
    const values = state.get();
    const { id, title: screenTitle, about: cities, remark } = screens.find((entry) => entry.id === values.tab) ?? {};
    const terms = [...new Set((run.sources ?? []).map((source) => source.terms).filter(Boolean))];
    const view = follows ? values.method : "main";
    const method = methods?.label && estimates.label(view);
    return [
      title,
      note,
      [cities?.(values), words.known(`tab.${id}`, screenTitle)].filter(Boolean).join(words.say("list.part")),
      remark?.(values),
      [named(), method && words.headed(words.say("method"), [words.lower(method)])].filter(Boolean).join(words.say("list.stop")),
      ranges(),
      run.synthetic ? words.say("invented") : "",
      words.headed(words.say("source"), [
        ["citymrio", made?.version, made?.digest && `(${made.digest.slice(0, 12)})`].filter(Boolean).join(" "),
      ]),
      terms.length ? words.headed(words.say("licence"), terms) : words.say("licence"),
    ].filter(Boolean);
  }

  /** Which draws the ranges come from, or that there are none. */
  function ranges() {
    const { level, members, method } = data.store.intervals ?? {};
    if (!level) return words.say("ranges.none");
    return words.say("ranges", { n: Math.round(100 * level), members, method: words.known(`method.${method}`, method ?? "") });
  }

  /** The run with its year, which its name may hold. */
  function named() {
    const { name, year } = data.store.run;
    const text = name.charAt(0).toUpperCase() + name.slice(1);
    return text + (new RegExp(`\\b${year}\\b`).test(text) ? "" : words.say("list.part") + year);
  }

  const comments = (lines) => lines.map((line) => `# ${line.replace(/\s+/g, " ")}\n`).join("");

  /** A table of the run, byte for byte as it is on disk. */
  function source(table) {
    const names = columnsOf(table);
    return lines(
      names,
      data.store.rows[table].map((row) => names.map((name) => row[name])),
    );
  }

  /** The same with what its columns mean. */
  function described(table) {
    const columns = Object.fromEntries(Object.keys(data.store.tables[table]).map((name) => [name, data.column(table, name)]));
    return JSON.stringify({ about: about(`${table}.csv`), table, columns, rows: data.store.rows[table] }, null, 1);
  }

  /** Rules of the page's styles that act on a chart, without what is for the screen alone. */
  function styles(svg) {
    const acts = (rule) => {
      if (!rule.selectorText) return false;
      if (rule.selectorText === ":root") return true;
      return svg.matches(rule.selectorText) || svg.querySelector(rule.selectorText) !== null;
    };
    return [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules].filter(acts).map((rule) => rule.cssText)).join("\n");
  }

  /** A drawing in the colours of a bright page, whatever the reader prefers on the screen; without variables, which few programs know. */
  function light(text) {
    const root = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]).find((rule) => rule.selectorText === ":root");
    return text.replace(/var\((--[\w-]+)\)/g, (_, name) => root.style.getPropertyValue(name).trim());
  }

  const [LINE, EDGE] = [16, 10]; // pixels from line to line of what stands around a chart, and at its sides

  /**
   * The chart as a file of its own: {text, width, height}. The styles that count are copied into it, its size is the one in sight; the
   * title stands above it, what the file says of itself below.
   */
  function drawing(svg, about) {
    const copy = svg.cloneNode(true);
    const { width, height } = svg.getBoundingClientRect();
    const full = Math.max(width, 320);
    const wide = full + 2 * EDGE;
    const [first, ...rest] = about;
    const [head, foot] = [map.wrapped(first, 0.85 * full), rest.flatMap((line) => map.wrapped(line, full))];
    const [top, bottom] = [head.length * LINE + EDGE, foot.length * LINE + EDGE];
    if (!copy.hasAttribute("viewBox")) copy.setAttribute("viewBox", `0 0 ${width} ${height}`);
    for (const [name, value] of Object.entries({ x: EDGE, y: top, width, height })) copy.setAttribute(name, value);
    Object.assign(copy.style, { width: `${width}px`, height: `${height}px` });
    const size = { width: wide, height: top + height + bottom };
    const sheet = map.svgns("svg", { ...size, viewBox: `0 0 ${size.width} ${size.height}`, class: "chart" });
    sheet.style.background = "white";
    const style = map.svgns("style");
    style.textContent = styles(svg);
    const [name, description] = ["title", "desc"].map((tag) => map.svgns(tag));
    [name.textContent, description.textContent] = [first, rest.join("\n")];
    const written = (lines, y, attributes) => lines.map((line, i) => map.text(line, EDGE, y + LINE * i, attributes));
    sheet.append(
      name,
      description,
      style,
      ...written(head, EDGE + 6, { "font-size": "13px", "font-weight": "bold" }),
      copy,
      ...written(foot, top + height + LINE, { "font-size": "11px", fill: "#555" }),
    );
    return { ...size, text: light(new XMLSerializer().serializeToString(sheet)) };
  }

  /** A drawing as PNG on white, so many pixels for one of its own. */
  async function raster(text, width, height, scale = SCALE) {
    const image = new Image();
    image.src = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
    await image.decode();
    const canvas = h("canvas", { width: Math.ceil(scale * width), height: Math.ceil(scale * height) });
    const context = canvas.getContext("2d");
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    URL.revokeObjectURL(image.src);
    return new Promise((done) => canvas.toBlob(done));
  }

  function png(svg, about) {
    const { width, height, text } = drawing(svg, about);
    return raster(text, width, height);
  }

  const plain = (text) =>
    String(text)
      .normalize("NFKD")
      .replace(/[^\p{L}\p{N}]+/gu, "_")
      .replace(/^_|_$/g, "")
      .toLowerCase();

  /** Name of a file: the run and its year, that its data are invented, what it shows, and the city where the screen is of one. */
  function fileName(name, city = null) {
    const invented = data.store.run.synthetic && words.say("file.invented");
    const of = city && `${data.region(city)?.name ?? ""} ${city}`;
    return [named(), invented, name, of].filter(Boolean).map(plain).join("_");
  }

  const button = (label, of, action) =>
    h(
      "button",
      { type: "button", class: "save", "aria-label": words.say("file.save", { kind: label, what: of }), onclick: action },
      label,
    );

  /**
   * Buttons for what a panel shows: `svg()` its chart, `rows()` its numbers, `title()` and `note()` what they are, `follows()` whether
   * they are by the method that is chosen.
   */
  function bar(name, { svg = null, rows = null, title = null, note = null, follows = () => false }) {
    const of = words.known(`file.${name}`, name.replaceAll("_", " "));
    const said = () => about(title ? title() : of.charAt(0).toUpperCase() + of.slice(1), { follows: follows(), note: note?.() });
    const file = () => {
      const { tab, city } = state.get();
      return fileName(name, ["city", "compare"].includes(tab) ? city : null);
    };
    const json = () => JSON.stringify({ about: said(), rows: rows() }, null, 1);
    return h(
      "div",
      { class: "downloads" },
      rows && button("CSV", of, () => save(`${file()}.csv`, "text/csv", comments(said()) + csv(rows()))),
      rows && button("JSON", of, () => save(`${file()}.json`, "application/json", json())),
      svg && button("SVG", of, () => save(`${file()}.svg`, "image/svg+xml", drawing(svg(), said()).text)),
      svg && button("PNG", of, async () => save(`${file()}.png`, "image/png", await png(svg(), said()))),
    );
  }

  /** Buttons for a whole table of the run: the CSV is the run's to the byte, so that only its name says of which run it is. */
  function table(name) {
    return h(
      "span",
      { class: "downloads" },
      button("CSV", `${name}.csv`, () => save(`${fileName(name)}.csv`, "text/csv", source(name))),
      button("JSON", words.say("file.units", { name: `${name}.csv` }), () =>
        save(`${fileName(name)}.json`, "application/json", described(name)),
      ),
    );
  }

  return { bar, table, csv, source, named, about, fileName, save, raster };
})();
