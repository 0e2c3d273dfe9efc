// Finding a place by a part of a name or its code, as people type it: accents, case, blanks, hyphens and apostrophes do not matter,
// one or two wrong letters hardly; other names are those that the data bring (`other_names` of dataset.json).

const finder = (() => {
  const MOST = 12;
  const LETTERS = { ø: "o", ŧ: "t", đ: "d", ð: "d", ł: "l", ı: "i", ß: "ss", æ: "ae", œ: "oe", þ: "th" };
  /** How well a word fits, the best first. */
  const RANKS = { exact: 0, begins: 1, inside: 2, short: 3, typo: 4, province: 5 };
  /** Words that say what a place is, not which. */
  const KINDS = ["city", "shi", "municipality", "prefecture", "province", "sheng", "china"];
  /** A syllable of pinyin, the longest first. */
  const SYLLABLE =
    /(?:[zcs]h|[bpmfdtnlgkhjqxrzcsyw])?(?:[iu]ang|iong|[aeio]ng|ia[no]|ua[in]|[ae][in]|ao|er|i[aenu]|ou|u[aeino]|ve|[aeiouv])/y;

  /** Text without case, accents, and what is no letter or number; as it is where nothing else is left. */
  const plain = (text) => {
    const low = String(text ?? "")
      .toLowerCase()
      .normalize("NFD")
      .replace(/\p{M}/gu, "")
      .replace(/[øŧđðłıßæœþ]/g, (letter) => LETTERS[letter])
      .trim();
    return low.replace(/[^\p{L}\p{N}]/gu, "") || low;
  };

  /** What a name is short for: "sjz" of Shijiazhuang, "ny" of New York; "" of a name of one word that is no pinyin. */
  function initials(name) {
    const parts = String(name ?? "")
      .replace(/\s*\(.*\)$/, "")
      .split(/[\s'\u2019-]+/)
      .map(plain);
    if (parts.length > 1) return parts.map((part) => part[0]).join("");
    const found = [...parts[0].matchAll(new RegExp(SYLLABLE.source, "gy"))].map(([syllable]) => syllable);
    return found.length > 1 && found.join("") === parts[0] ? found.map((syllable) => syllable[0]).join("") : "";
  }

  let index = null;

  /** Every place with the words that mean it: regions, and places inside provinces that are not split (`place`). */
  function entries() {
    const others = (data.store.run.other_names ?? []).filter((entry) => data.store.index.has(entry.region));
    const also = d3.group(others, (entry) => (entry.place ? "inside" : entry.region));
    const named = (words) => [...new Set(words.filter(Boolean).map(plain))];
    const ofRegion = (row) => {
      const known = [row.name, row.name.replace(/\s*\(.*\)$/, ""), row.name_local, row.region];
      const names = (also.get(row.region) ?? []).flatMap((entry) => entry.names);
      const short = initials(row.name);
      return {
        code: row.region,
        row,
        names,
        short,
        words: named([...known, ...names]),
        provinces: named([row.province_name, words.province(row)]),
      };
    };
    const ofPlace = ({ region: code, place, names }) => ({
      code,
      row: data.region(code),
      place,
      names,
      words: named([place, ...names]),
      provinces: [],
    });
    return [...data.store.regions.map(ofRegion), ...(also.get("inside") ?? []).map(ofPlace)];
  }

  /** Letters to change, add, leave out or swap to make one word of the other; more than `most` is `most` + 1. */
  function distance(a, b, most) {
    if (Math.abs(a.length - b.length) > most) return most + 1;
    let [last, before] = [d3.range(b.length + 1), []];
    for (let i = 1; i <= a.length; i += 1) {
      const line = [i];
      for (let j = 1; j <= b.length; j += 1) {
        const same = a[i - 1] === b[j - 1];
        line[j] = Math.min(last[j] + 1, line[j - 1] + 1, last[j - 1] + (same ? 0 : 1));
        if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) line[j] = Math.min(line[j], before[j - 2] + 1);
      }
      [before, last] = [last, line];
    }
    return Math.min(last[b.length], most + 1);
  }

  /** Wrong letters that a word of this length may have: two in six, one in four, none where it is a code. */
  const slips = (wanted) => (/\d/.test(wanted) ? 0 : wanted.length >= 6 ? 2 : wanted.length >= 4 ? 1 : 0);

  /** [rank, wrong letters] of an entry for a text; null where it does not fit. */
  function fit({ words: known, short, provinces }, wanted) {
    if (known.includes(wanted)) return [RANKS.exact, 0];
    if (known.some((word) => word.startsWith(wanted))) return [RANKS.begins, 0];
    if (known.some((word) => word.includes(wanted))) return [RANKS.inside, 0];
    if (wanted.length > 1 && short === wanted) return [RANKS.short, 0];
    const most = slips(wanted);
    const least = most ? Math.min(...known.map((word) => distance(word, wanted, most))) : most + 1;
    if (least <= most) return [RANKS.typo, least];
    return provinces.includes(wanted) ? [RANKS.province, 0] : null;
  }

  /** The same of several words: one means the place, the others its province or the place too. */
  function together(entry, parts) {
    const fits = parts.map((part) =>
      entry.provinces.some((name) => name.startsWith(part)) ? [RANKS.province, 0] : fit(entry, part),
    );
    return fits.every(Boolean) ? fits.reduce((best, one) => (one[0] < best[0] ? one : best)) : null;
  }

  /** Entries that a text matches, the best first; those that fit alike by the size of their footprints. */
  function search(text) {
    index ??= entries();
    const wanted = plain(text);
    if (!wanted) return [];
    const by = (of) => index.map((entry) => ({ entry, by: of(entry) })).filter((one) => one.by);
    const whole = by((entry) => fit(entry, wanted));
    const parts = String(text)
      .split(/[\s,\uFF0C\u3001]+/)
      .map(plain)
      .filter((part) => part && !KINDS.includes(part));
    return (whole.length || !parts.length ? whole : by((entry) => together(entry, parts)))
      .sort(
        (a, b) =>
          a.by[0] - b.by[0] ||
          a.by[1] - b.by[1] ||
          Boolean(a.entry.place) - Boolean(b.entry.place) ||
          (b.entry.row.cba_mt ?? 0) - (a.entry.row.cba_mt ?? 0),
      )
      .map(({ entry }) => entry);
  }

  /** Why a place inside a province leads to the province. */
  const why = ({ place, row }) => words.say("finder.why", { place, province: words.name(row) });

  /** The places inside a province that is not split, in a sentence; "" where none are known. */
  function inside(code) {
    const places = (data.store.run.other_names ?? []).filter((entry) => entry.place && entry.region === code);
    const names = [...new Set(places.map((entry) => entry.place))];
    return names.length > 0 && words.say("finder.inside", { province: words.place(code), names: words.list(names) });
  }

  /** A field with a list of matches (the combobox of the ARIA practices). `pick(code)` is told what was chosen. */
  function field({ id, label, pick, placeholder = words.say("find.hint") }) {
    let [found, at] = [[], -1];
    const list = h("ul", { id: `${id}-list`, role: "listbox", "aria-label": label, hidden: true });
    const input = h("input", {
      id,
      type: "text",
      role: "combobox",
      placeholder,
      autocomplete: "off",
      spellcheck: "false",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": list.id,
      oninput: () => open(search(input.value)),
      onblur: close,
      onkeydown: keys,
    });

    function open(all) {
      [found, at] = [all.slice(0, MOST), all.length ? 0 : -1];
      const rest = all.length - found.length;
      const items = found.map((entry, i) =>
        h(
          "li",
          { role: "option", id: `${id}-${i}`, onpointerdown: (event) => event.preventDefault(), onclick: () => chosen(entry) },
          h("span", {}, entry.place ?? data.nameOf(entry.code)),
          h("span", { class: "note" }, about(entry)),
        ),
      );
      fill(list, items, rest > 0 && h("li", { class: "note", role: "presentation" }, words.say("finder.more", { count: rest })));
      const shown = input.value.trim() !== "";
      if (shown && !all.length) fill(list, h("li", { class: "note", role: "presentation" }, words.say("finder.none")));
      list.hidden = !shown;
      input.setAttribute("aria-expanded", String(shown && found.length > 0));
      if (shown) announce(all.length ? words.say("finder.count", { count: all.length }) : words.say("finder.none"));
      mark();
    }

    const about = ({ code, place, row, names }) =>
      place
        ? words.say("finder.in", { province: words.name(row) })
        : [
            row.province_name !== row.name && words.province(row),
            names.length > 0 && words.say("finder.also", { names: names.join(words.say("list.comma")) }),
            code,
          ]
            .filter(Boolean)
            .join(" · ");

    function close() {
      list.hidden = true;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }

    function mark() {
      for (const [i, item] of [...list.querySelectorAll('[role="option"]')].entries())
        item.setAttribute("aria-selected", String(i === at));
      if (at < 0) return input.removeAttribute("aria-activedescendant");
      list.children[at].scrollIntoView({ block: "nearest" });
      return input.setAttribute("aria-activedescendant", `${id}-${at}`);
    }

    function chosen(entry) {
      input.value = "";
      close();
      pick(entry.code);
      if (entry.place) notice(why(entry));
    }

    function keys(event) {
      if (event.key === "Escape") {
        input.value = "";
        return close();
      }
      if (event.key === "Enter") {
        if (at >= 0 && !list.hidden) chosen(found[at]);
        else if (input.value.trim()) announce(words.say("finder.none"));
        return event.preventDefault();
      }
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return undefined;
      event.preventDefault();
      if (list.hidden) return open(search(input.value));
      if (found.length) at = (at + step + found.length) % found.length;
      return mark();
    }

    return h("div", { class: "finder" }, h("label", { for: id }, label), h("div", { class: "combobox" }, input, list));
  }

  return { plain, search, inside, field };
})();
