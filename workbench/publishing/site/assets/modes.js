// @ts-check
// The failure modes: the list, and a page for each: what it is, how often it is discussed and measured, where gaps lie.
"use strict";

(() => {
  const { h } = ESG;
  const name = (terms, id) => (terms.find((t) => t.id === id) || { name: id }).name;

  /** Cell address. @param {any} mode @param {Object<string, any>} more */
  const cell = (mode, more) => ESG.link("papers", { cell: `${mode.facet}:${mode.id}`, ...more });

  /** Papers that discuss and that measure each mode. @param {any[]} rows of the ranking */
  function countChart(rows) {
    const parts = /** @type {["discussed"|"measured", string][]} */ ([
      ["discussed", ESG.LEVELS[0]],
      ["measured", ESG.measured],
    ]);
    const bars = rows
      .filter((x) => x.discussed)
      .sort((x, y) => y.discussed - x.discussed)
      .flatMap((x) =>
        parts.map(([what, level]) => ({
          name: x.mode.name,
          what,
          n: x[what],
          href: cell(x.mode, { level }),
          tip: `${x.mode.name}\n${x.measured} of ${x.discussed} measure it`,
        })),
      );
    if (!bars.length) return null;
    return h(
      "figure",
      {},
      ESG.chart(
        `papers that discuss and that measure each ${ESG.core.words.code}`,
        ESG.partsSpec(
          bars,
          parts.map((p) => p[0]),
          ESG.width(760),
        ),
      ),
    );
  }

  /** The ranking: what is discussed and not measured. */
  async function underPage() {
    const known = ESG.rates();
    const per = ESG.perMode(ESG.state.filters);
    const rows = ESG.modes.at.map((at) => {
      const mode = ESG.codes[at];
      const of = per.of.get(at);
      const r = known ? known.get(mode.id) || {} : null;
      return {
        mode,
        discussed: of.levels[1],
        below: of.levels[ESG.measuring - 1],
        measured: of.measured,
        mitigated: of.mitigated,
        mitigationMeasured: of.mitigationMeasured,
        r,
      };
    });
    const selected = ESG.selection({ ...ESG.state.filters, level: ESG.LEVELS[0] });
    const link = (key, more) => (x) => (x[key] ? h("a", { href: cell(x.mode, more) }, x[key]) : "0");
    const numeric = (key, title, more, help) => ({
      id: key,
      title,
      numeric: true,
      help,
      get: (x) => x[key],
      show: link(key, more),
    });
    const columns = [
      {
        id: "mode",
        title: ESG.capital(ESG.core.words.code),
        get: (x) => x.mode.name,
        show: (x) => [
          ESG.codeLink(x.mode),
          h("div", { class: "quiet" }, x.mode.side),
        ],
      },
      numeric("discussed", "Discussed", { level: ESG.LEVELS[0] }, "Papers that at least mention it"),
      ESG.measuring > 2
        ? numeric(
            "below",
            ESG.schema.levels[ESG.measuring - 2].name,
            { level: ESG.LEVELS[ESG.measuring - 2] },
            "At least at this level, one below measuring it",
          )
        : null,
      numeric("measured", "Measured", { level: ESG.measured }, "Papers that measure the mode itself"),
      known
        ? {
            id: "rate",
            title: "In the frame (90% interval)",
            numeric: true,
            help: "Of the papers of the frame that discuss it, read or predicted, the share that measures it",
            get: (x) => x.r.rate,
            show: (x) =>
              x.r.note || x.r.rate === null || x.r.rate === undefined
                ? h("span", { class: "quiet" }, x.r.note || "not estimable")
                : ESG.rated(x.r.rate, x.r.low, x.r.high),
          }
        : {
            id: "bar",
            title: "Measured of discussed",
            numeric: true,
            get: (x) => (x.discussed ? x.measured / x.discussed : null),
            show: (x) => (x.discussed ? `${x.measured}/${x.discussed}` : "never discussed"),
          },
      {
        id: "mitigated",
        title: "Remedy (measured)",
        numeric: true,
        help: "Papers that offer a remedy aimed at it (and assess it with an instrument for the mode)",
        get: (x) => x.mitigated,
        show: (x) => [
          link("mitigated", { what: "mitigates", level: ESG.LEVELS[0] })(x),
          " (",
          link("mitigationMeasured", { what: "mitigation-measured", level: ESG.LEVELS[0] })(x),
          ")",
        ],
      },
    ].filter(Boolean);
    return {
      title: "Discussed, not measured",
      papers: selected.papers,
      content: [
        h("h1", {}, "Discussed, not measured"),
        h("p", { class: "lead" }, h("strong", {}, ESG.count(per.papers, "paper")), ESG.filterWords(), "."),
        h(
          "p",
          {},
          `Of the papers that raise a ${ESG.core.words.code}, how many measure it? `,
          ESG.state.filters.level !== ESG.LEVELS[0]
            ? "The level filter does not apply here: every level has its column. "
            : "",
        ),
        known
          ? null
          : h(
              "p",
              { class: "statement" },
              `Estimates for the whole frame: ${ESG.NOT_COMPUTED}. Counts are.`,
            ),
        countChart(rows),
        ESG.table({
          id: "under",
          caption: `${ESG.capital(ESG.core.words.codes)} by how often they are discussed and measured`,
          quiet: true,
          sort: "discussed.down",
          rows,
          columns,
        }),
        ESG.takeAway(selected.papers, "selection"),
      ],
    };
  }

  /** The codebook as a list. */
  async function modesPage() {
    const per = ESG.perMode(ESG.state.filters);
    return {
      title: ESG.capital(ESG.core.words.codes),
      papers: ESG.selection(ESG.state.filters).papers,
      content: [
        h("h1", {}, ESG.capital(ESG.core.words.codes)),
        h(
          "p",
          { class: "lead" },
          ESG.schema.facets.length,
          " facets, ",
          ESG.modes.at.length,
          ` ${ESG.core.words.codes}, schema ${ESG.schema.version}.`,
        ),
        (ESG.schema.sides.length ? ESG.schema.sides : [{ id: "", name: ESG.capital(ESG.core.words.codes), definition: "" }]).map((side) => [
          h("h2", {}, side.name),
          h("p", { class: "quiet" }, side.definition),
          h(
            "ul",
            { class: "cards" },
            ESG.modes.at
              .map((at) => ESG.codes[at])
              .filter((c) => (c.side || "") === side.id)
              .map((mode) => {
                const of = per.of.get(mode.at);
                return h(
                  "li",
                  {},
                  h("h3", {}, ESG.codeLink(mode)),
                  h("p", {}, mode.definition),
                  h("p", { class: "quiet" }, `${of.levels[1]} discuss, ${of.measured} measure it`),
                );
              }),
          ),
        ]),
        h("h2", {}, "Levels"),
        h(
          "dl",
          {},
          ESG.schema.levels.map((l) => [h("dt", {}, l.name), h("dd", {}, l.definition)]),
        ),
        ESG.schema.facets
          .filter((f) => !f.levelled)
          .map((f) => [
            h("h2", {}, f.name),
            h(
              "p",
              {},
              f.question,
              f.from === "full-text" ? " Told from the full text only; otherwise not assessable, never absent." : "",
            ),
            h(
              "dl",
              {},
              f.codes.map((c) => [h("dt", {}, c.name), h("dd", {}, c.definition)]),
            ),
          ]),
      ],
    };
  }

  /** One failure mode. @param {string} id */
  async function modePage(id) {
    const mode = ESG.byId.get(`${ESG.modes.id}:${id}`);
    if (!mode)
      return {
        title: `No such ${ESG.core.words.code}`,
        papers: [],
        content: [
          h("h1", {}, `No such ${ESG.core.words.code}`),
          h("p", {}, h("a", { href: ESG.link("modes") }, `All ${ESG.core.words.codes}`)),
        ],
      };
    const others = ESG.schema.facets.filter((f) => ESG.gridOf(mode.facet, f.id));
    const [results] = await Promise.all([ESG.fetched("results"), ...others.map((f) => ESG.grid(mode.facet, f.id))]);
    const selected = ESG.selection(ESG.state.filters);
    const papers = ESG.behind(selected, [mode]);
    const of = ESG.perMode(ESG.state.filters).of.get(mode.at);
    const known = ESG.rates();
    const r = known && known.get(mode.id);
    const years = [...of.years]
      .map(([year, n]) => ({ year, papers: n.discussed, raise: n.discussed, measure: n.measured }))
      .sort((a, b) => a.year - b.year);
    const filled = years.length
      ? Array.from(
          { length: years[years.length - 1].year - years[0].year + 1 },
          (_, k) =>
            years.find((y) => y.year === years[0].year + k) || {
              year: years[0].year + k,
              papers: 0,
              raise: 0,
              measure: 0,
            },
        )
      : [];
    const linked = (other) => {
      const code = ESG.byId.get(`${mode.facet}:${other}`);
      return code ? ESG.codeLink(code) : other;
    };
    const together = ESG.crossed(selected, mode.facet, mode.facet);
    const row = ESG.modes.at.indexOf(mode.at);
    const met = ESG.modes.at
      .map((at, k) => ({ code: ESG.codes[at], n: together.n[row * ESG.modes.at.length + k] }))
      .filter((x) => x.code !== mode && x.n)
      .sort((a, b) => b.n - a.n);
    const agreed = ESG.unpack(results.agreement)
      .rows()
      .filter((a) => a.facet === mode.facet && a.code === mode.id);
    const examples = mode.examples.map((key) =>
      h(
        "li",
        {},
        ESG.placeOf.has(key)
          ? ESG.paperLink(ESG.placeOf.get(key))
          : h("a", { href: ESG.link(`paper/${encodeURIComponent(key)}`) }, key),
      ),
    );
    return {
      title: mode.name,
      papers,
      content: [
        h(
          "p",
          { class: "crumb" },
          h("a", { href: ESG.link("modes") }, ESG.capital(ESG.core.words.codes)),
          ` / ${name(ESG.schema.sides, mode.side)}`,
        ),
        h("h1", {}, mode.name),
        h("p", { class: "lead" }, mode.definition),
        h(
          "dl",
          { class: "sheet" },
          h("dt", {}, "Include when"),
          h("dd", {}, mode.include),
          h("dt", {}, "Exclude when"),
          h("dd", {}, mode.exclude),
          h("dt", {}, "A case"),
          h("dd", {}, mode.good),
          h("dt", {}, "Not a case"),
          h("dd", {}, mode.bad),
          mode.goodhart ? h("dt", {}, "Goodhart variant") : null,
          mode.goodhart && h(
            "dd",
            {},
            mode.goodhart,
            " ",
            h(
              "span",
              { class: "quiet" },
              (ESG.schema.goodhart.find((g) => g.id === mode.goodhart) || {}).definition || "",
            ),
          ),
          mode.synonyms.length ? [h("dt", {}, "Also called"), h("dd", {}, mode.synonyms.join("; "))] : null,
          h("dt", {}, "Told apart from"),
          h(
            "dd",
            {},
            mode.neighbours.map((n) => h("p", {}, linked(n[0]), ": ", n[1])),
          ),
          mode.counterparts.length
            ? [
                h("dt", {}, "Counterpart on another side"),
                h(
                  "dd",
                  {},
                  mode.counterparts.map((n) => h("p", {}, linked(n[0]), ": ", n[1])),
                ),
              ]
            : null,
          examples.length ? [h("dt", {}, "Example papers"), h("dd", {}, h("ul", {}, examples))] : null,
        ),
        h("h2", {}, "What the survey has"),
        h(
          "p",
          { class: "lead" },
          h("a", { href: cell(mode, { level: ESG.LEVELS[0] }) }, ESG.count(of.levels[1], "paper")),
          " of the selection ",
          of.levels[1] === 1 ? "raises" : "raise",
          " it, ",
          h("a", { href: cell(mode, { level: ESG.measured }) }, of.measured),
          of.measured === 1 ? " measures it." : " measure it.",
        ),
        h("p", { class: "statement" }, rateWords(r, of)),
        h("p", { class: "statement" }, gapWords(mode, others)),
        agreed.length ? h("p", { class: "quiet" }, agreementWords(agreed)) : null,
        h("h2", {}, "Discussed and measured over time"),
        ESG.byYear(
          filled,
          (year, what) => cell(mode, { from: year, to: year, level: what === "measure" ? ESG.measured : ESG.LEVELS[0] }),
          { all: "papers", raise: "discuss it", measure: "measure it" },
        ),
        h("h2", {}, "Raised together with"),
        met.length
          ? h(
              "ul",
              { class: "together" },
              met.map((x) =>
                h(
                  "li",
                  {},
                  h(
                    "a",
                    { href: ESG.link("papers", { cell: `${mode.facet}:${mode.id},${x.code.facet}:${x.code.id}` }) },
                    `${x.code.name} (${x.n})`,
                  ),
                ),
              ),
            )
          : h("p", { class: "nothing" }, "No other mode in the same paper."),
        h("h2", {}, "Papers"),
        ESG.takeAway(papers, mode.id),
        ESG.paperTable(papers, `Papers that raise ${mode.name}`, { empty: "No paper of the selection raises it." }),
      ],
    };
  }

  /** @param {any} r @param {any} of */
  function rateWords(r, of) {
    if (!r) return `Estimates for the whole frame: ${ESG.NOT_COMPUTED}.`;
    if (r.discussed === null || r.discussed === undefined) return "Nothing was read yet.";
    const range = (what) =>
      `${ESG.number(r[what], 0)} (${ESG.number(r[`${what}_low`], 0)} to ${ESG.number(r[`${what}_high`], 0)})`;
    const share = r.note
      ? r.note
      : `of those that discuss it ${ESG.percent(r.rate)} (${ESG.percent(r.low)} to ${ESG.percent(r.high)}) measure it`;
    return (
      `In the whole frame, of 1,000 papers that are in, about ${range("discussed")} discuss it beyond naming it as a motive and ` +
      `${range("measured")} measure it: ${share}. Decided: ${r.decided}. (90% intervals; ${ESG.count(of.levels[1], "paper")} read raise it.)`
    );
  }

  /** Where the mode is surprisingly rare or frequent. @param {any} mode @param {any[]} others */
  function gapWords(mode, others) {
    if (!ESG.unfiltered()) return `Gaps: ${ESG.NOT_COMPUTED}.`;
    /** @type {Object<string, string[]>} */
    const found = { gap: [], sparse: [] };
    let [cells, tested] = [0, 0];
    for (const facet of others) {
      const read = ESG.computed(mode.facet, facet.id);
      if (!read) continue;
      for (const at of facet.at) {
        const about = read(mode, ESG.codes[at]);
        if (about.kind === "by rule" || about.kind === "not assessable") continue;
        cells++;
        if (about.kind !== "too few") tested++;
        if (found[about.kind])
          found[about.kind].push(
            `${ESG.codes[at].name.toLowerCase()} (${facet.name.toLowerCase()}; expected ${ESG.number(about.expected)}, p ${ESG.probability(about.lower)})`,
          );
      }
    }
    const said = [
      `Of ${cells} cells of this mode with codes of other facets and with other modes, in ${tested} a gap could be seen.`,
    ];
    if (found.gap.length) said.push(`Surprisingly empty: ${found.gap.join("; ")}.`);
    if (found.sparse.length) said.push(`Surprisingly sparse: ${found.sparse.join("; ")}.`);
    if (said.length === 1) said.push(tested ? "None is one." : "So nothing can be said of gaps here: too few papers are expected.");
    return said.join(" ");
  }

  /** @param {any[]} rows */
  function agreementWords(rows) {
    const value = (s) => rows.find((r) => r.statistic === s);
    const [observed, alpha, ac1] = [value("observed"), value("alpha_nominal"), value("ac1")];
    if (!observed || observed.value === null) return "Agreement: not estimable.";
    return (
      `${ESG.capital(observed.kind || "inter-coder")} agreement on whether it is there: ${ESG.percent(observed.value)} observed over ${ESG.count(observed.papers, "paper")}` +
      (alpha && alpha.value !== null ? `, alpha ${ESG.number(alpha.value, 2)}` : "") +
      (ac1 && ac1.value !== null ? `, AC1 ${ESG.number(ac1.value, 2)}` : "") +
      "."
    );
  }

  Object.assign(ESG, { underPage, modesPage, modePage });
})();
