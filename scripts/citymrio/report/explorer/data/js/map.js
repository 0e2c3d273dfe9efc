// The map: regions in the run's equal-area projection, drawn at the width there is, with legend and scale bar.

const map = (() => {
  const TALLEST = 620;
  const LINE = 19;
  let count = 0;

  const has = () => Boolean(data.store.map && Object.keys(data.store.map.regions).length);
  const svgns = (name, attributes = {}) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(key, value);
    return element;
  };
  const canvas = document.createElement("canvas").getContext("2d");
  const FONT = '12px system-ui, "Liberation Sans", "Noto Sans CJK SC", Arial, sans-serif';
  const wide = (text) => {
    canvas.font = FONT;
    return canvas.measureText(text).width;
  };

  function text(content, x, y, attributes = {}) {
    const element = svgns("text", { x, y, ...attributes });
    element.textContent = content;
    return element;
  }

  /** Diagonal lines over whatever is below them: a province that is not split into cities. */
  function hatch(id, k) {
    const size = 5 / k;
    const pattern = svgns("pattern", {
      id,
      width: size,
      height: size,
      patternUnits: "userSpaceOnUse",
      patternTransform: "rotate(45)",
    });
    for (const [colour, across] of [
      ["#fff", 2.4],
      ["#333", 1],
    ]) {
      pattern.append(svgns("line", { x1: 0, y1: 0, x2: 0, y2: size, stroke: colour, "stroke-width": across / k }));
    }
    return pattern;
  }

  /** Entries of the legend in lines that fit the width; returns the group and its height. */
  function legend(entries, width, hatchId) {
    const group = svgns("g", { class: "legend" });
    let [x, y] = [0, 0];
    for (const entry of entries) {
      const label = entry.count === undefined ? entry.label : `${entry.label} (${entry.count})`;
      const space = 22 + wide(label) + 16;
      if (x && x + space > width) [x, y] = [0, y + LINE];
      group.append(svgns("rect", { x, y, width: 16, height: 12, fill: entry.colour, stroke: "#777", "stroke-width": 0.5 }));
      if (entry.hatched) group.append(svgns("rect", { x, y, width: 16, height: 12, fill: `url(#${hatchId})` }));
      group.append(text(label, x + 22, y + 10.5));
      x += space;
    }
    return { group, height: entries.length ? y + LINE : 0 };
  }

  /** A bar of a round number of kilometres, at most 120 wide. */
  function scaleBar(scale, k, y) {
    const group = svgns("g", { class: "scale" });
    const each = scale.km / (scale.length * k);
    const power = 10 ** Math.floor(Math.log10(120 * each));
    const km = power * [5, 2, 1].find((step) => step * power <= 120 * each);
    group.append(
      svgns("path", { d: `M1,${y - 5}v5h${km / each}v-5`, fill: "none", stroke: "#444" }),
      text(`${format.number(km)} ${words.unit("km")}`, km / each + 8, y),
    );
    return group;
  }

  /**
   * Draw the map.
   * fill(code): a colour or null (no value); entries: of the legend [{label, colour, count, hatched}]; label: what it shows, for
   * readers who do not see it; more: {hatched, lines(code), pick(code), first, over(group, place), near, lit}: `place(code)` is the
   * point of a region on the picture, `near` the part to show, {x, y, share}: its middle and its part of the whole map's width, `lit` the
   * region with an outline.
   */
  function draw(width, { fill: fillOf, entries, label, hatched = true, ...more }) {
    const world = data.store.map;
    const share = more.near?.share ?? 1;
    const fit = Math.min(width / world.width, TALLEST / world.height);
    const [k, tall] = [fit / share, fit * world.height];
    const [left, top] = more.near
      ? [width / 2 - k * more.near.x, tall / 2 - k * more.near.y]
      : [(width - k * world.width) / 2, 0];
    count += 1;
    const id = `hatch-${count}`;
    const key = legend(entries, width, `${id}-key`);
    const height = Math.ceil(tall + 34 + key.height);
    const svg = svgns("svg", {
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      class: "chart map linked",
      "aria-label": label,
    });
    svg.setAttribute("role", "group");
    const definitions = svgns("defs");
    const frame = svgns("clipPath", { id: `${id}-frame` });
    frame.append(svgns("rect", { width, height: tall }));
    definitions.append(hatch(id, k), hatch(`${id}-key`, 1), frame);
    const picture = svgns("g", { "clip-path": `url(#${id}-frame)` });
    const ground = svgns("g", { transform: `translate(${left} ${top}) scale(${k})` });
    picture.append(ground);
    if (world.outside)
      ground.append(
        svgns("path", { d: world.outside, class: "outside", fill: "#fafaf8", stroke: "#bbb", "stroke-width": 0.5 / k }),
      );
    const unsplit = new Set(hatched ? world.unsplit : []);
    const marks = [];
    const shape = (code, d, parent) => {
      const path = svgns("path", {
        d,
        fill: fillOf(code) ?? measures.EMPTY,
        stroke: "#fff",
        "stroke-width": 0.5 / k,
        "data-region": code,
      });
      parent.append(path);
      if (unsplit.has(code)) parent.append(svgns("path", { d, fill: `url(#${id})`, class: "through" }));
      if (more.lines) tips.attach(path, () => more.lines(code), code);
      return path;
    };
    for (const [code, d] of Object.entries(world.regions)) {
      const [x, y] = world.points[code];
      marks.push({ code, x, y, element: shape(code, d, ground), label: more.lines?.(code).join(words.say("list.part")) });
    }
    ground.append(
      svgns("path", { d: world.provinces, class: "provinces", fill: "none", stroke: "#555", "stroke-width": 0.7 / k }),
    );
    const cursor = svgns("path", { d: "", class: "cursor", fill: "none", stroke: "#111", "stroke-width": 2.4 / k });
    ground.append(cursor);
    svg.append(definitions, picture);
    if (world.inset && !more.near) svg.append(inset(world.inset, shape, left, k, tall));
    if (world.scale) svg.append(scaleBar(world.scale, k, tall + 20));
    key.group.setAttribute("transform", `translate(0 ${tall + 34})`);
    svg.append(key.group);
    svg.light = (code) => cursor.setAttribute("d", world.regions[code ?? more.lit] ?? "");
    svg.light(null);
    if (more.pick) tips.roving(marks, more.pick, more.first);
    const place = (code) => world.points[code] && [left + k * world.points[code][0], top + k * world.points[code][1]];
    more.over?.(picture, place, { width, height: tall });
    return svg;
  }

  /** A text in lines that fit a width. */
  function wrapped(label, width) {
    const lines = [];
    for (const word of label.match(/[\u2E80-\uFFEF][\uFF0C\u3002\uFF1B\uFF1A\u3001\uFF09]*|[^\s\u2E80-\uFFEF]+|\s+/g) ?? []) {
      const longer = `${lines.at(-1)}${word}`;
      if (lines.length && wide(longer) <= width) lines[lines.length - 1] = longer;
      else if (word.trim()) lines.push(word);
    }
    return lines.map((line) => line.trimEnd());
  }

  /** A part far away at a scale of its own; what it is stands in its frame, or where that is too small beside the scale bar. */
  function inset(part, shape, left, k, tall) {
    const group = svgns("g", { transform: `translate(${left} 0) scale(${k})` });
    const [x, y, width, height] = part.frame;
    group.append(svgns("rect", { x, y, width, height, fill: "#fff", stroke: "#999", "stroke-width": 1 / k }));
    for (const [code, d] of Object.entries(part.regions)) shape(code, d, group);
    const label = words.say(part.more ? "map.far.more" : "map.far", { names: words.list(part.names.map(words.place)) });
    const inside = wrapped(label, width * k - 8);
    const fits = 12 * inside.length < (height * k) / 2;
    const lines = fits ? inside : wrapped(label, 0.6 * (x + width) * k);
    const [end, foot, anchor] = fits ? [x + 4 / k, y + height - 5 / k, "start"] : [x + width, (tall + 22) / k, "end"];
    lines.forEach((line, i) => {
      const up = (12 * (lines.length - 1 - i)) / k;
      group.append(text(line, end, foot - up, { "font-size": `${11 / k}px`, "text-anchor": anchor }));
    });
    return group;
  }

  /** The legend's entry for provinces that are not split, where there are any. */
  const unsplitEntry = () =>
    data.store.map.unsplit.length
      ? [{ label: words.say("map.unsplit"), colour: "#fff", hatched: true, count: data.store.map.unsplit.length }]
      : [];

  /**
   * The part of the map that shows a region and others (codes): all of them (`fit`), or with the region in its middle the nearer
   * half (`near`). Null is the whole map.
   */
  function around(code, others, view) {
    const { points, width, height } = data.store.map;
    const there = others.filter((other) => points[other]).map((other) => points[other]);
    if (!points[code] || !there.length || view === "country") return null;
    const [x, y] = points[code];
    if (view === "near") {
      const ways = there.map((point) => Math.hypot(point[0] - x, point[1] - y));
      return { x, y, share: Math.max(0.08, Math.min(1, (2.8 * d3.quantile(ways, 0.6)) / width)) };
    }
    const [[west, east], [north, south]] = [0, 1].map((k) => d3.extent([points[code], ...there], (point) => point[k]));
    const share = Math.max(0.15, 1.35 * Math.max((east - west) / width, (south - north) / height));
    return share < 0.8 ? { x: (west + east) / 2, y: (north + south) / 2, share } : null;
  }

  return { has, around, draw, legend, text, svgns, wide, wrapped, unsplitEntry };
})();
