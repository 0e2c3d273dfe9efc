// A city as one workbook: its sentences, numbers, flows of all partners, and what they mean, in the format of spreadsheets.

const book = (() => {
  const TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
  const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
  const BASE = "http://schemas.openxmlformats.org";
  const MAIN = `${BASE}/spreadsheetml/2006/main`;
  const RELATED = `${BASE}/officeDocument/2006/relationships`;

  const NAMED = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  /** Text of XML, without the characters that XML cannot hold. */
  const escaped = (text) =>
    [...String(text)]
      .filter((letter) => letter >= " " || letter === "\n" || letter === "\t")
      .join("")
      .replace(/[&<>"]/g, (letter) => NAMED[letter]);

  const cell = (value) => {
    if (value === null || value === undefined || value === "") return "<c/>";
    if (typeof value === "number") return Number.isFinite(value) ? `<c><v>${value}</v></c>` : "<c/>";
    return `<c t="inlineStr"><is><t xml:space="preserve">${escaped(value)}</t></is></c>`;
  };

  const sheet = (rows) =>
    `${HEAD}<worksheet xmlns="${MAIN}"><cols><col min="1" max="12" width="24" customWidth="1"/></cols><sheetData>${rows
      .map((row) => `<row>${row.map(cell).join("")}</row>`)
      .join("")}</sheetData></worksheet>`;

  /** The files of a workbook of sheets [[name, rows of cells]]. */
  function files(sheets) {
    const each = (made) => sheets.map((_, i) => made(i + 1)).join("");
    const content = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    return [
      [
        "[Content_Types].xml",
        `${HEAD}<Types xmlns="${BASE}/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${content}.sheet.main+xml"/>${each((i) => `<Override PartName="/xl/worksheets/sheet${i}.xml" ContentType="${content}.worksheet+xml"/>`)}</Types>`,
      ],
      [
        "_rels/.rels",
        `${HEAD}<Relationships xmlns="${BASE}/package/2006/relationships"><Relationship Id="rId1" Type="${RELATED}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
      ],
      [
        "xl/workbook.xml",
        `${HEAD}<workbook xmlns="${MAIN}" xmlns:r="${RELATED}"><sheets>${sheets.map(([name], i) => `<sheet name="${escaped(name)}" sheetId="${i + 1}" r:id="rId${i + 1}"/>`).join("")}</sheets></workbook>`,
      ],
      [
        "xl/_rels/workbook.xml.rels",
        `${HEAD}<Relationships xmlns="${BASE}/package/2006/relationships">${each((i) => `<Relationship Id="rId${i}" Type="${RELATED}/worksheet" Target="worksheets/sheet${i}.xml"/>`)}</Relationships>`,
      ],
      ...sheets.map(([, rows], i) => [`xl/worksheets/sheet${i + 1}.xml`, sheet(rows)]),
    ];
  }

  function crc(bytes) {
    let rest = ~0;
    for (const byte of bytes) {
      rest ^= byte;
      for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
    }
    return ~rest >>> 0;
  }

  /** Files [[name, text]] as an archive, stored as they are (ZIP, PKWARE's APPNOTE 4.3); all of 1980-01-01, so that the same page gives the same bytes. */
  function zipped(all) {
    const number = (size, value) => Array.from({ length: size }, (_, k) => (value >>> (8 * k)) & 255);
    const encoder = new TextEncoder();
    const [parts, entries] = [[], []];
    let at = 0;
    for (const [name, text] of all) {
      const [label, bytes] = [encoder.encode(name), encoder.encode(text)];
      const size = number(4, bytes.length);
      const shared = [...number(2, 20), ...number(2, 0x800), ...number(2, 0), ...number(2, 0), ...number(2, 33)];
      const told = [...shared, ...number(4, crc(bytes)), ...size, ...size, ...number(2, label.length), ...number(2, 0)];
      const local = [0x50, 0x4b, 3, 4, ...told, ...label];
      entries.push([0x50, 0x4b, 1, 2, ...number(2, 20), ...told, ...number(10, 0), ...number(4, at), ...label]);
      parts.push(Uint8Array.from(local), bytes);
      at += local.length + bytes.length;
    }
    const list = Uint8Array.from(entries.flat());
    const count = number(2, all.length);
    const end = [
      0x50,
      0x4b,
      5,
      6,
      ...number(4, 0),
      ...count,
      ...count,
      ...number(4, list.length),
      ...number(4, at),
      ...number(2, 0),
    ];
    return [...parts, list, Uint8Array.from(end)];
  }

  /** Objects as rows of cells, their keys first. */
  const table = (rows) => {
    const names = Object.keys(rows[0] ?? {});
    return rows.length ? [names, ...rows.map((row) => names.map((name) => row[name]))] : [];
  };

  /** Every partner of a city, in tonnes. */
  const partnersOf = (code, side, view) =>
    partners.of(code, side, view).all.map((flow, i) => ({
      rank: flow.code === null ? null : i + 1,
      region: flow.code,
      name: flow.code === null ? "" : words.place(flow.code),
      name_local: flow.code === null ? "" : data.region(flow.code).name_local,
      province: flow.code === null ? "" : words.province(data.region(flow.code)),
      t_co2: flow.value,
    }));

  /** The method by which a column of regions is in a view; blank for what is the same by all. */
  function methodOf(column, view) {
    const { of_regions: drawn, method } = data.store.intervals ?? {};
    if (drawn?.includes(column)) return words.known(`method.${method}`, method ?? "");
    return measures.same(column) ? "" : estimates.label(measures.follows(column, view) ? view : "main");
  }

  /** Rows of scenario_cities.csv of a city; of scenarios that are quoted, as its screen has them, with their ranges. */
  function saved(row, rows, view) {
    const shown = new Map(savings.of(row, view).map((one) => [one.scenario, one]));
    const named = new Set([...rows.map((one) => one.scenario), ...shown.keys()]);
    const own = (scenario) => rows.find((one) => one.scenario === scenario)?.saving_mt ?? 0;
    return [...named]
      .map((scenario) => shown.get(scenario) ?? { scenario, value: own(scenario), low: null, high: null })
      .filter(({ value, high }) => value || high)
      .map(({ scenario, value, low, high }) => ({
        scenario,
        saving_mt: value,
        reported: low === null ? "central" : "median",
        low_mt: low,
        high_mt: high,
      }));
  }

  /** The sheets of a city by a view: [[name, rows of cells]]; a table of the run that names the city gives its rows. */
  function sheets({ city, method }) {
    const row = data.region(city);
    const numbers = Object.keys(row).map((column) => {
      const { unit, meaning } = data.column("regions", column);
      const value = measures.value(row, column, method);
      return { column, value, unit: unit === "1" ? "" : unit, meaning, method: methodOf(column, method) };
    });
    const of = (name) => data.rows(name, method)?.filter((one) => String(one.region) === city) ?? [];
    const made = [
      [
        "about",
        [...answer.text(row, method), "", ...download.about(data.nameOf(city), { follows: true }), words.say("cite")].map(
          (line) => [line],
        ),
      ],
      ["numbers", table(numbers)],
      ["emitted_for_it", table(partnersOf(city, "in", method))],
      ["it_emits_for", table(partnersOf(city, "out", method))],
      ["categories", table(categories.listed(city, method, "mt_co2"))],
      ["supply_chains", chains.paths(method)?.regions[city]?.chains.length ? table(chains.rows(city, method).top) : []],
      ["known", table(facts.accounts(row, method).map(([quantity, status, said]) => ({ quantity, status, said })))],
      ["methods", beside.has() ? table(beside.listed(city)) : []],
      ["scenario_cities", table(saved(row, of("scenario_cities"), method))],
      ...["variants_regions", "suppliers", "emissions_trends"].map((name) => [name, table(of(name))]),
    ];
    return made.filter(([, rows]) => rows.length);
  }

  const save = (values) =>
    download.save(
      `${download.fileName("workbook", values.city)}.xlsx`,
      TYPE,
      new Blob(zipped(files(sheets(values))), { type: TYPE }),
    );

  return { sheets, files, zipped, save };
})();
