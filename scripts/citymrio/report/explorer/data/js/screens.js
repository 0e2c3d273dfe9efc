// The screens of the page, in the order of their files.

const screens = [];

/**
 * A screen: its id (in the address), title, a test whether this run has it, `about(values)`, the cities it is about (for the title
 * of the window and of files), `remark(values)`, what else a file must say, and `build(root)`, which fills its panel once and
 * returns `update(values, changed)`; that is called when the screen is shown and whenever a choice changes while it is shown.
 */
function screen(entry) {
  screens.push({ has: () => true, ...entry });
}
