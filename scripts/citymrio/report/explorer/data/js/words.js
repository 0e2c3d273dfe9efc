// The words of the page, from the catalogue of messages (messages.json) in the language of the run.

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

  /** A label in the middle of a sentence. */
  const lower = (label) => (chinese() ? label : label.charAt(0).toLowerCase() + label.slice(1));

  /** Messages one after the other. */
  const gap = () => (chinese() ? "" : " ");

  return { marked, say, rich, known, list, name, place, lower, gap };
})();
