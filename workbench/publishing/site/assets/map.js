// @ts-check
// The evidence gap map: one facet by another, how many papers a cell holds, and whether that is surprising.
"use strict";

(() => {
  const { h } = ESG;

  /** Class of a cell -> sign and meaning. @type {Object<string, [string, string]>} */
  const CLASSES = {
    gap: ["◇", "a gap: papers would be expected here, and there is none"],
    sparse: ["▽", "surprisingly few papers"],
    "as expected": ["", "about as many papers as could be expected"],
    "too few": ["", "too rare to tell: so few papers are expected that none would be no surprise"],
    "by rule": ["=", "decided by the codebook: its rules say whether the two can meet, or it is a code with itself"],
    "not assessable": ["×", "cannot be told from what was read"],
  };

  /** The file of a pair of facets, and whether it is the other way round. @param {string} a @param {string} b */
  function gridOf(a, b) {
    const name = (x, y) => `${x}--${y}`;
    const known = new Set(ESG.core.grids.map((pair) => name(pair[0], pair[1])));
    if (known.has(name(a, b))) return { file: `gaps-${name(a, b)}`, turned: false };
    if (known.has(name(b, a))) return { file: `gaps-${name(b, a)}`, turned: true };
    return null;
  }

  /** @type {Map<string, any>} */
  const ready = new Map();

  /** Have the grid of a pair of facets at hand. @param {string} a @param {string} b */
  async function grid(a, b) {
    const where = gridOf(a, b);
    if (where && !ready.has(where.file)) ready.set(where.file, await ESG.fetched(where.file));
  }

  /**
   * What was computed of a cell, or null where it was not for this selection.
   * @param {string} across @param {string} down
   * @returns {((row: any, column: any) => any)|null}
   */
  function computed(across, down) {
    const where = gridOf(across, down);
    if (!where || !ready.has(where.file) || !ESG.unfiltered()) return null;
    const held = ready.get(where.file);
    const { level, grey } = ESG.state.filters;
    const table = held.tables[`${held.rows === ESG.modes.id ? level : ""}|${grey}`];
    if (!table) return null;
    const [rows, columns] = [ESG.facets.get(held.rows).at, ESG.facets.get(held.columns).at];
    const read = (row, column) => {
      const [a, b] = where.turned ? [column, row] : [row, column];
      const n = (a.at - rows[0]) * columns.length + (b.at - columns[0]);
      return {
        kind: table.classes[table.class[n]],
        expected: table.expected[n],
        lower: table.lower[n],
        upper: table.upper[n],
        q: table.q[n],
        apart: marked(table, "apart").has(n),
        draws: table.draws,
      };
    };
    return Object.assign(read, { table });
  }

  /** @type {WeakMap<any, Object<string, Set<number>>>} */
  const sets = new WeakMap();

  /** Places of a table that are marked: kept as a set, for every cell asks. @param {any} table @param {string} what */
  function marked(table, what) {
    const held = sets.get(table) || {};
    if (!held[what]) {
      held[what] = new Set(table[what]);
      sets.set(table, held);
    }
    return held[what];
  }

  const NOT = "not computed for this selection";

  /**
   * A cell in words, for hovering and for screen readers.
   * @param {any} row @param {any} column @param {number} n @param {number|null} part how many measure it @param {any} cell
   * @returns {string[]}
   */
  function words(row, column, n, part, cell) {
    const said = [`${row.name} × ${column.name}`, ESG.count(n, "paper")];
    if (part !== null && n) said[1] += `, ${part} of which ${part === 1 ? "measures" : "measure"} it`;
    if (!cell) return [...said, `gap class ${NOT}`];
    said.push(CLASSES[cell.kind] ? CLASSES[cell.kind][1] : cell.kind);
    if (cell.expected !== null && cell.kind !== "not assessable") {
      said.push(`expected ${ESG.number(cell.expected)}`);
      said.push(
        n <= cell.expected
          ? `P(so few or fewer) ${ESG.probability(cell.lower)}`
          : `P(so many or more) ${ESG.probability(cell.upper)}`,
      );
      if (cell.q !== null) said.push(`adjusted ${ESG.probability(cell.q)} (surprising at 0.05)`);
    }
    if (cell.apart) said.push("a coding rule tells the two apart");
    return said;
  }

  /** A cell in a sentence, above the list of its papers. @param {any} a @param {any} b @param {number} n */
  function cellStatement(a, b, n) {
    const read = computed(a.facet, b.facet);
    if (!read) return h("p", { class: "statement" }, `Expected count, probability and gap class: ${NOT}.`);
    const cell = read(a, b);
    const [sign, meaning] = CLASSES[cell.kind] || ["", cell.kind];
    const tail =
      n <= cell.expected
        ? `so few or fewer has probability ${ESG.probability(cell.lower)}`
        : `so many or more has probability ${ESG.probability(cell.upper)}`;
    return h(
      "p",
      { class: `statement ${cell.kind.replace(/ /g, "-")}` },
      h("strong", {}, `${sign} ${ESG.capital(meaning)}. `),
      cell.expected === null || cell.kind === "by rule" || cell.kind === "not assessable"
        ? ""
        : `${ESG.number(cell.expected)} would be expected if each code kept its number of papers and each paper its number of codes; ${tail} ` +
            `(${cell.draws.toLocaleString("en-GB")} null draws). `,
      cell.apart ? "A coding rule tells the two apart. " : "",
    );
  }

  /** The filters, in a half sentence. */
  function filterWords() {
    const said = ESG.inWords();
    return said.length ? `: ${said.join("; ")}` : ", coded from their abstracts";
  }

  /** Shade of a count, 0 to 6. @param {number} n @param {number} most */
  const shade = (n, most) => (n === 0 ? 0 : Math.max(1, Math.ceil(6 * Math.sqrt(n / Math.max(most, 6)))));

  /** What the numbers rest on: said before any of them is read. */
  function verifiedWords() {
    const [checked, codes] = ESG.core.about.verified;
    const kinds = new Set(
      ESG.unpack(ESG.core.coders)
        .rows()
        .map((c) => c.kind),
    );
    if (!codes) return "Nothing is coded yet.";
    if (checked) return `${checked} of ${codes} ${ESG.core.words.codes} were coded, decided or verified by a human.`;
    return (
      "No code has been verified by a human yet" +
      (kinds.has("language-model")
        ? ": coders are passes of language models, whose agreement says how repeatable the coding is, not whether it is right."
        : ".")
    );
  }

  /** Classes in which an empty cell says nothing. */
  const SILENT = ["too few", "by rule", "not assessable"];

  /** @type {Map<string, number>} */
  const most = new Map();

  /** The largest count of two facets over all papers: one scale of colours, whatever is filtered. */
  function largest(across, down) {
    const key = `${across}|${down}`;
    if (!most.has(key)) {
      const all = ESG.crossed(ESG.selection({ ...ESG.FILTERS, grey: "include" }), across, down);
      const wide = all.down.length;
      let found = 1;
      all.n.forEach((n, k) => {
        if (!(across === down && Math.floor(k / wide) === k % wide)) found = Math.max(found, n);
      });
      most.set(key, found);
    }
    return /** @type {number} */ (most.get(key));
  }

  /** A table in a box of its own, whose headings stay in sight; it says so where there is more to the right. */
  function tall(table) {
    const box = ESG.scroller("Evidence gap map", table);
    box.classList.add("tall");
    const hint = h("p", { class: "quiet noprint", hidden: true }, "The table is wider than the window: scroll it sideways, or swap rows and columns.");
    requestAnimationFrame(() => (hint.hidden = box.scrollWidth <= box.clientWidth));
    return [hint, box];
  }

  async function mapPage() {
    const { params, filters } = ESG.state;
    const usable = ESG.schema.facets;
    const across = ESG.facets.has(params.rows) ? params.rows : ESG.modes.id;
    const other = usable.find((f) => f.id !== across) || usable[0];
    const down = ESG.facets.has(params.columns) ? params.columns : other.id;
    await grid(across, down);
    const selected = ESG.selection(filters);
    const counts = ESG.crossed(selected, across, down);
    const read = computed(across, down);
    const rows = counts.across.map((at) => ESG.codes[at]);
    const columns = counts.down.map((at) => ESG.codes[at]);
    const same = across === down;
    const most = largest(across, down);
    const tight = columns.length > 13;
    // Of a levelled facet the papers that measure a code stand within those that raise it.
    const levelled = ESG.facets.get(across).levelled || ESG.facets.get(down).levelled;
    const parts = levelled ? ESG.crossed(ESG.selection({ ...filters, level: ESG.measured }), across, down).n : null;

    /** @param {any} row @param {any} column @param {number} k @param {number} r @param {number} c */
    const cell = (row, column, k, r, c) => {
      const n = counts.n[k];
      const part = parts ? parts[k] : null;
      const about = read ? read(row, column) : null;
      const kind = about ? about.kind : "";
      const said = words(row, column, n, part, about);
      const sign = CLASSES[kind] ? CLASSES[kind][0] : "";
      const level = same && r === c ? 0 : shade(n, most);
      return h(
        "td",
        { class: `q${level} ${kind.replace(/ /g, "-")}` },
        h(
          "a",
          {
            href: ESG.link("papers", { cell: `${row.facet}:${row.id},${column.facet}:${column.id}` }),
            tabindex: r === 0 && c === 0 ? "0" : "-1",
            "data-r": r,
            "data-c": c,
            "data-n": n,
            "data-part": part,
            "data-kind": kind || null,
            "data-cell": `${row.id}|${column.id}`,
            "data-tip": said.join("\n"),
            "aria-label": said.join("; "),
          },
          // A nought is a statement only where papers could be expected.
          n || !about || !SILENT.includes(kind) ? String(n) : null,
          part !== null && n && !tight ? h("span", { class: "part" }, String(part)) : null,
          sign && (!n || kind === "gap" || kind === "sparse") ? h("span", { class: "sign" }, sign) : null,
        ),
      );
    };
    const sided = across === ESG.modes.id && ESG.schema.sides.length ? ESG.schema.sides : [null];
    /** @type {any[]} */
    const bodies = [];
    let line = 0;
    for (const side of sided) {
      const mine = rows.map((row, k) => ({ row, k })).filter((x) => !side || x.row.side === side.id);
      if (!mine.length) continue;
      bodies.push(
        h(
          "tbody",
          {},
          side
            ? h(
                "tr",
                { class: "side" },
                h("th", { colspan: columns.length + 2, scope: "rowgroup" }, h("span", {}, side.name)),
              )
            : null,
          mine.map((x) => {
            const r = line++;
            return h(
              "tr",
              {},
              h(
                "th",
                { scope: "row" },
                x.row.levelled ? ESG.codeLink(x.row) : h("span", { title: x.row.definition }, x.row.name),
              ),
              h(
                "td",
                { class: "total" },
                h(
                  "a",
                  {
                    href: ESG.link("papers", { cell: `${x.row.facet}:${x.row.id}` }),
                    tabindex: "-1",
                    "data-r": r,
                    "data-c": -1,
                    "aria-label": `${x.row.name}: ${ESG.count(counts.rows[x.k], "paper")}`,
                  },
                  counts.rows[x.k],
                ),
              ),
              columns.map((column, c) => cell(x.row, column, x.k * columns.length + c, r, c)),
            );
          }),
        ),
      );
    }
    const name = (id) => ESG.facets.get(id).name;
    const table = h(
      "table",
      { class: tight ? "map tight" : "map" },
      h(
        "caption",
        { class: "unseen" },
        `Papers by ${name(across)} and ${name(down)}. Arrow keys move between cells; Enter opens the papers of a cell.`,
      ),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col" }, name(across)),
          h("th", { scope: "col", class: "total" }, h("span", {}, "papers")),
          columns.map((column, c) =>
            h(
              "th",
              { scope: "col" },
              h("span", { title: `${column.definition}\n${ESG.count(counts.columns[c], "paper")}` }, column.name),
            ),
          ),
        ),
      ),
      bodies,
    );
    table.addEventListener("keydown", walk);

    const choose = (id, label, now, param) =>
      h(
        "label",
        {},
        `${label} `,
        h(
          "select",
          { id, onchange: (e) => ESG.change({ [param]: e.target.value }) },
          usable.map((f) => h("option", { value: f.id, selected: f.id === now }, f.name)),
        ),
      );
    const about = read ? /** @type {any} */ (read).table : null;
    const empty = selected.papers.length === 0;
    return {
      title: "Evidence gap map",
      papers: selected.papers,
      content: [
        h("h1", {}, "Evidence gap map"),
        h(
          "p",
          { class: "lead" },
          h("strong", { "data-count": selected.papers.length }, ESG.count(selected.papers.length, "paper")),
          filterWords(),
          ".",
        ),
        h("p", { class: "quiet" }, verifiedWords()),
        h(
          "p",
          { class: "choose" },
          choose("rows", "Rows", across, "rows"),
          " ",
          choose("columns", "Columns", down, "columns"),
          " ",
          h(
            "button",
            { type: "button", class: "noprint", onclick: () => ESG.change({ rows: down, columns: across }) },
            "Swap",
          ),
        ),
        h(
          "p",
          { class: "statement" },
          about
            ? about.words
            : `Gap class, expected count and probability: ${NOT}. They hold for all papers coded from abstracts; clear the other filters to see them.`,
        ),
        empty
          ? h(
              "p",
              { class: "nothing" },
              filters.verified
                ? "No paper is left: no code of such papers has been verified by a human."
                : "No paper is left by these filters.",
            )
          : null,
        legend(about, most, Boolean(parts) && !tight),
        tall(table),
        ESG.takeAway(selected.papers, "selection"),
        h("h2", {}, "By year"),
        ESG.byYear(
          ESG.perYear(selected),
          (year, what) => ESG.link("papers", { from: year, to: year, what: what === "all" ? "" : what }),
          {
            all: "papers",
            raise: `raise a ${ESG.core.words.code}`,
            measure: "measure one",
          },
        ),
      ],
    };
  }

  /** @param {any} about @param {number} most @param {boolean} parts */
  function legend(about, most, parts) {
    const steps = [0, 1, 2, 3, 4, 5, 6].map((k) => h("span", { class: `swatch q${k}` }));
    const shown = ["gap", "sparse", "by rule", "not assessable"];
    return h(
      "div",
      { class: "legend" },
      h(
        "p",
        {},
        "Each cell: papers that carry both codes",
        parts ? [" and, small, how many of them ", h("b", {}, "measure"), " what is raised"] : "",
        ". ",
        h("span", { class: "keep" }, "None ", steps, ` ${most} or more`),
        about ? shown.map((id) => [
              h("span", { class: "keep" }, h("span", { class: "sign" }, CLASSES[id][0]), CLASSES[id][1].split(":")[0]),
              " ",
            ]) : "",
        about ? "Blank: too rare to tell. Nought: papers could be expected, and there is none." : "",
      ),
      about
        ? h(
            "details",
            {},
            h("summary", {}, "What could be expected, and how it was found"),
            h(
              "p",
              { class: "quiet" },
              `Expected is what chance would give if each code kept its number of papers and each paper its number of codes; ${about.draws.toLocaleString("en-GB")} random draws over ` +
                `${ESG.count(about.papers, "paper")}. A gap could be seen in ${about.summary.seen} of ${ESG.count(about.summary.free, "cell")} that no rule decides: ` +
                `those that expect about ${ESG.number(about.needed)} papers or more. At most 5% of the gaps named over all maps should be false (false discovery rate). ` +
                "All this is of the papers read: an empty cell here is not an empty cell of the literature.",
            ),
          )
        : null,
    );
  }

  /** Arrow keys, Home and End move between the cells of the map. @param {KeyboardEvent} event */
  function walk(event) {
    const from = /** @type {HTMLElement} */ (event.target);
    if (!from.dataset || from.dataset.r === undefined) return;
    /** @type {Object<string, number[]>} */
    const ways = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const table = /** @type {HTMLElement} */ (event.currentTarget);
    let [r, c] = [Number(from.dataset.r), Number(from.dataset.c)];
    if (ways[event.key]) [r, c] = [r + ways[event.key][0], c + ways[event.key][1]];
    else if (event.key === "Home") c = 0;
    else if (event.key === "End")
      c = Math.max(
        ...[...table.querySelectorAll(`[data-r="${r}"]`)].map((e) => Number(/** @type {HTMLElement} */ (e).dataset.c)),
      );
    else return;
    const to = table.querySelector(`[data-r="${r}"][data-c="${c}"]`);
    if (!(to instanceof HTMLElement || to instanceof SVGElement)) return;
    event.preventDefault();
    from.setAttribute("tabindex", "-1");
    to.setAttribute("tabindex", "0");
    /** @type {HTMLElement} */ (to).focus();
  }

  Object.assign(ESG, { mapPage, cellStatement, computed, grid, gridOf, filterWords, CLASSES, NOT_COMPUTED: NOT });
})();
