// The words of the page, from the catalogue of messages (report/language/data/messages.json) in the language of the run.

const words = (() => {
  const chinese = () => data.store.language === "zh";

  function message(key) {
    const text = data.store.messages[key];
    if (text === undefined) throw new Error(`no message ${key}`);
    return text;
  }

  const BOLD = "\u0001"; // what stands between two of them is set off; no name holds one

  /** A message with its values filled in; its asterisks, and those of messages among the values, mark what is set off. */
  const marked = (key, values = {}) =>
    message(key)
      .replaceAll("*", BOLD)
      .replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

  /** The same as text. */
  const say = (key, values) => marked(key, values).replaceAll(BOLD, "");

  /** The same as nodes. */
  const rich = (key, values) =>
    marked(key, values)
      .split(BOLD)
      .map((part, i) => (i % 2 ? h("strong", {}, part) : part));

  /** A message where the catalogue has one, else the word of the data itself. */
  const known = (key, word) => data.store.messages[key] ?? word;

  /** Words as a list: "A, B and C". */
  function list(parts) {
    const [last, ...rest] = [...parts].reverse();
    return rest.length ? rest.reverse().join(message("list.comma")) + message("list.and") + last : (last ?? "");
  }

  /** What a place is called in a sentence. */
  const name = (row) => (chinese() && row.name_local) || row.name;
  const place = (code) => name(data.region(code));

  /** What a province is called; null where it has no name. */
  const province = (row) => (chinese() && data.store.run.provinces_local?.[row.province]) || row.province_name || null;

  /** So many of something: "1 city", "12 cities". */
  const count = (what, number) => say(number === 1 ? `${what}.one` : what, { count: format.number(number, 0) });

  /** A label in the middle of a sentence. */
  const lower = (label) => (chinese() ? label : label.charAt(0).toLowerCase() + label.slice(1));

  /** Messages one after the other. */
  const gap = () => (chinese() ? "" : " ");

  /** Parts of a longer sentence: "A; B; C". */
  const parts = (all) => all.join(message("list.semicolon"));

  /** What they are about before them: "A: B; C". */
  const headed = (head, all) => head + message("colon") + parts(all);

  /** A unit as people write it: "Mt CO2". */
  const unit = (text) => known(`unit.${text}`, text);

  /** A method in the middle of a sentence: "calibrated method". */
  const method = (code) => known(`method.of.${code}`, code);

  /** A text of the data as a node, marked where it is English in a page that is not. */
  const written = (text) =>
    chinese() && /[A-Za-z]{2}/.test(text) && !/\p{Script=Han}/u.test(text) ? h("span", { lang: "en" }, text) : text;

  /** What to know of ranges that rest on few draws; null where they rest on many. */
  const few = () => {
    const { few: worth, level } = data.store.intervals ?? {};
    return worth ? say("few", { ...worth, level: Math.round(100 * level) }) : null;
  };

  return { marked, say, rich, known, count, list, parts, headed, name, place, province, lower, gap, unit, method, written, few };
})();
