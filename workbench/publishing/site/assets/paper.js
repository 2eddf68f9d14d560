// @ts-check
// One paper: what holds of it, who coded what on which evidence, where the coders differed and who decided why.
"use strict";

(() => {
  const { h } = ESG;

  /** Values of a coding, in the order in which they are read. */
  const VALUES = ["state", "level", "role", "mitigates", "formal", "figure_seen", "principal", "confidence"];
  const CALLED = /** @type {Object<string, string>} */ ({
    state: "state",
    level: "level",
    role: "role",
    mitigates: "mitigates",
    formal: "formal",
    figure_seen: "figure seen",
    principal: "principal",
    confidence: "confidence",
  });

  /** What can be read of a work, the least first. */
  const BASES = ["title", "abstract", "full-text"];

  const VERDICTS = /** @type {Object<string, string>} */ ({
    confirm: "Confirmed",
    correct: "Corrected",
    reject: "Rejected",
    add: "Added",
  });

  /** A definition in place. @param {any} code */
  function definition(code) {
    return h(
      "details",
      { class: "definition" },
      h("summary", {}, "Definition"),
      h("p", {}, code.definition),
      code.include ? h("p", {}, h("b", {}, "Include when "), code.include) : null,
      code.exclude ? h("p", {}, h("b", {}, "Exclude when "), code.exclude) : null,
      code.levelled
        ? h(
            "p",
            {},
            h(
              "a",
              { href: ESG.link(`mode/${encodeURIComponent(code.id)}`) },
              "Neighbours, examples, and all papers of this mode",
            ),
          )
        : null,
    );
  }

  /** What holds of a code, in words. @param {any} row @param {any} code */
  function holdsWords(row, code) {
    if (!row) return "no coder gave it";
    if (row.resolved === "unresolved") return "open: the coders differ and nobody has decided";
    if (row.state !== "present") return row.state === "absent" ? "absent, as decided" : row.state;
    const values = [
      code.levelled && row.level,
      row.role,
      row.mitigates && row.mitigates !== "no" ? `mitigates: ${row.mitigates}` : "",
      row.principal === "yes" ? "principal" : "",
    ].filter(Boolean);
    return `present${values.length ? ` (${values.join(", ")})` : ""}`;
  }

  /**
   * One code of one paper: what holds, each coder's row, the ruling, what a human said.
   * @param {any} work @param {any} code @param {any} group @param {Map<string, any>} runs
   */
  function coded(work, code, group, runs) {
    const mine = (rows) => rows.filter((r) => r.facet === code.facet && r.code === code.id);
    const [final] = mine(group.final);
    const rows = mine(group.codings);
    const rulings = mine(group.adjudications);
    const verified = mine(group.verifications);
    const last = new Map();
    for (const row of rows)
      if (!last.has(row.coder) || Number(row.revision) > Number(last.get(row.coder).revision)) last.set(row.coder, row);
    const differ = new Set(
      ["state", "level", "role", "mitigates", "principal"].filter(
        (v) =>
          new Set(
            group.coders
              .map((c) => (last.has(c) ? last.get(c)[v] || "" : v === "state" ? "absent" : null))
              .filter((x) => x !== null),
          ).size > 1,
      ),
    );
    const silent = group.coders.filter((c) => !last.has(c));
    const table = h(
      "table",
      { class: "coders" },
      h("caption", { class: "unseen" }, `${code.name}: each coder`),
      h(
        "thead",
        { class: "unseen" },
        h("tr", {}, h("th", { scope: "col" }, "Coder"), h("th", { scope: "col" }, "What was coded")),
      ),
      h(
        "tbody",
        {},
        rows.map((row) => {
          const run = runs.get(row.run);
          const holds = last.get(row.coder) === row;
          return h(
            "tr",
            { class: holds ? null : "old" },
            h(
              "th",
              { scope: "row" },
              row.coder,
              h("div", { class: "quiet" }, `revision ${row.revision}, ${row.at.slice(0, 10)}`),
              run ? h("div", { class: "quiet", title: run.model }, `run ${run.id}`) : null,
            ),
            h(
              "td",
              {},
              h(
                "div",
                { class: "values" },
                VALUES.filter((v) => row[v]).map((v) => [
                  h(
                    "span",
                    { class: holds && differ.has(v) ? "value differs" : "value" },
                    h("span", { class: "quiet" }, CALLED[v], " "),
                    row[v],
                    holds && differ.has(v) ? h("span", { class: "unseen" }, " (the coders differ)") : null,
                  ),
                  " ",
                ]),
              ),
              row.note ? h("p", {}, row.note) : null,
              h("div", { class: "quiet" }, ESG.place(row, work)),
            ),
          );
        }),
        silent.map((coder) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, coder),
            h(
              "td",
              {},
              h("span", { class: "value differs" }, "coded absent"),
              " signed the paper off without this code",
            ),
          ),
        ),
      ),
    );
    const say = holdsWords(final, code);
    return h(
      "article",
      { class: "one" },
      h(
        "h4",
        {},
        code.name,
        " ",
        h("span", { class: `verdict ${final ? final.resolved : ""}` }, say, final ? ` · ${final.resolved}` : ""),
        final && final.human_verified ? h("span", { class: "badge" }, "human-verified") : null,
      ),
      definition(code),
      rows.length || silent.length ? ESG.scroller(`${code.name}: each coder`, table) : null,
      rulings.map((r) =>
        h(
          "p",
          { class: "ruling" },
          h("b", {}, `Decided by ${r.by}`),
          `, ${r.at.slice(0, 10)}: ${
            r.chosen === "new"
              ? `values of its own - ${
                  r.state === "withdrawn"
                    ? "does not hold"
                    : VALUES.filter((v) => r[v])
                        .map((v) => `${CALLED[v]} ${r[v]}`)
                        .join(", ")
                }`
              : `${r.chosen}'s coding holds${r.state === "withdrawn" ? " (the code is absent)" : ""}`
          }. `,
          r.rationale,
        ),
      ),
      verified.map((v) =>
        h(
          "p",
          { class: "ruling" },
          h("b", {}, `${VERDICTS[v.outcome] || v.outcome} by ${v.coder}`),
          `, ${v.at.slice(0, 10)}. `,
          v.note || "",
        ),
      ),
      challengeOf(work, code, group, final, say),
    );
  }

  /**
   * The codes of a facet without levels, a row a code.
   * @param {any} work @param {any} facet @param {any[]} codes @param {any} group
   */
  function brief(work, facet, codes, group) {
    const table = h(
      "table",
      { class: "coders" },
      h("caption", { class: "unseen" }, `${facet.name}: each coder`),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          ["Code", "What holds", ...group.coders, "Decision", ""].map((name) =>
            name ? h("th", { scope: "col" }, name) : h("td", {}),
          ),
        ),
      ),
      h(
        "tbody",
        {},
        codes.map((code) => {
          const mine = (rows) => rows.filter((r) => r.facet === code.facet && r.code === code.id);
          const [final] = mine(group.final);
          const rulings = [
            ...mine(group.adjudications).map(
              (r) => `${r.by}: ${r.rationale || (r.chosen === "new" ? "values of its own" : `${r.chosen} holds`)}`,
            ),
            ...mine(group.verifications).map(
              (v) => `${VERDICTS[v.outcome] || v.outcome} by ${v.coder}. ${v.note || ""}`,
            ),
          ];
          const said = group.coders.map((coder) => {
            const rows = mine(group.codings)
              .filter((r) => r.coder === coder)
              .sort((a, b) => Number(b.revision) - Number(a.revision));
            return rows.length
              ? {
                  row: rows[0],
                  words: [
                    rows[0].state,
                    rows[0].principal === "yes" ? "principal" : "",
                    rows[0].confidence === "unsure" ? "unsure" : "",
                  ]
                    .filter(Boolean)
                    .join(", "),
                }
              : { row: null, words: "absent" };
          });
          const differ =
            new Set(said.map((s) => (s.row ? s.row.state + (s.row.principal === "yes") : "absent"))).size > 1;
          const say = holdsWords(final, code);
          return h(
            "tr",
            {},
            h("th", { scope: "row" }, code.name, definition(code)),
            h(
              "td",
              {},
              say,
              h(
                "div",
                { class: "quiet" },
                final ? final.resolved : "",
                final && final.human_verified ? ", human-verified" : "",
              ),
            ),
            said.map((s) =>
              h(
                "td",
                { class: differ ? "differs" : null },
                s.words,
                s.row
                  ? h(
                      "div",
                      { class: "quiet" },
                      s.row.note || "",
                      s.row.revision === "1" ? "" : ` revision ${s.row.revision}, ${s.row.at.slice(0, 10)}`,
                      s.row.start ? h("div", {}, ESG.place(s.row, work)) : null,
                    )
                  : null,
              ),
            ),
            h(
              "td",
              {},
              rulings.map((r) => h("div", {}, r)),
            ),
            h("td", {}, challengeOf(work, code, group, final, say)),
          );
        }),
      ),
    );
    return ESG.scroller(`${facet.name}: each coder`, table);
  }

  /** One coder's row in a few words. @param {any} row */
  const rowWords = (row) =>
    row && row.state !== "withdrawn"
      ? [row.state, row.level, row.role, row.principal === "yes" ? "principal" : ""].filter(Boolean).join(", ")
      : "absent";

  /** @param {any} work @param {any} code @param {any} group @param {any} final @param {string} say */
  function challengeOf(work, code, group, final, say) {
    const rows = new Map();
    for (const row of group.codings)
      if (row.facet === code.facet && row.code === code.id)
        if (!rows.has(row.coder) || Number(row.revision) > Number(rows.get(row.coder).revision))
          rows.set(row.coder, row);
    const open = Boolean(final && final.resolved === "unresolved");
    return ESG.challengeButton({
      work,
      code,
      basis: group.basis,
      schema: group.schema,
      holds: final && !open && final.state === "present" ? final : null,
      open,
      say,
      coders: group.coders,
      rows,
      words: rowWords,
    });
  }

  /** @param {string} key */
  async function paperPage(key) {
    if (!ESG.placeOf.has(key)) await ESG.everyWork();
    const at = ESG.placeOf.get(key);
    if (at === undefined)
      return {
        title: "No such record",
        papers: [],
        content: [
          h("h1", {}, "No such record"),
          h(
            "p",
            {},
            `The survey has no record with the key ${key}. `,
            h("a", { href: ESG.link("papers", { scope: "all" }) }, "All records"),
          ),
        ],
      };
    const work = ESG.works[at];
    const [opened, screening, results] = await Promise.all([
      ESG.codings(),
      ESG.fetched("screening"),
      ESG.fetched("results"),
    ]);
    const sections = groups(at, opened).map((group) => {
      const seen = new Set(
        [...group.final, ...group.codings, ...group.adjudications, ...group.verifications].map(
          (r) => `${r.facet}:${r.code}`,
        ),
      );
      const codes = ESG.codes.filter((c) => seen.has(`${c.facet}:${c.id}`));
      const gone = [...seen]
        .filter((id) => !ESG.byId.has(id))
        .map((id) => ({
          id: id.split(":")[1],
          facet: id.split(":")[0],
          name: id.split(":")[1],
          definition: "No longer in the schema.",
        }));
      const facets = ESG.schema.facets
        .filter((f) => [...codes, ...gone].some((c) => c.facet === f.id))
        .sort((a, b) => Number(b.levelled) - Number(a.levelled));
      const select = h(
        "select",
        { "aria-label": "A code that is missing" },
        ESG.schema.facets.map((f) => {
          const free = f.codes.filter(
            (c) => !seen.has(`${f.id}:${c.id}`) && BASES.indexOf(c.from) <= BASES.indexOf(group.basis),
          );
          const options = free.map((c) => h("option", { value: `${f.id}:${c.id}` }, c.name));
          return options.length ? h("optgroup", { label: f.name }, options) : null;
        }),
      );
      return h(
        "section",
        {},
        h(
          "h2",
          {},
          `Coded from the ${group.basis === "full-text" ? "full text" : group.basis}, schema ${group.schema}`,
        ),
        h(
          "p",
          { class: "quiet" },
          "Signed off by ",
          group.signoffs
            .map((s) => {
              const run = opened.runs.get(s.run);
              return `${s.coder} (${s.at.slice(0, 10)}${run && run.model ? `, ${run.model}` : ""})`;
            })
            .join(", "),
          group.schema === ESG.schema.version
            ? ""
            : ". Coded under an older wording of the codebook; it counts until the paper is signed off under a newer one",
        ),
        facets.map((f) => {
          const mine = [...codes, ...gone].filter((c) => c.facet === f.id);
          return h(
            "section",
            {},
            h("h3", {}, f.name),
            f.levelled ? mine.map((code) => coded(work, code, group, opened.runs)) : brief(work, f, mine, group),
          );
        }),
        group.schema === ESG.schema.version
          ? h(
              "p",
              { class: "noprint" },
              "Is a code missing? ",
              select,
              " ",
              h("button", { type: "button", onclick: () => missing(select.value) }, "Propose it"),
            )
          : null,
      );
      /** @param {string} id */
      function missing(id) {
        const code = ESG.byId.get(id);
        const button = code && challengeOf(work, code, group, null, "no coder gave it");
        if (button) button.click();
      }
    });
    const evidence = ESG.pairRows(results).filter((r) => r.paper === at);
    return {
      title: work.title || work.key,
      papers: [at],
      content: [
        ESG.steps(at),
        h("h1", {}, work.title || work.key),
        h(
          "p",
          { class: "lead" },
          work.authors
            ? work.authors
                .split("; ")
                .map((n) => n.split(", ").reverse().join(" "))
                .join(", ")
                .slice(0, 2000)
            : "Authors not seen",
        ),
        h(
          "p",
          {},
          [work.venue, work.cited || work.year].filter(Boolean).join(" · "),
          work.cited && work.year && work.cited !== work.year ? ` (first public ${work.year})` : "",
          work.grey ? h("span", { class: "badge" }, "grey literature") : null,
          ESG.outward(work),
        ),
        h(
          "p",
          { class: "quiet" },
          "Key ",
          h("code", {}, work.key),
          ".",
        ),
        ESG.lookUp(work, opened.codings(at)),
        ESG.takeAway([at], work.key),
        sections.length
          ? sections
          : h(
              "p",
              { class: "statement" },
              "No coding to show: the record is not coded, or waits for its second coder (until then codings stay closed).",
            ),
        evidence.length
          ? [h("h2", {}, "Paired evidence"), ESG.pairTable(evidence, "Paired evidence in this paper")]
          : null,
        ESG.alike(at),
        h("h2", {}, "Screening"),
        screened(at, screening),
      ],
    };
  }

  /** Codings of a paper by basis and schema, newest schema first. @param {number} at @param {any} opened */
  function groups(at, opened) {
    const parts = {
      codings: opened.codings(at),
      signoffs: opened.signoffs(at),
      adjudications: opened.adjudications(at),
      final: opened.final(at),
      verifications: opened.verifications(at),
    };
    const made = new Map();
    for (const row of [...parts.signoffs, ...parts.codings]) {
      const id = `${row.basis}|${row.schema}`;
      if (!made.has(id)) made.set(id, { basis: row.basis, schema: row.schema });
    }
    return [...made.values()]
      .map((g) => {
        const mine = (rows) =>
          rows.filter((r) => r.basis === g.basis && (r.schema === undefined || r.schema === g.schema));
        const signoffs = mine(parts.signoffs);
        return {
          ...g,
          signoffs,
          coders: [...new Set(signoffs.map((s) => s.coder))].sort(),
          codings: mine(parts.codings),
          adjudications: mine(parts.adjudications),
          final: mine(parts.final),
          verifications: g.schema === ESG.schema.version ? mine(parts.verifications) : [],
        };
      })
      .sort((a, b) =>
        a.schema === b.schema
          ? a.basis < b.basis
            ? -1
            : 1
          : b.schema.localeCompare(a.schema, "en", { numeric: true }),
      );
  }

  /** Screening of a record. @param {number} at @param {any} screening */
  function screened(at, screening) {
    const [box, reason] = screening.ends[screening.end[at]];
    const labels = new Map(
      ESG.unpack(screening.flow)
        .rows()
        .map((r) => [r.box, r.label]),
    );
    const rows = ESG.unpack(screening.decisions)
      .rows()
      .filter((r) => r.paper === at);
    const rulings = ESG.unpack(screening.rulings)
      .rows()
      .filter((r) => r.paper === at);
    const why = (id) => {
      const known = ESG.schema.reasons.find((r) => r.id === id);
      return known ? `${known.name === known.id ? known.id : known.name}: ${known.definition}` : id;
    };
    return [
      h(
        "p",
        {},
        "Where its way ended: ",
        h("a", { href: ESG.link("flow", { box, reason }) }, `${labels.get(box) || box}${reason ? ` (${reason})` : ""}`),
        ".",
      ),
      rows.length
        ? ESG.table({
            id: "screening",
            caption: "Screening decisions",
            quiet: true,
            rows,
            columns: [
              {
                id: "coder",
                title: "Screener",
                get: (r) => r.coder,
                show: (r) => [
                  r.coder,
                  h("div", { class: "quiet" }, `${r.stage}, revision ${r.revision}, ${r.at.slice(0, 10)}`),
                ],
              },
              { id: "decision", title: "Decision", get: (r) => r.decision },
              { id: "reason", title: "Reason", get: (r) => (r.reason ? why(r.reason) : "") },
              { id: "note", title: "Note, own words", wide: true, get: (r) => r.note },
            ],
          })
        : h("p", { class: "quiet" }, "No screening decision to show."),
      rulings.map((r) =>
        h(
          "p",
          { class: "ruling" },
          h("b", {}, `Decided by ${r.by}`),
          `: ${r.decision}${r.reason ? ` (${r.reason})` : ""}. ${r.rationale}`,
        ),
      ),
    ];
  }

  Object.assign(ESG, { paperPage, definition });
})();
