// The image to share: what the page says of a city, or of the run, in one picture of the size that messengers and networks show.

const card = (() => {
  const [WIDTH, HEIGHT, EDGE] = [1200, 630, 64];
  const MEASURED = 12; // pixels of the letters that map.wide measures

  /** Title and sentences: of the city in sight, or the run's headline numbers. */
  function told({ tab, city, method }) {
    if (tab !== "city") return { title: download.named(), lines: headline.text(method).slice(0, 4) };
    const [footprint, , , person] = answer.text(data.region(city), method);
    return { title: data.nameOf(city), lines: [footprint, person] };
  }

  /** The picture as SVG. */
  function drawing(values) {
    const { title, lines } = told(values);
    const { run } = data.store;
    const invented = run.synthetic ? words.say("invented") : "";
    const source = `${download.named()} · ${words.say("method")}${words.say("colon")}${estimates.label(values.method)} · citymrio`;
    const svg = map.svgns("svg", { width: WIDTH, height: HEIGHT, viewBox: `0 0 ${WIDTH} ${HEIGHT}` });
    svg.setAttribute("font-family", 'system-ui, "Liberation Sans", "Noto Sans CJK SC", Arial, sans-serif');
    svg.append(
      map.svgns("rect", { width: WIDTH, height: HEIGHT, fill: "#ffffff" }),
      map.svgns("rect", { width: 18, height: HEIGHT, fill: "#12536b" }),
    );
    let y = EDGE;
    /** A text in lines of a size that fit; what does not fit above the foot is left out. */
    const put = (text, size, attributes = {}) => {
      for (const line of map.wrapped(text, ((WIDTH - 2 * EDGE) * MEASURED) / (1.08 * size))) {
        if (y + 1.3 * size > HEIGHT - 1.6 * EDGE) return;
        y += 1.3 * size;
        svg.append(map.text(line, EDGE, y, { "font-size": size, fill: "#222", ...attributes }));
      }
      y += 0.5 * size;
    };
    put(title, 52, { "font-weight": "bold" });
    for (const line of lines) put(line, 32);
    svg.append(
      map.text(invented, EDGE, HEIGHT - EDGE - 30, { "font-size": 24, fill: "#86102c", "font-weight": "bold" }),
      map.text(source, EDGE, HEIGHT - EDGE, { "font-size": 22, fill: "#555" }),
    );
    return svg;
  }

  async function save(values) {
    const text = new XMLSerializer().serializeToString(drawing(values));
    const name = download.fileName("share", values.tab === "city" ? values.city : null);
    download.save(`${name}.png`, "image/png", await download.raster(text, WIDTH, HEIGHT, 1));
  }

  const button = () =>
    h("button", { type: "button", class: "more share", onclick: () => save(state.get()) }, words.say("card.button"));

  return { button, drawing };
})();
