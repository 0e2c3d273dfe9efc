// Finding a city by a part of its Latin name, its local name or its code; accents and case do not matter.

const finder = (() => {
  const MOST = 12;
  const LETTERS = { ø: "o", ŧ: "t", đ: "d", ð: "d", ł: "l", ı: "i", ß: "ss", æ: "ae", œ: "oe", þ: "th" };

  /** Text without case, accents and blanks at its ends. */
  const plain = (text) =>
    String(text ?? "")
      .toLowerCase()
      .normalize("NFD")
      .replace(/\p{M}/gu, "")
      .replace(/[øŧđðłıßæœþ]/g, (letter) => LETTERS[letter])
      .trim();

  let index = null;

  /** Codes of the regions that a text matches: those that begin with it first, then the larger footprint. */
  function search(text) {
    index ??= data.store.regions.map((row) => ({ row, words: [row.name, row.name_local, row.region].map(plain) }));
    const wanted = plain(text);
    if (!wanted) return [];
    const rank = ({ words }) => (words.includes(wanted) ? 0 : words.some((word) => word.startsWith(wanted)) ? 1 : 2);
    return index
      .filter(({ words }) => words.some((word) => word.includes(wanted)))
      .sort((a, b) => rank(a) - rank(b) || (b.row.cba_mt ?? 0) - (a.row.cba_mt ?? 0))
      .map(({ row }) => row.region);
  }

  /** A field with a list of matches (the combobox of the ARIA practices). `pick(code)` is told what was chosen. */
  function field({ id, label, pick, placeholder = "Name or code" }) {
    let [codes, at] = [[], -1];
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

    function open(found) {
      [codes, at] = [found.slice(0, MOST), found.length ? 0 : -1];
      const rest = found.length - codes.length;
      const items = codes.map((code, i) =>
        h(
          "li",
          { role: "option", id: `${id}-${i}`, onpointerdown: (event) => event.preventDefault(), onclick: () => chosen(code) },
          h("span", {}, data.nameOf(code)),
          h("span", { class: "note" }, [data.region(code).province_name, code].filter(Boolean).join(" · ")),
        ),
      );
      fill(list, items, rest > 0 && h("li", { class: "note", role: "presentation" }, `and ${rest} more: type on`));
      const shown = input.value.trim() !== "";
      if (shown && !found.length) fill(list, h("li", { class: "note", role: "presentation" }, "No city matches."));
      list.hidden = !shown;
      input.setAttribute("aria-expanded", String(shown && codes.length > 0));
      if (shown)
        announce(found.length ? `${found.length} match${found.length === 1 ? "es" : ""}` : `No city matches ${input.value}.`);
      mark();
    }

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

    function chosen(code) {
      input.value = "";
      close();
      pick(code);
    }

    function keys(event) {
      if (event.key === "Escape") {
        input.value = "";
        return close();
      }
      if (event.key === "Enter") {
        if (at >= 0 && !list.hidden) chosen(codes[at]);
        else if (input.value.trim()) announce(`No city matches ${input.value}.`);
        return event.preventDefault();
      }
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return undefined;
      event.preventDefault();
      if (list.hidden) return open(search(input.value));
      if (codes.length) at = (at + step + codes.length) % codes.length;
      return mark();
    }

    return h("div", { class: "finder" }, h("label", { for: id }, label), h("div", { class: "combobox" }, input, list));
  }

  return { plain, search, field };
})();
