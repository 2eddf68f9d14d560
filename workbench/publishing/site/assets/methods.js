// @ts-check
// How it was done, by whom, and what this page is.
"use strict";

(() => {
  const { h } = ESG;

  /** How it was done. */
  async function methodsPage() {
    const methods = await ESG.fetched("methods");
    const coders = ESG.unpack(ESG.core.coders).rows();
    return {
      title: "Methods",
      papers: [],
      content: [
        h("h1", {}, "Methods"),
        h("p", { class: "quiet" }, "Written from the rows; what nobody did is said too."),
        methods.paragraphs.map((p) => [h("h2", {}, p[0]), h("p", {}, p[1])]),
        h("h2", {}, "Coders"),
        ESG.table({
          id: "coders",
          caption: "Coders",
          quiet: true,
          rows: coders,
          columns: [
            { id: "coder", title: "Id", get: (r) => r.coder },
            { id: "kind", title: "Kind", get: (r) => r.kind.replace(/-/g, " ") },
            { id: "name", title: "Name", get: (r) => r.name },
            { id: "since", title: "Since", get: (r) => r.since },
          ],
        }),
        h("h2", {}, "Searches"),
        ESG.table({
          id: "searches",
          caption: "Logged searches",
          quiet: true,
          rows: methods.searches,
          columns: [
            { id: "id", title: "Search", get: (r) => r[0] },
            { id: "where", title: "Where", wide: true, get: (r) => r[1] },
            { id: "when", title: "When", get: (r) => r[2] },
            { id: "query", title: "Query", wide: true, get: (r) => r[3] },
            { id: "rows", title: "Records", numeric: true, get: (r) => r[4] },
          ],
        }),
        h("h2", {}, "About this page"),
        h("p", {}, ESG.core.about.line, "."),
        h(
          "p",
          {},
          "The page runs from your disk, asks nothing of any network, and sends nothing. Counts are made here from the coded rows; what needs a null model or a bootstrap was computed when the page was built, for the unfiltered selection, and is never shown for another. Codings that wait for a second coder are not in it. Abstracts are not in it either: of each piece of evidence it has the place and the coder's own words.",
        ),
        h(
          "p",
          {},
          "Data and text: CC BY 4.0. Script and style: MIT. The search is by lunr, the charts are by Vega; LICENCES.txt beside this page has their licences and versions.",
        ),
      ],
    };
  }

  Object.assign(ESG, { methodsPage });
})();
