// @ts-check
// Paired evidence: what a proxy shows beside what the property is, where papers report both.
"use strict";

(() => {
  const { h } = ESG;

  /** Paired evidence, a row a pair. @param {any} results */
  const pairRows = (results) => ESG.unpack(results.pairs).rows();

  /** @param {any[]} rows @param {string} caption */
  function pairTable(rows, caption) {
    const mode = (r) => ESG.byId.get(`${ESG.modes.id}:${r.failure_mode}`);
    const code = (facet, id) => (ESG.byId.get(`${facet}:${id}`) || { name: id }).name;
    return ESG.table({
      id: "pairs",
      caption,
      quiet: true,
      rows,
      empty: "No paired evidence is on record.",
      sort: "paper.up",
      columns: [
        {
          id: "paper",
          title: "Paper",
          get: (r) => r.label || ESG.works[r.paper].title,
          show: (r) => [
            h(
              "a",
              {
                href: ESG.link(`paper/${encodeURIComponent(ESG.works[r.paper].key)}`),
                title: ESG.works[r.paper].title,
              },
              r.label || ESG.works[r.paper].title,
            ),
            h("div", { class: "quiet" }, r.system),
          ],
        },
        {
          id: "mode",
          title: ESG.capital(ESG.core.words.code),
          get: (r) => (mode(r) || { name: r.failure_mode }).name,
          show: (r) => (mode(r) ? ESG.codeLink(mode(r)) : r.failure_mode),
        },
        { id: "kind", title: "Kind", help: "A pair has both values; a drop only the change", get: (r) => r.kind },
        {
          id: "proxy",
          title: "Proxy says",
          get: (r) => r.proxy_measure,
          show: (r) => [
            h("b", {}, r.proxy_value || ""),
            " ",
            r.proxy_measure,
            h("div", { class: "quiet" }, code("proxy", r.proxy)),
          ],
        },
        {
          id: "latent",
          title: "Property is",
          get: (r) => r.latent_measure,
          show: (r) => [
            h("b", {}, r.latent_value || ""),
            " ",
            r.latent_measure,
            h("div", { class: "quiet" }, code("latent", r.latent)),
          ],
        },
        {
          id: "gap",
          title: "Gap or change",
          help: "Positive: the proxy flatters",
          get: (r) => r.gap,
          show: (r) => [
            r.gap === null || r.gap === undefined ? r.change || "" : ESG.number(r.gap),
            h("div", { class: "quiet" }, r.unit),
          ],
        },
        {
          id: "how",
          title: "How taken, and where it stands",
          wide: true,
          get: (r) => r.protocol,
          show: (r) => [
            r.protocol,
            r.sample ? h("div", { class: "quiet" }, `n: ${r.sample}`) : null,
            r.attempts ? h("div", { class: "quiet" }, `attempts: ${r.attempts}`) : null,
            h("div", { class: "quiet" }, ESG.place(r, ESG.works[r.paper])),
            r.words ? h("div", { class: "quiet" }, r.words) : null,
          ],
        },
      ],
    });
  }

  /** The paired evidence. */
  async function pairsPage() {
    const rows = pairRows(await ESG.fetched("results"));
    const inside = (r) => {
      const { from, to, grey } = ESG.state.filters;
      const work = ESG.works[r.paper];
      return (
        (!from || work.year >= Number(from)) &&
        (!to || work.year <= Number(to)) &&
        (grey === "include" || Boolean(work.grey) === (grey === "only"))
      );
    };
    const kept = rows.filter(inside);
    const papers = [...new Set(kept.map((r) => r.paper))];
    const percent = kept.filter(
      (r) => r.kind === "pair" && r.proxy_low !== null && r.latent_low !== null && r.family && /point/.test(r.family),
    );
    const drawn = percent
      .map((r) => {
        const [proxy, latent] = [(r.proxy_low + r.proxy_high) / 2, (r.latent_low + r.latent_high) / 2];
        return {
          proxy,
          latent,
          name: r.label,
          href: ESG.link(`paper/${encodeURIComponent(ESG.works[r.paper].key)}`),
          tip: `${r.label}\n${r.proxy_measure}: ${r.proxy_value}\n${r.latent_measure}: ${r.latent_value}\n${r.unit}`,
          gap: r.gap || 0,
        };
      })
      .filter((r) => [r.proxy, r.latent].every((v) => v >= 0 && v <= 100))
      .sort((a, b) => b.gap - a.gap);
    return {
      title: "Paired evidence",
      papers,
      content: [
        h("h1", {}, "Paired evidence"),
        h(
          "p",
          { class: "lead" },
          `${ESG.count(kept.filter((r) => r.kind === "pair").length, "pair")} of a proxy's value and that of the property it stands for, and ${ESG.count(kept.filter((r) => r.kind === "drop").length, "drop")} on measuring again, from ${ESG.count(papers.length, "paper")}.`,
        ),
        h(
          "p",
          { class: "quiet" },
          "Papers report such pairs when there is something to report: the gaps are not a sample of all gaps. Of the filters, years and grey literature apply; level, codes, basis and verification do not, since pairs were also looked for outside the coded sample.",
        ),
        drawn.length
          ? h(
              "figure",
              {},
              ESG.chart(
                "what a proxy shows and what the property is",
                ESG.pairSpec(drawn, ["what the proxy shows", "what the property is"], ESG.width(760)),
              ),
              h(
                "figcaption",
                { class: "key" },
                "Pairs in per cent or percentage points, the widest gap first. The table below has every row.",
              ),
            )
          : null,
        pairTable(kept, "Paired evidence"),
        ESG.takeAway(papers, "paired-evidence"),
      ],
    };
  }

  Object.assign(ESG, { pairsPage, pairRows, pairTable });
})();
