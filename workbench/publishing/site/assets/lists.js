// @ts-check
// Lists of papers: behind a cell, an edge or a bar, of the selection, or found by a search.
"use strict";

(() => {
  const { h } = ESG;

  /** @param {any} code */
  const codeLink = (code) =>
    code.levelled
      ? h("a", { href: ESG.link(`mode/${encodeURIComponent(code.id)}`) }, code.name)
      : h("span", { title: code.definition }, code.name);

  /** @param {number} at */
  const paperLink = (at) => {
    const work = ESG.works[at];
    return h("a", { href: ESG.link(`paper/${encodeURIComponent(work.key)}`) }, work.title || work.key);
  };

  /** Where a work can be read. @param {any} work */
  const outward = (work) => ESG.addresses(work).map(([name, address]) => [" ", ESG.out(address, name)]);

  /**
   * A sortable table of works with the codes that count of them.
   * @param {number[]} papers @param {string} caption @param {{ranked?: boolean, empty?: string, id?: string, sort?: string, status?: (p: number) => string}} [given]
   */
  function paperTable(papers, caption, given) {
    const carried = ESG.carried(ESG.selection({ ...ESG.state.filters, codes: "" }));
    const place = new Map(papers.map((p, n) => [p, n]));
    const of = (p, modes) => (carried.get(p) || []).filter((c) => Boolean(c.code.levelled) === modes);
    const home = ESG.facets.get(ESG.core.home);
    return ESG.table({
      id: (given && given.id) || "papers",
      caption,
      quiet: true,
      empty: (given && given.empty) || "No paper.",
      sort: (given && given.sort) || (given && given.ranked ? "" : "year.down"),
      rows: papers,
      columns: [
        {
          id: "title",
          title: "Paper",
          wide: true,
          get: (p) => ESG.works[p].title,
          show: (p) => {
            const work = ESG.works[p];
            return [
              paperLink(p),
              work.grey ? h("span", { class: "badge" }, "grey") : null,
              h("div", { class: "quiet" }, [ESG.who(work), work.venue].filter(Boolean).join(" · "), outward(work)),
            ];
          },
        },
        {
          id: "year",
          title: "Year",
          numeric: true,
          help: "Year of the first public version",
          get: (p) => ESG.works[p].year,
        },
        {
          id: "modes",
          title: ESG.capital(ESG.core.words.codes),
          get: (p) =>
            of(p, true)
              .map((c) => c.code.name)
              .join(" "),
          show: (p) =>
            of(p, true)
              .sort((a, b) => b.level - a.level)
              .map((c) =>
                h(
                  "div",
                  { class: "coded" },
                  codeLink(c.code),
                  " ",
                  h("span", { class: `level l${c.level}` }, ESG.LEVELS[c.level - 1] || ""),
                ),
              ),
        },
        home
          ? {
              id: "home",
              title: home.name,
              get: (p) =>
                of(p, false)
                  .filter((c) => c.code.facet === home.id)
                  .map((c) => c.code.name)
                  .join(", "),
            }
          : null,
        given && given.status
          ? {
              id: "status",
              title: "How far it came",
              help: "Where its way through the survey ended",
              get: given.status,
            }
          : null,
        given && given.ranked
          ? {
              id: "match",
              title: "Match",
              numeric: true,
              help: "Place among the results",
              get: (p) => -(place.get(p) || 0),
              show: (p) => (place.get(p) || 0) + 1,
            }
          : null,
      ].filter(Boolean),
    });
  }

  /** The codes of a cell, from the address. @returns {any[]} */
  const cellCodes = () =>
    (ESG.state.params.cell || "")
      .split(",")
      .map((id) => ESG.byId.get(id))
      .filter(Boolean);

  /** Works of the page `papers` before any search. @returns {{papers: number[], title: string, said: any}} */
  function listed() {
    const selected = ESG.selection(ESG.state.filters);
    const codes = cellCodes();
    const { what } = ESG.state.params;
    if (!codes.length) {
      if (what === "raise" || what === "measure") {
        const least = what === "measure" ? ESG.measuring : 1;
        const carried = ESG.carried(selected);
        const some = selected.papers.filter((p) =>
          (carried.get(p) || []).some((c) => c.code.levelled && c.level >= least),
        );
        return {
          papers: some,
          title: what === "measure" ? `Papers that measure a ${ESG.core.words.code}` : `Papers that raise a ${ESG.core.words.code}`,
          said: null,
        };
      }
      const least = ESG.LEVELS.indexOf(ESG.state.filters.level) + 1;
      if (least < 2) return { papers: selected.papers, title: "Papers of the selection", said: null };
      const levelled = ESG.carried(selected);
      return {
        papers: selected.papers.filter((p) =>
          (levelled.get(p) || []).some((c) => c.code.levelled && c.level >= least),
        ),
        title: "Papers of the selection",
        said: null,
      };
    }
    const only =
      what === "mitigates"
        ? (r) => ESG.mitigatesOf(r) >= 1
        : what === "mitigation-measured"
          ? (r) => ESG.mitigatesOf(r) === 2
          : undefined;
    const papers = ESG.behind(selected, codes, only);
    const names = codes.map((c) => c.name).join(" × ");
    const title = names + (only ? (what === "mitigates" ? ", with a mitigation" : ", with a measured mitigation") : "");
    const said = codes.length === 2 && !only ? ESG.cellStatement(codes[0], codes[1], papers.length) : null;
    return { papers, title, said };
  }

  /** The page of papers. */
  async function papersPage() {
    const { q, scope } = ESG.state.params;
    const { meanwhile } = ESG;
    const every = scope === "all";
    const asked = cellCodes();
    if (asked.length === 2) await ESG.grid(asked[0].facet, asked[1].facet);
    let { papers, title, said } = every ? { papers: [], title: "All records", said: null } : listed();
    if (every) papers = (await ESG.everyWork()).map((w) => w.at);
    let found = papers;
    const status = every ? reached(await ESG.fetched("screening")) : undefined;
    if (q) {
      const inside = new Set(papers);
      if (ESG.searchWaits()) waiting(meanwhile, q);
      found = (await ESG.search(q)).filter((p) => inside.has(p));
      title = `"${q}" in ${every ? "all records" : title.charAt(0).toLowerCase() + title.slice(1)}`;
    }
    ESG.keepList(found);
    const searched = every
      ? `titles, authors and evidence notes of all ${ESG.count(ESG.core.about.records, "record")}; filters do not apply`
      : `titles, authors and evidence notes of the selection`;
    return {
      title,
      papers: found,
      content: [
        h("h1", {}, title),
        h(
          "p",
          { class: "lead" },
          h("strong", { "data-count": found.length }, ESG.count(found.length, every ? "record" : "paper")),
          every ? " of the survey" : ESG.filterWords(),
        ),
        said,
        q || every
          ? h(
              "p",
              {},
              `Searched: ${searched}. `,
              h(
                "a",
                { href: ESG.here({ scope: every ? "" : "all" }) },
                every ? "Search the selection only" : `Search all ${ESG.count(ESG.core.about.records, "record")}`,
              ),
            )
          : null,
        q ? codesFound(q) : null,
        ESG.takeAway(found, q ? "found" : "selection"),
        paperTable(found, title, {
          ranked: Boolean(q),
          status,
          empty: q
            ? "Nothing is found. A word of four letters or more may have one slip, of eight or more two."
            : "No paper carries this. ",
        }),
        !q && ESG.state.params.cell ? byYearOf(found) : null,
      ],
    };
  }

  /** Where the way of a record ended, in words. @param {any} screening */
  function reached(screening) {
    const labels = new Map(
      ESG.unpack(screening.flow)
        .rows()
        .map((r) => [r.box, r.label]),
    );
    const reasons = new Map(ESG.schema.reasons.map((r) => [r.id, r.name]));
    return (p) => {
      const [box, reason] = screening.ends[screening.end[p]];
      return `${labels.get(box) || box}${reason ? `: ${reasons.get(reason) || reason}` : ""}`;
    };
  }

  /** The codes that a search means: by name, by what they are also called, or by their definition. @param {string} q */
  function codesFound(q) {
    const found = ESG.codesLike(q);
    if (!found.length) return null;
    return h(
      "div",
      { class: "codesfound" },
      h("p", {}, "In the codebook:"),
      h(
        "ul",
        {},
        found.map(({ code, also }) =>
          h(
            "li",
            {},
            code.levelled ? codeLink(code) : h("a", { href: ESG.link("papers", { cell: `${code.facet}:${code.id}`, q: "", scope: "" }) }, code.name),
            h("span", { class: "quiet" }, ` ${ESG.facets.get(code.facet).name}${also ? `, also called ${also}` : ""}`),
          ),
        ),
      ),
    );
  }

  /** Say that the search is not ready yet, and how far it is. @param {(...content: any) => void} show @param {string} q */
  function waiting(show, q) {
    const words = "Getting the search ready";
    const bar = h("progress", { "aria-label": words });
    const { searchProgress } = ESG;
    searchProgress.told = () => {
      bar.max = searchProgress.of;
      bar.value = searchProgress.ready;
    };
    show(
      h("h1", {}, `Searching for "${q}"`),
      h("p", { class: "lead" }, `${words} ... `, bar, " What is found comes by itself."),
    );
    ESG.announce(`${words}. What is found comes by itself.`);
  }

  /** @param {number[]} papers */
  function byYearOf(papers) {
    if (papers.length < 2) return null;
    const inside = new Set(papers);
    const selected = ESG.selection(ESG.state.filters);
    const part = {
      papers: selected.papers.filter((p) => inside.has(p)),
      rows: selected.rows.filter((r) => inside.has(ESG.core.rows.paper[r])),
    };
    return [
      h("h2", {}, "By year"),
      ESG.byYear(ESG.perYear(part), (year) => ESG.here({ from: year, to: year }), {
        all: "papers",
        raise: `raise a ${ESG.core.words.code}`,
        measure: "measure one",
      }),
    ];
  }

  Object.assign(ESG, { paperTable, papersPage, paperLink, codeLink, outward, cellCodes });
})();
