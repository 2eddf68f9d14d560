// @ts-check
// Full-text search over titles, authors and evidence notes, by lunr: the beginning of a word is enough, and where there
// is none of it a slip is forgiven. The index is built when somebody turns to the search, in pieces that never hold the
// page up for long: lunr finishes an index in one go, so there are several, each over some of the works.
"use strict";

(() => {
  /** Letters that one index holds: it is built in some hundredths of a second. */
  const PIECE = 30_000;
  /** Letters of words in which one slip is looked for, and of those in which two are. */
  const [ONE, TWO] = [
    [4, 24],
    [8, 14],
  ];

  /** Words of a text: lower case, without accents. @param {string} text @returns {string[]} */
  function words(text) {
    return (
      text
        .normalize("NFKD")
        .replace(/[\u0300-\u036f]/g, "")
        .toLowerCase()
        .match(/[\p{L}\p{N}]+/gu) || []
    );
  }

  /**
   * A word as lunr keeps it. Its set of terms confuses digits with the numbers of its own nodes, and then knows terms
   * that nobody wrote; full-width digits it does not confuse.
   * @param {string} word
   */
  const term = (word) => word.replace(/[0-9]/g, (d) => String.fromCharCode(0xff10 + Number(d)));

  /** British and American spelling of a word brought together; both sides of a comparison are. @param {string} word */
  const spelt = (word) =>
    word
      .replace(/is(?=[eai]|$)/g, "iz")
      .replace(/ys(?=e)/g, "yz")
      .replace(/our(?!n)/g, "or")
      .replace(/ll(?=ed|ing)/g, "l")
      .replace(/dgement/g, "dgment");

  /** A word and, where it is another, its other spelling. @param {string} word */
  const spellings = (word) => [...new Set([word, spelt(word)])];

  /** @type {{ready: number, of: number, told: (() => void)|null}} how many works are indexed */
  const progress = { ready: 0, of: 1, told: null };

  let since = 0;
  /** Let the page answer its reader, where it has been kept from it for longer than it takes to draw a frame. */
  async function rest() {
    if (performance.now() - since < 15) return;
    await new Promise((resolve) => setTimeout(resolve));
    since = performance.now();
  }

  /**
   * Each word of a text and, where it is another, its stem: a slip in a part of a longer word is forgiven too.
   * @param {any} lunr
   */
  function tokenizer(lunr) {
    /** @type {Map<string, string[]>} */
    const kept = new Map();
    /** @param {string} word */
    const both = (word) => {
      let made = kept.get(word);
      if (!made) {
        const stem = lunr.stemmer(new lunr.Token(term(word), {})).toString();
        kept.set(word, (made = [...new Set([term(word), stem, ...spellings(word).map(term)])]));
      }
      return made;
    };
    return (/** @type {string} */ text) => words(text).flatMap((word) => both(word).map((t) => new lunr.Token(t, {})));
  }

  async function build() {
    const [lunr, all, opened] = await Promise.all([ESG.library("lunr", "lunr"), ESG.everyWork(), ESG.codings()]);
    const notes = all.map(() => "");
    const rows = opened.all_codings;
    for (let n = 0; n < rows.n; n++) {
      if (rows.get("note", n)) notes[rows.get("paper", n)] += ` ${rows.get("note", n)}`;
      if (n % 1000 === 0) await rest();
    }
    progress.of = all.length;
    const tokens = tokenizer(lunr);
    const indexes = [];
    let at = 0;
    while (at < all.length) {
      const builder = new lunr.Builder();
      builder.tokenizer = tokens;
      builder.ref("at");
      builder.field("title", { boost: 3 });
      builder.field("authors", { boost: 2 });
      builder.field("key", { boost: 2 });
      builder.field("notes");
      for (let letters = 0; at < all.length && letters < PIECE; at++) {
        const { title, authors, key, arxiv, venue } = all[at];
        builder.add({ at, title, authors, key: `${key} ${arxiv} ${venue}`, notes: notes[at] });
        letters += 100 + title.length + authors.length + notes[at].length;
        await rest();
      }
      indexes.push(builder.build());
      progress.ready = at;
      if (progress.told) progress.told();
      await rest();
    }
    return { lunr, indexes };
  }

  /** @type {Promise<{lunr: any, indexes: any[]}>|null} */
  let building = null;
  /** The indexes: built once, when they are first asked for. */
  const searchable = () => (building = building || build());

  /** Whether a search would have to wait. */
  const searchWaits = () => progress.ready < progress.of;

  /**
   * Works in which every typed word is found, best first. A word that begins no word of the survey may have one slip if
   * it has four letters or more, two if eight or more: a letter left out, put in, changed, or exchanged with the next.
   * @param {string} query
   * @returns {Promise<number[]>}
   */
  async function search(query) {
    const asked = words(query);
    if (!asked.length) return [];
    const { lunr, indexes } = await searchable();
    /** @param {(query: any) => void} say @returns {Map<number, number>} */
    const scored = (say) => new Map(indexes.flatMap((i) => i.query(say)).map((r) => [Number(r.ref), r.score]));
    /** @type {Map<number, number>|null} */
    let best = null;
    for (const word of asked) {
      let mine = scored((q) => {
        for (const one of spellings(word).map(term)) {
          q.term(one, { boost: 3 });
          q.term(one, { wildcard: lunr.Query.wildcard.TRAILING });
        }
      });
      // The slips of a long word are a great many: lunr would not come back.
      if (!mine.size && word.length >= ONE[0] && word.length <= ONE[1])
        mine = scored((q) => {
          q.term(term(word), { editDistance: 1, boost: 4 });
          if (word.length >= TWO[0] && word.length <= TWO[1]) q.term(term(word), { editDistance: 2 });
        });
      const before = best;
      best = new Map();
      for (const [at, score] of mine)
        if (!before || before.has(at)) best.set(at, score + (before ? before.get(at) || 0 : 0));
    }
    return [.../** @type {Map<number, number>} */ (best)].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([at]) => at);
  }

  /** Whether one word is another but for a slip: a letter left out, put in, changed, or exchanged with the next. */
  function slip(/** @type {string} */ a, /** @type {string} */ b) {
    if (Math.abs(a.length - b.length) > 1) return false;
    let from = 0;
    while (from < a.length && a[from] === b[from]) from++;
    const [x, y] = [a.slice(from), b.slice(from)];
    return x.slice(1) === y || y.slice(1) === x || x.slice(1) === y.slice(1) || (x[0] === y[1] && x[1] === y[0] && x.slice(2) === y.slice(2));
  }

  /**
   * Codes of the schema that a search means: every word begins a word of its name or synonyms, with one slip in a longer
   * one; where no code is found so, every word begins one of its definition.
   * @param {string} query
   * @returns {{code: any, also: string}[]}
   */
  function codesLike(query) {
    const asked = words(query).map(spelt);
    if (!asked.length) return [];
    const all = (text, loose) => {
      const held = words(text).map(spelt);
      held.push(held.join("")); // written as one word
      return asked.every((w) =>
        held.some((one) => one.startsWith(w) || (loose && w.length >= ONE[0] && slip(w, one))),
      );
    };
    const found = ESG.codes
      .map((code) => {
        if (all(`${code.name} ${code.id}`, true)) return { code, also: "" };
        const also = (code.synonyms || []).find((s) => all(s, true));
        return also ? { code, also } : null;
      })
      .filter(Boolean);
    if (found.length) return /** @type {any[]} */ (found);
    return ESG.codes.filter((code) => all(code.definition, false)).map((code) => ({ code, also: "" })).slice(0, 5);
  }

  Object.assign(ESG, { codesLike, search, searchable, searchWaits, searchProgress: progress, words });
})();
