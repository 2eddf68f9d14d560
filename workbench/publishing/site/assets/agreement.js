// @ts-check
// How far the coders agree, as it was computed when the page was built.
"use strict";

(() => {
  const { h } = ESG;

  /** What is drawn, and how it is called. */
  const DRAWN = { alpha_nominal: "alpha", ac1: "AC1" };

  /**
   * Coefficients with their intervals.
   * @param {string} name @param {any[]} rows @param {any[]} [beside] all rows that are drawn on the same scale
   */
  function picture(name, rows, beside) {
    const lows = (beside || rows)
      .flatMap((x) => Object.keys(DRAWN).map((id) => x[id] && (x[id].low === null ? x[id].value : x[id].low)))
      .filter((low) => typeof low === "number");
    const called = (x) => ESG.byId.get(`${x.facet}:${x.code}`) || ESG.facets.get(x.code ? "" : x.facet);
    const points = rows.flatMap((x) =>
      Object.entries(DRAWN)
        .filter(([id]) => x[id] && x[id].value !== null)
        .map(([id, what]) => {
          const code = called(x);
          const { value, low, high } = x[id];
          const label = code ? code.name : x.code || x.facet;
          return {
            name: label,
            what,
            value,
            low,
            high,
            href: code && code.levelled && x.code ? ESG.link(`mode/${encodeURIComponent(x.code)}`) : null,
            tip: `${label}\n${what} ${ESG.number(value, 2)}${low === null ? "" : ` (${ESG.number(low, 2)} to ${ESG.number(high, 2)})`}\n${ESG.count(x.observed.papers, "paper")}`,
          };
        }),
    );
    if (!points.length) return null;
    return h(
      "figure",
      {},
      ESG.chart(
        name,
        ESG.intervalSpec(points, {
          width: ESG.width(760),
          domain: [Math.floor(5 * Math.min(...lows)) / 5, 1],
          title: "coefficient with its 95% interval; 0 is chance",
          step: 10,
          colours: { alpha: "var(--eval)", AC1: "var(--align)" },
        }),
      ),
    );
  }

  /** How far the coders agree. */
  async function agreementPage() {
    const [results, opened] = await Promise.all([ESG.fetched("results"), ESG.codings()]);
    const rows = ESG.unpack(results.agreement).rows();
    const of = results.agreed_of;
    const kind = (rows.find((r) => r.kind) || { kind: "" }).kind;
    /** @type {Map<string, any>} */
    const by = new Map();
    for (const r of rows) {
      const id = `${r.facet}:${r.code}`;
      if (!by.has(id)) by.set(id, { facet: r.facet, code: r.code });
      by.get(id)[r.statistic] = r;
    }
    const all = [...by.values()].filter((x) => x.observed && x.observed.papers);
    const bySeen = all.filter((x) => x.code).sort((x, y) => y.observed.positives - x.observed.positives);
    // Of a code that nobody saw there is nothing to draw.
    const seen = bySeen.filter((x) => x.observed.positives);
    const value = (r) => (r && r.value !== null ? r.value : null);
    const column = (id, title, help) => ({
      id,
      title,
      numeric: true,
      help,
      get: (x) => value(x[id]),
      show: (x) => {
        const r = x[id];
        if (!r) return "";
        if (r.value === null) return h("span", { class: "quiet", title: r.note }, "undefined");
        return ESG.coefficient(r.value, r.low, r.high);
      },
    });
    const columns = [
      { id: "papers", title: "Papers", numeric: true, get: (x) => x.observed.papers },
      {
        id: "positives",
        title: "Seen",
        numeric: true,
        help: "Papers in which at least one coder saw it",
        get: (x) => x.observed.positives,
      },
      {
        id: "prevalence",
        title: "Prevalence",
        numeric: true,
        get: (x) => x.observed.prevalence,
        show: (x) => ESG.percent(x.observed.prevalence),
      },
      {
        id: "observed",
        title: "Observed",
        numeric: true,
        get: (x) => value(x.observed),
        show: (x) => ESG.percent(value(x.observed)),
      },
      column("alpha_nominal", "Alpha", "Krippendorff's alpha, nominal"),
      column("ac1", "AC1", "Gwet's AC1"),
      column(
        "alpha_ordinal",
        "Alpha of levels",
        "Krippendorff's alpha, ordinal, among papers in which all coders saw the mode",
      ),
    ];
    const confused = ESG.unpack(results.confusion).rows();
    const called = (id) => (ESG.byId.get(`${ESG.modes.id}:${id}`) || { name: id }).name;
    const open = [...Array(opened.all_final.n).keys()].filter(
      (n) => opened.all_final.get("resolved", n) === "unresolved",
    );
    return {
      title: "Agreement",
      papers: ESG.selection(ESG.state.filters).papers,
      content: [
        h("h1", {}, kind ? `${ESG.capital(kind)} agreement` : "Agreement"),
        h(
          "p",
          { class: "lead" },
          `On the ${ESG.count(Math.max(0, ...all.map((x) => x.observed.papers)), "paper")} that two or more coded and that were first coded under schema ${of.schema}; 95% intervals over ${of.draws.toLocaleString("en-GB")} bootstrap draws of papers.`,
        ),
        kind === "inter-pass"
          ? h(
              "p",
              { class: "statement" },
              "All coders compared are passes of language models. What they agree on says how repeatable the coding is, not whether it is right.",
            )
          : null,
        h(
          "p",
          { class: "quiet" },
          `Filters do not apply: agreement for another selection is not computed. ${of.training ? `${ESG.count(of.training, "paper")} coded while the schema was being made are left out.` : ""}`,
        ),
        h("h2", {}, "By facet"),
        picture(
          "agreement by facet",
          all.filter((x) => !x.code),
        ),
        ESG.table({
          id: "facets",
          caption: "Agreement by facet",
          quiet: true,
          rows: all.filter((x) => !x.code),
          empty: "No two coders have coded the same paper.",
          columns: [
            { id: "facet", title: "Facet", get: (x) => (ESG.facets.get(x.facet) || { name: x.facet }).name },
            ...columns,
          ],
        }),
        h("h2", {}, "By code"),
        ESG.schema.facets.map((f) => {
          const drawn = picture(
            `agreement by code: ${f.name}`,
            seen.filter((x) => x.facet === f.id),
            seen,
          );
          return drawn ? [h("h3", {}, f.name), drawn] : null;
        }),
        ESG.table({
          id: "codes",
          caption: "Agreement by code",
          quiet: true,
          rows: bySeen,
          sort: "positives.down",
          empty: "No two coders have coded the same paper.",
          columns: [
            {
              id: "code",
              title: "Code",
              get: (x) => (ESG.byId.get(`${x.facet}:${x.code}`) || { name: x.code }).name,
              show: (x) => {
                const c = ESG.byId.get(`${x.facet}:${x.code}`);
                return c ? ESG.codeLink(c) : x.code;
              },
            },
            { id: "facet", title: "Facet", get: (x) => (ESG.facets.get(x.facet) || { name: x.facet }).name },
            ...columns,
          ],
        }),
        h("h2", {}, "Taken for each other"),
        ESG.table({
          id: "confusion",
          caption: `${ESG.capital(ESG.core.words.codes)} that coders take for each other`,
          quiet: true,
          sort: "n.down",
          rows: confused,
          empty: "No two modes were taken for each other.",
          columns: [
            { id: "a", title: "One coder saw", get: (r) => called(r.a) },
            { id: "b", title: "the other instead", get: (r) => called(r.b) },
            { id: "n", title: "Papers", numeric: true, get: (r) => r.n },
            { id: "neighbours", title: "Neighbours in the schema", get: (r) => (r.neighbours ? "yes" : "no") },
          ],
        }),
        h("h2", {}, "Still open"),
        open.length
          ? h(
              "ul",
              {},
              open.map((n) =>
                h(
                  "li",
                  {},
                  ESG.paperLink(opened.all_final.get("paper", n)),
                  `: ${opened.all_final.get("code", n)} (${opened.all_final.get("basis", n)})`,
                ),
              ),
            )
          : h("p", {}, "No disagreement waits for a decision."),
        opened.closed
          ? h(
              "p",
              { class: "quiet" },
              `${ESG.count(opened.closed, "coding")} of papers that wait for a second coder, or that nobody signed off, ${opened.closed === 1 ? "is" : "are"} not shown.`,
            )
          : null,
      ],
    };
  }

  Object.assign(ESG, { agreementPage });
})();
