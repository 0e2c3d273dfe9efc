// What is in sight as files: rows as CSV or JSON, charts as SVG or PNG.

const download = (() => {
  function save(name, type, content) {
    const link = h("a", { href: URL.createObjectURL(new Blob([content], { type })), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  const quoted = (value) => {
    const text = value === null || value === undefined ? "" : value === true ? "True" : value === false ? "False" : String(value);
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };

  /** Rows as the text of a CSV file; numbers with the shortest digits that give them back. */
  function csv(rows) {
    const names = Object.keys(rows[0] ?? {});
    return [names, ...rows.map((row) => names.map((name) => row[name]))].map((line) => line.map(quoted).join(",")).join("\n") + "\n";
  }

  /** The chart as a file of its own: the styles that count are copied into it. */
  function svgText(svg) {
    const copy = svg.cloneNode(true);
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    const style = document.createElementNS("http://www.w3.org/2000/svg", "style");
    style.textContent = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules].map((rule) => rule.cssText)).join("\n");
    copy.prepend(style);
    return new XMLSerializer().serializeToString(copy);
  }

  async function png(svg, name) {
    const { width, height } = svg.getBoundingClientRect();
    const image = new Image();
    image.src = URL.createObjectURL(new Blob([svgText(svg)], { type: "image/svg+xml" }));
    await image.decode();
    const canvas = h("canvas", { width: Math.ceil(3 * width), height: Math.ceil(3 * height) });
    const context = canvas.getContext("2d");
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    URL.revokeObjectURL(image.src);
    canvas.toBlob((blob) => save(`${name}.png`, "image/png", blob));
  }

  /** Buttons for what a panel shows: `svg()` its chart, `rows()` its numbers. */
  function bar(name, { svg = null, rows = null }) {
    const button = (label, action) =>
      h("button", { type: "button", class: "save", "aria-label": `${label}: ${name.replaceAll("_", " ")}`, onclick: action }, label);
    return h(
      "div",
      { class: "downloads" },
      rows && button("CSV", () => save(`${name}.csv`, "text/csv", csv(rows()))),
      rows && button("JSON", () => save(`${name}.json`, "application/json", JSON.stringify(rows(), null, 1))),
      svg && button("SVG", () => save(`${name}.svg`, "image/svg+xml", svgText(svg()))),
      svg && button("PNG", () => png(svg(), name)),
    );
  }

  return { bar, csv };
})();
