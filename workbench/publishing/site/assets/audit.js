// @ts-check
// The model audit: capability, behavioural safety and governance of a panel of models, every value with its source.
"use strict";

(() => {
  const { h } = ESG;

  /**
   * Each pair of dimensions, a point a model that has both.
   * @param {string[]} dims @param {Object<string, string>} measures @param {any[]} panel
   */
  function pictures(dims, measures, panel) {
    const wide = Math.min(330, ESG.width(330));
    const pairs = dims.flatMap((x, n) => dims.slice(n + 1).map((y) => ({ x, y })));
    return h(
      "div",
      { class: "plots" },
      pairs.map(({ x, y }) => {
        const held = (r) => typeof r[x] === "number" && typeof r[y] === "number";
        const rows = panel.filter(held).map((r) => ({
          x: r[x],
          y: r[y],
          href: ESG.here({ model: r.model }),
          tip: `${r.model}\n${measures[x]}: ${ESG.number(r[x])}\n${measures[y]}: ${ESG.number(r[y])}`,
        }));
        if (rows.length < 2) return null;
        return h(
          "figure",
          {},
          ESG.chart(
            `${x} and ${y} of ${rows.length} models`,
            ESG.scatterSpec(rows, measures[x], measures[y], wide),
            "The table of the panel below says and links the same",
          ),
          h("figcaption", { class: "key" }, `${ESG.capital(x)} and ${y}: ${ESG.count(rows.length, "model")} with both`),
        );
      }),
    );
  }

  /** The model panel. */
  async function auditPage() {
    const audit = await ESG.fetched("audit");
    const dims = Object.keys(audit.measures);
    const panel = ESG.unpack(audit.panel).rows();
    const values = ESG.unpack(audit.values).rows();
    const open = ESG.state.params.model;
    const columns = [
      {
        id: "model",
        title: "Model",
        get: (r) => r.model,
        show: (r) => h("a", { href: ESG.here({ model: r.model }) }, r.model),
      },
      { id: "developer", title: "Developer", get: (r) => r.developer },
      { id: "weights", title: "Weights", get: (r) => r.weights },
      ...dims.map((d) => ({
        id: d,
        title: `${ESG.capital(d.replace(/-/g, " "))}: ${audit.measures[d]}`,
        numeric: true,
        get: (r) => r[d],
        show: (r) =>
          r[d] === null || r[d] === undefined
            ? h("span", { class: "hole", title: "No published value was seen" }, "none")
            : ESG.number(r[d]),
      })),
    ];
    const mine = open ? values.filter((v) => v.model === open) : [];
    return {
      title: "Model audit",
      papers: [],
      content: [
        h("h1", {}, "Model audit"),
        h(
          "p",
          { class: "lead" },
          `${ESG.count(panel.length, "model")}, ${ESG.count(values.length, "value")}; capability, behavioural safety and governance kept apart. Every value has its source; what was not seen stays empty.`,
        ),
        h("p", { class: "quiet" }, "Filters do not apply: they choose papers, and these values are of models."),
        h("h2", {}, "Do they go together?"),
        h(
          "p",
          { class: "quiet" },
          "Models of one developer are alike, so every p and interval takes developers for the units; the last p allows for all the pairs that were looked at.",
        ),
        pictures(dims, audit.measures, panel),
        ESG.table({
          id: "correlations",
          caption: "Every two measures of different dimensions",
          quiet: true,
          rows: ESG.unpack(audit.correlations).rows(),
          empty: "No two measures are shared by enough developers.",
          columns: [
            { id: "first", title: "Measure", wide: true, get: (r) => r.first_measure },
            { id: "second", title: "With", wide: true, get: (r) => r.second_measure },
            { id: "models", title: "Models", numeric: true, get: (r) => r.models },
            { id: "developers", title: "Developers", numeric: true, get: (r) => r.developers },
            {
              id: "r",
              title: "r, 95% interval",
              numeric: true,
              get: (r) => r.r,
              show: (r) =>
                r.r === null
                  ? h("span", { class: "quiet" }, r.note || "not estimable")
                  : ESG.coefficient(r.r, r.low, r.high),
            },
            {
              id: "p",
              title: "p by developer",
              numeric: true,
              get: (r) => r.p,
              show: (r) => (r.p === null ? "" : ESG.probability(r.p)),
            },
            {
              id: "holm",
              title: "p, all looks",
              numeric: true,
              get: (r) => r.p_holm,
              show: (r) => (r.p_holm === null ? "" : ESG.probability(r.p_holm)),
            },
            { id: "verdict", title: "Verdict", get: (r) => r.verdict },
          ],
        }),
        h("h2", {}, "The panel"),
        h(
          "p",
          { class: "quiet" },
          "One measure a dimension. Open a model to see all its values with protocol and source.",
        ),
        open
          ? [
              h("h3", {}, open),
              ESG.table({
                id: "values",
                caption: `Values of ${open}`,
                quiet: true,
                rows: mine,
                sort: "dimension.up",
                columns: [
                  {
                    id: "measure",
                    title: "Measure",
                    wide: true,
                    get: (v) => v.measure,
                    show: (v) => [
                      v.measure,
                      h("div", { class: "quiet" }, v.protocol, v.conditions ? `; ${v.conditions}` : ""),
                    ],
                  },
                  { id: "dimension", title: "Dimension", get: (v) => v.dimension },
                  {
                    id: "value",
                    title: "Value",
                    numeric: true,
                    get: (v) => v.value,
                    show: (v) => [String(v.value), h("div", { class: "quiet" }, v.unit)],
                  },
                  { id: "n", title: "n", numeric: true, get: (v) => v.n },
                  {
                    id: "attempts",
                    title: "Attempts",
                    get: (v) => [v.attempts, v.attempts_are].filter(Boolean).join(", "),
                  },
                  { id: "by", title: "Reported by", get: (v) => `${v.reported_by}, ${v.kind}` },
                  {
                    id: "source",
                    title: "Source",
                    wide: true,
                    get: (v) => v.source,
                    show: (v) => [
                      ESG.out(v.source_url, v.source),
                      v.source_date ? ` (${v.source_date})` : "",
                      v.note ? h("div", { class: "quiet" }, v.note) : null,
                    ],
                  },
                ],
              }),
            ]
          : null,
        ESG.table({
          id: "panel",
          caption: "The model panel",
          quiet: true,
          rows: panel,
          empty: "The survey holds no panel of models.",
          columns,
        }),
      ],
    };
  }

  Object.assign(ESG, { auditPage });
})();
