// What is in sight as files: rows as CSV or JSON, charts as SVG or PNG, and tables of the run as they are on disk.

const download = (() => {
  const SCALE = 3; // of a PNG
  const KEPT = 60_000; // ms that a file is held for the browser to fetch, on a busy machine too

  function save(name, type, content) {
    const blob = content instanceof Blob ? content : new Blob([content], { type });
    const link = h("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), KEPT);
    announce(`Saved ${name}.`);
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
    return JSON.stringify({ run: data.store.run.name, table, columns, rows: data.store.rows[table] }, null, 1);
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

  /** The chart as a file of its own: the styles that count are copied into it, its size is the one in sight. */
  function svgText(svg) {
    const copy = svg.cloneNode(true);
    const { width, height } = svg.getBoundingClientRect();
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    if (!copy.hasAttribute("viewBox")) copy.setAttribute("viewBox", `0 0 ${width} ${height}`);
    copy.setAttribute("width", width);
    copy.setAttribute("height", height);
    copy.style.background = "white";
    const style = document.createElementNS("http://www.w3.org/2000/svg", "style");
    style.textContent = styles(svg);
    copy.prepend(style);
    return new XMLSerializer().serializeToString(copy);
  }

  async function png(svg) {
    const { width, height } = svg.getBoundingClientRect();
    const image = new Image();
    image.src = URL.createObjectURL(new Blob([svgText(svg)], { type: "image/svg+xml" }));
    await image.decode();
    const canvas = h("canvas", { width: Math.ceil(SCALE * width), height: Math.ceil(SCALE * height) });
    const context = canvas.getContext("2d");
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    URL.revokeObjectURL(image.src);
    return new Promise((done) => canvas.toBlob(done));
  }

  const plain = (text) =>
    String(text)
      .normalize("NFKD")
      .replace(/[^\p{L}\p{N}]+/gu, "_")
      .replace(/^_|_$/g, "")
      .toLowerCase();

  /** Name of a file: the run, what it shows, and the city where the screen is of one. */
  function named(name, city = null) {
    return [data.store.run.name, name, city && `${data.region(city)?.name ?? ""} ${city}`].filter(Boolean).map(plain).join("_");
  }

  const button = (label, of, action) =>
    h("button", { type: "button", class: "save", "aria-label": `${label}: ${of}`, onclick: action }, label);

  /** Buttons for what a panel shows: `svg()` its chart, `rows()` its numbers; `city()` the code of the city that it is about. */
  function bar(name, { svg = null, rows = null, city = null }) {
    const of = name.replaceAll("_", " ");
    const file = () => {
      const { tab, city: chosen } = state.get();
      return named(name, city ? city() : ["city", "compare"].includes(tab) ? chosen : null);
    };
    return h(
      "div",
      { class: "downloads" },
      rows && button("CSV", of, () => save(`${file()}.csv`, "text/csv", csv(rows()))),
      rows && button("JSON", of, () => save(`${file()}.json`, "application/json", JSON.stringify(rows(), null, 1))),
      svg && button("SVG", of, () => save(`${file()}.svg`, "image/svg+xml", svgText(svg()))),
      svg && button("PNG", of, async () => save(`${file()}.png`, "image/png", await png(svg()))),
    );
  }

  /** Buttons for a whole table of the run; the files are called as the run calls them. */
  function table(name) {
    return h(
      "span",
      { class: "downloads" },
      button("CSV", `${name}.csv`, () => save(`${name}.csv`, "text/csv", source(name))),
      button("JSON", `${name}.csv with units`, () => save(`${name}.json`, "application/json", described(name))),
    );
  }

  return { bar, table, csv, source };
})();
