// @ts-check
// Counting: which papers are selected, and how many of them carry a code of one facet with a code of another.
// Papers are counted, never codings; the same rules as `analysis.selection` and `analysis.coverage`, tested against them.
"use strict";

(() => {
  const rows = ESG.core.rows;
  const BASES = ["title", "abstract", "full-text"];
  const LEVELS = ESG.schema.levels.map((l) => l.id);
  /** The level from which a code counts as measured, and its number in the rows. */
  const MEASURED = ESG.core.measured;
  const measuring = LEVELS.indexOf(MEASURED) + 1;
  const paper = Int32Array.from(rows.paper);
  const code = Int32Array.from(rows.code);
  const basis = Uint8Array.from(rows.basis);
  const level = Uint8Array.from(rows.level);
  const mitigates = Uint8Array.from(rows.mitigates);
  const verified = Uint8Array.from(rows.verified);
  const grey = Uint8Array.from(rows.grey);
  const levelled = Uint8Array.from(ESG.codes.map((c) => (c.levelled ? 1 : 0)));
  const years = Int32Array.from(ESG.works.map((w) => w.year || 0));

  /** @type {{key: string, value: any}} */
  let last = { key: "", value: null };

  /**
   * The papers that the filters leave, and the rows of them that count.
   * @param {any} filters
   * @returns {{papers: number[], rows: Int32Array, has: Uint8Array, coded: number}}
   */
  function selection(filters) {
    const key = JSON.stringify(filters);
    if (last.key === key) return last.value;
    const wanted = BASES.indexOf(filters.basis);
    const least = LEVELS.indexOf(filters.level) + 1;
    const [from, to] = [Number(filters.from) || 0, Number(filters.to) || 9999];
    const dated = Boolean(filters.from || filters.to);
    const ids = filters.codes ? filters.codes.split(",") : [];
    const asked = ids.map((id) => ESG.byId.get(id)).filter(Boolean);
    // Within a facet one of the codes asked for is enough, and every facet must be met; or every code must be.
    const whole = filters.match === "all" ? asked.map((c) => c.at) : [...new Set(asked.map((c) => c.facet))];
    const bit = new Map(whole.map((one, n) => [one, n]));
    const asks = new Int32Array(ESG.codes.length).fill(-1);
    for (const one of asked) asks[one.at] = bit.get(filters.match === "all" ? one.at : one.facet);
    /** @type {Map<number, Set<number>>} */
    const met = new Map();
    const has = new Uint8Array(ESG.works.length);
    const kept = [];
    for (let n = 0; n < paper.length; n++) {
      if (basis[n] !== wanted) continue;
      if (filters.grey === "exclude" ? grey[n] : filters.grey === "only" ? !grey[n] : false) continue;
      if (filters.verified && !verified[n]) continue;
      const year = years[paper[n]];
      if (dated && (year < from || year > to)) continue;
      has[paper[n]] = 1; // coded, whatever the level
      if (levelled[code[n]] && level[n] < least) continue;
      if (asks[code[n]] >= 0) met.set(paper[n], (met.get(paper[n]) || new Set()).add(asks[code[n]]));
      kept.push(n);
    }
    if (asked.length)
      for (let p = 0; p < has.length; p++) if ((met.get(p) || { size: 0 }).size < whole.length) has[p] = 0;
    const papers = [];
    for (let p = 0; p < has.length; p++) if (has[p]) papers.push(p);
    const value = { papers, rows: Int32Array.from(kept.filter((n) => has[paper[n]])), has, coded: papers.length };
    last = { key, value };
    return value;
  }

  /**
   * Papers per pair of codes.
   * @param {ReturnType<typeof selection>} selected
   * @param {string} across facet of the rows
   * @param {string} down facet of the columns
   */
  function crossed(selected, across, down) {
    const [a, b] = [ESG.facets.get(across).at, ESG.facets.get(down).at];
    const [placeA, placeB] = [a, b].map((at) => {
      const place = new Int16Array(ESG.codes.length).fill(-1);
      at.forEach((c, n) => (place[c] = n));
      return place;
    });
    const n = new Int32Array(a.length * b.length);
    const ofRow = new Int32Array(a.length);
    const ofColumn = new Int32Array(b.length);
    const kept = selected.rows;
    for (let at = 0; at < kept.length;) {
      const who = paper[kept[at]];
      let end = at;
      while (end < kept.length && paper[kept[end]] === who) end++;
      for (let i = at; i < end; i++) {
        const r = placeA[code[kept[i]]];
        const c = placeB[code[kept[i]]];
        if (c >= 0) ofColumn[c]++;
        if (r < 0) continue;
        ofRow[r]++;
        for (let j = at; j < end; j++) {
          const k = placeB[code[kept[j]]];
          if (k >= 0) n[r * b.length + k]++;
        }
      }
      at = end;
    }
    return { n, rows: ofRow, columns: ofColumn, across: a, down: b };
  }

  /**
   * Papers of a selection that carry all of some codes.
   * @param {ReturnType<typeof selection>} selected
   * @param {any[]} codes
   * @param {(row: number) => boolean} [only] further condition on the row of the first code
   * @returns {number[]}
   */
  function behind(selected, codes, only) {
    const at = [...new Set(codes.map((c) => c.at))];
    const met = new Map();
    for (const n of selected.rows) {
      const which = at.indexOf(code[n]);
      if (which < 0 || (which === 0 && only && !only(n))) continue;
      met.set(paper[n], (met.get(paper[n]) || 0) + 1);
    }
    return selected.papers.filter((p) => met.get(p) === at.length);
  }

  /** Codes that each paper of a selection carries, with level. @param {ReturnType<typeof selection>} selected */
  function carried(selected) {
    /** @type {Map<number, {code: any, level: number, mitigates: number}[]>} */
    const of = new Map();
    for (const n of selected.rows) {
      if (!of.has(paper[n])) of.set(paper[n], []);
      /** @type {any} */ (of.get(paper[n])).push({
        code: ESG.codes[code[n]],
        level: level[n],
        mitigates: mitigates[n],
      });
    }
    return of;
  }

  /**
   * Of each failure mode the papers at each level, those that mitigate it, and by year.
   * @param {any} filters
   */
  function perMode(filters) {
    const selected = selection({ ...filters, level: LEVELS[0] });
    const made = new Map(
      ESG.modes.at.map((at) => [
        at,
        { levels: [0, ...LEVELS.map(() => 0)], measured: 0, mitigated: 0, mitigationMeasured: 0, years: new Map() },
      ]),
    );
    for (const n of selected.rows) {
      const mode = made.get(code[n]);
      if (!mode) continue;
      for (let l = 1; l <= Math.max(level[n], 1); l++) mode.levels[l]++;
      if (mitigates[n] >= 1) mode.mitigated++;
      if (mitigates[n] === 2) mode.mitigationMeasured++;
      const year = years[paper[n]];
      const of = mode.years.get(year) || { discussed: 0, measured: 0 };
      of.discussed++;
      if (level[n] >= measuring) {
        of.measured++;
        mode.measured++;
      }
      mode.years.set(year, of);
    }
    return { of: made, papers: selected.papers.length };
  }

  /** Papers by year: all, those that raise a mode, those that measure one. @param {ReturnType<typeof selection>} selected */
  function perYear(selected) {
    const made = new Map();
    const seen = new Map();
    for (const p of selected.papers) {
      const of = made.get(years[p]) || { year: years[p], papers: 0, raise: 0, measure: 0 };
      of.papers++;
      made.set(years[p], of);
    }
    for (const n of selected.rows) {
      if (!levelled[code[n]]) continue;
      seen.set(paper[n], Math.max(seen.get(paper[n]) || 0, level[n] || 1));
    }
    for (const [p, most] of seen) {
      made.get(years[p]).raise++;
      if (most >= measuring) made.get(years[p]).measure++;
    }
    const all = [...made.values()].sort((a, b) => a.year - b.year);
    if (!all.length) return [];
    const whole = [];
    for (let y = all[0].year || all[Math.min(1, all.length - 1)].year; y <= all[all.length - 1].year; y++)
      whole.push(made.get(y) || { year: y, papers: 0, raise: 0, measure: 0 });
    return whole;
  }

  /** How many papers carry each code, whatever codes are asked for. @param {any} filters */
  function perCode(filters) {
    const n = new Int32Array(ESG.codes.length);
    for (const row of selection({ ...filters, codes: "" }).rows) n[code[row]]++;
    return n;
  }

  /** First and last year of the coded papers. */
  function span() {
    let [first, final] = [9999, 0];
    for (const p of paper) {
      if (!years[p]) continue;
      first = Math.min(first, years[p]);
      final = Math.max(final, years[p]);
    }
    return first <= final ? [first, final] : [0, 0];
  }

  const mitigatesOf = (row) => mitigates[row];

  Object.assign(ESG, { selection, crossed, behind, carried, perMode, perYear, perCode, span, mitigatesOf, LEVELS, measured: MEASURED, measuring });
})();
