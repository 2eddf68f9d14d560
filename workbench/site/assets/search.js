// @ts-check
// Full-text search over titles, authors and evidence notes: the beginning of a word is enough, and a slip is forgiven.
// An inverted index over some thousand short records is built in a fifth of a second when the first word is typed.
"use strict";

(() => {
  /** Words of a text: lower case, without accents. @param {string} text */
  function words(text) {
    return (
      text
        .normalize("NFKD")
        .replace(/[\u0300-\u036f]/g, "")
        .toLowerCase()
        .match(/[\p{L}\p{N}]+/gu) || []
    );
  }

  /** Weight of a hit by where it stands. */
  const WEIGHT = { title: 3, authors: 2, note: 1, key: 2 };

  /** @type {{terms: string[], posts: Map<string, Map<number, number>>, size: number}|null} */
  let index = null;

  async function built() {
    if (index) return index;
    const [all, opened] = await Promise.all([ESG.everyWork(), ESG.codings()]);
    /** @type {Map<string, Map<number, number>>} */
    const posts = new Map();
    /** @param {string} text @param {number} at @param {number} weight */
    const add = (text, at, weight) => {
      for (const word of new Set(words(text))) {
        let of = posts.get(word);
        if (!of) posts.set(word, (of = new Map()));
        of.set(at, Math.max(of.get(at) || 0, weight));
      }
    };
    for (const work of all) {
      add(work.title, work.at, WEIGHT.title);
      add(work.authors, work.at, WEIGHT.authors);
      add(`${work.key} ${work.arxiv} ${work.venue}`, work.at, WEIGHT.key);
    }
    const notes = opened.all_codings;
    for (let n = 0; n < notes.n; n++)
      if (notes.get("note", n)) add(notes.get("note", n), notes.get("paper", n), WEIGHT.note);
    index = { terms: [...posts.keys()].sort(), posts, size: all.length };
    return index;
  }

  /** First place in sorted terms at or after a word. @param {string[]} terms @param {string} word */
  function start(terms, word) {
    let [low, high] = [0, terms.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (terms[middle] < word) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * Slips between a typed word and a term, or the nearest beginning of the term: letters left out, put in, changed, or
   * two neighbours exchanged (optimal string alignment). `most + 1` as soon as there are more than `most`.
   * @param {string} a the word
   * @param {string} b the term
   * @param {number} most
   * @param {boolean} [begins] whether a beginning of the term is enough
   */
  function slips(a, b, most, begins) {
    if (a.length - b.length > most || (!begins && b.length - a.length > most)) return most + 1;
    const width = Math.min(b.length, a.length + most);
    let before = new Array(width + 1).fill(0);
    let row = Array.from({ length: width + 1 }, (_, n) => n);
    for (let i = 1; i <= a.length; i++) {
      const next = [i];
      let least = i;
      for (let j = 1; j <= width; j++) {
        let cost = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
        if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, before[j - 2] + 1);
        next[j] = cost;
        least = Math.min(least, cost);
      }
      if (least > most) return most + 1;
      before = row;
      row = next;
    }
    return begins ? Math.min(...row) : row[width];
  }

  /**
   * Terms that a typed word may mean, each with how much it counts: itself, what it begins, and, where it is no word of
   * the survey and has four letters or more, what differs by a slip (two in words of eight letters or more), as a whole
   * or, from six letters, in its beginning.
   * @param {string} word
   */
  function meant(word) {
    const { terms } = /** @type {any} */ (index);
    /** @type {[string, number][]} */
    const found = [];
    for (let n = start(terms, word); n < terms.length && terms[n].startsWith(word); n++)
      found.push([terms[n], terms[n] === word ? 1 : 0.7 - Math.min(0.4, 0.03 * (terms[n].length - word.length))]);
    if (word.length < 4) return found;
    const most = word.length >= 8 ? 2 : 1;
    if (found.some(([, weight]) => weight === 1)) return found;
    for (const term of terms) {
      if (term.startsWith(word)) continue;
      const whole = slips(word, term, most);
      if (whole <= most) found.push([term, 0.35 / whole]);
      else if (word.length >= 6 && slips(word, term, most, true) <= most) found.push([term, 0.1]);
    }
    return found;
  }

  /**
   * Works in which every typed word is found, best first.
   * @param {string} query
   * @returns {Promise<number[]>}
   */
  async function search(query) {
    const asked = words(query);
    if (!asked.length) return [];
    const { posts, size } = await built();
    /** @type {Map<number, number>|null} */
    let scores = null;
    for (const word of asked) {
      /** @type {Map<number, number>} */
      const mine = new Map();
      for (const [term, worth] of meant(word)) {
        const of = /** @type {Map<number, number>} */ (posts.get(term));
        const rare = Math.log(1 + size / of.size);
        for (const [at, weight] of of) mine.set(at, Math.max(mine.get(at) || 0, weight * worth * rare));
      }
      const before = scores;
      scores = new Map();
      for (const [at, score] of mine)
        if (!before || before.has(at)) scores.set(at, score + (before ? before.get(at) || 0 : 0));
    }
    return [.../** @type {Map<number, number>} */ (scores)]
      .sort((a, b) => b[1] - a[1] || a[0] - b[0])
      .map(([at]) => at);
  }

  Object.assign(ESG, { search, searchable: built, words, slips });
})();
