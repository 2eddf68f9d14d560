// @ts-check
// Codes that the same papers carry: the graph, the pairs, and those that never met.
"use strict";

(() => {
  const { h } = ESG;

  const edgeHref = (a, b) => ESG.link("papers", { cell: `${a.facet}:${a.id},${b.facet}:${b.id}` });

  /** Codes of one facet that the same papers carry. */
  async function togetherPage() {
    const facet = ESG.facets.has(ESG.state.params.facet) ? ESG.state.params.facet : ESG.modes.id;
    await ESG.grid(facet, facet);
    const selected = ESG.selection(ESG.state.filters);
    const counts = ESG.crossed(selected, facet, facet);
    const read = ESG.computed(facet, facet);
    const codes = counts.across.map((at) => ESG.codes[at]);
    const edges = [];
    const never = [];
    for (let a = 0; a < codes.length; a++)
      for (let b = a + 1; b < codes.length; b++) {
        const n = counts.n[a * codes.length + b];
        const about = read ? read(codes[a], codes[b]) : null;
        const tip = `${codes[a].name} and ${codes[b].name}\n${ESG.count(n, "paper")}${about ? `: ${about.kind}\nexpected ${ESG.number(about.expected)}` : ""}`;
        const kind = about ? about.kind : "";
        const edge = { a, b, n, about, kind, strong: false, href: edgeHref(codes[a], codes[b]), tip };
        if (n) edges.push(edge);
        else if (about && about.expected) never.push(edge);
      }
    const most = edges.reduce((m, e) => Math.max(m, e.n), 0);
    const least = Math.max(1, Math.min(most || 1, Number(ESG.state.params.least) || 1));
    const drawn = edges.filter((e) => e.n >= least);
    never.sort((x, y) => x.about.lower - y.about.lower || y.about.expected - x.about.expected);
    const pair = (e) => h("a", { href: e.href }, `${codes[e.a].name} and ${codes[e.b].name}`);
    const columns = [
      { id: "pair", title: "Pair", wide: true, get: (e) => `${codes[e.a].name} ${codes[e.b].name}`, show: pair },
      { id: "n", title: "Papers", numeric: true, get: (e) => e.n },
      {
        id: "jaccard",
        title: "Jaccard",
        numeric: true,
        help: "Papers with both over papers with either",
        get: (e) => e.n / (counts.rows[e.a] + counts.rows[e.b] - e.n),
        show: (e) => ESG.number(e.n / (counts.rows[e.a] + counts.rows[e.b] - e.n), 2),
      },
      ...(read
        ? [
            {
              id: "expected",
              title: "Expected",
              numeric: true,
              get: (e) => e.about.expected,
              show: (e) => ESG.number(e.about.expected),
            },
            {
              id: "lower",
              title: "P(so few)",
              numeric: true,
              get: (e) => e.about.lower,
              show: (e) => ESG.probability(e.about.lower),
            },
            {
              id: "upper",
              title: "P(so many)",
              numeric: true,
              get: (e) => e.about.upper,
              show: (e) => ESG.probability(e.about.upper),
            },
            {
              id: "kind",
              title: "Class",
              get: (e) => e.kind,
              show: (e) => `${(ESG.CLASSES[e.kind] || [""])[0]} ${e.kind}`,
            },
          ]
        : []),
    ];
    return {
      title: "Raised together",
      papers: selected.papers,
      content: [
        h("h1", {}, "Raised together"),
        h(
          "p",
          { class: "lead" },
          h("strong", {}, ESG.count(selected.papers.length, "paper")),
          ESG.filterWords(),
          `: ${ESG.count(edges.length, "pair")} of codes meet in at least one.`,
        ),
        h(
          "p",
          { class: "choose" },
          h(
            "label",
            {},
            "Facet ",
            h(
              "select",
              { id: "facet", onchange: (e) => ESG.change({ facet: e.target.value }) },
              ESG.schema.facets.map((f) => h("option", { value: f.id, selected: f.id === facet }, f.name)),
            ),
          ),
          " ",
          h(
            "label",
            {},
            "Draw pairs of at least ",
            h("input", {
              id: "least",
              type: "number",
              min: "1",
              max: String(most || 1),
              value: String(least),
              onchange: (e) => ESG.change({ least: e.target.value === "1" ? "" : e.target.value }),
            }),
            " papers",
          ),
        ),
        read
          ? h("p", { class: "statement" }, /** @type {any} */ (read).table.words)
          : h("p", { class: "statement" }, `Expected counts and probabilities: ${ESG.NOT_COMPUTED}.`),
        drawn.length
          ? h(
              "figure",
              {},
              ESG.scroller(
                "Graph of codes raised together",
                ESG.chart(
                  "codes that the same papers carry",
                  ESG.circleSpec(
                    codes.map((code, k) => ({
                      name: code.name,
                      n: counts.rows[k],
                      side: code.side || "",
                      tip: `${code.name}\n${ESG.count(counts.rows[k], "paper")}`,
                      href: code.levelled
                        ? ESG.link(`mode/${encodeURIComponent(code.id)}`)
                        : ESG.link("papers", { cell: `${code.facet}:${code.id}` }),
                    })),
                    drawn.map(({ a, b, n, strong, href, tip }) => ({ a, b, n, strong, href, tip })),
                    Math.max(620, ESG.width(820)),
                  ),
                ),
              ),
              h(
                "figcaption",
                { class: "key" },
                "A dot is a code, the larger the more papers; a line joins two that the same papers carry, the wider the more. ",
                "The table below has every pair.",
              ),
            )
          : h("p", { class: "nothing" }, "No two codes meet in a paper of the selection."),
        h("h2", {}, "Every pair that meets"),
        ESG.table({
          id: "edges",
          caption: "Pairs of codes in the same papers",
          quiet: true,
          sort: "n.down",
          rows: edges,
          columns,
        }),
        read && never.length
          ? [
              h("h2", {}, "Never met, most surprising first"),
              h(
                "p",
                { class: "quiet" },
                "Ordered by how improbable it is to see none given both margins; whether one is called a gap says its class.",
              ),
              ESG.table({
                id: "never",
                caption: "Pairs that never meet",
                quiet: true,
                head: 20,
                rows: never,
                columns: columns.filter((c) => !["n", "jaccard", "upper"].includes(c.id)),
              }),
            ]
          : null,
        ESG.takeAway(selected.papers, "selection"),
      ],
    };
  }

  Object.assign(ESG, { togetherPage });
})();
