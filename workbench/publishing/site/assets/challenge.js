// @ts-check
// Disagree with a coding: a row that one of the survey's commands takes, and the text of an issue. Nothing is sent.
"use strict";

(() => {
  const { h } = ESG;

  /**
   * A field with its label.
   * @param {string} name @param {any} input
   */
  const field = (name, input) => h("label", { class: "field" }, h("span", {}, name), input);

  /**
   * Which command takes a challenge, as the survey's doors have it: two coders' work is decided by a third party, what
   * one coder coded is verified by a human, and only the schema in force takes new values.
   * @param {any} about as for `challenge`
   */
  function doorOf(about) {
    const file = `challenge-${about.work.key}-${about.code.id}.jsonl`;
    const two = about.coders.length > 1;
    return {
      file,
      two,
      fresh: about.schema === ESG.schema.version,
      command: two ? `survey adjudicate --by WHO --from ${file}` : `survey verify --coder WHO --from ${file}`,
      who: two
        ? `WHO is registered (survey register) and none of the coders (${about.coders.join(", ")})`
        : "WHO is a registered human (survey register), for one coder alone coded this paper",
    };
  }

  /**
   * What can be said to be wrong, value and words.
   * @param {any} about @param {string} whose a coder's id, or "" for what holds @param {any} door
   * @returns {[string, string][]}
   */
  function wrongs(about, whose, door) {
    const { holds, rows, coders, words } = about;
    const row = whose ? rows.get(whose) : null;
    const there = whose ? Boolean(row && row.state !== "withdrawn") : Boolean(holds);
    const some = coders.some((c) => rows.has(c) && rows.get(c).state !== "withdrawn");
    /** @type {[string, string][]} */
    const said = [];
    if (door.fresh) {
      if (there || about.open) said.push(["absent", "The code does not hold"]);
      said.push(["values", there ? "It holds, with other values" : "The code holds, with the values below"]);
    }
    if (door.two && some)
      for (const coder of coders)
        if (coder !== whose) said.push([`coder:${coder}`, `What ${coder} coded holds: ${words(rows.get(coder))}`]);
    return said;
  }

  /** What the doors would refuse. @param {any} made a row @param {any} code @param {boolean} two */
  function lacks(made, code, two) {
    const missing = [];
    if (two && !made.rationale) missing.push("a reason");
    if (made.state !== "present" || !code.levelled) return missing;
    if (!made.note) missing.push("the claim and what it rests on");
    if (made.words.split(/\s+/).filter(Boolean).length < 5) missing.push("five or more words of the text");
    const own = ESG.core.own;
    const none = (ESG.schema.mitigates[0] || { id: "" }).id;
    if (made.role !== own && ESG.LEVELS.indexOf(made.level) + 1 >= ESG.measuring)
      missing.push(`the role ${own}, or a level below ${ESG.measured}`);
    if (made.role !== own && made.mitigates !== none)
      missing.push(`the role ${own}, or no mitigation`);
    return missing;
  }

  /**
   * Open the dialogue for one code of one paper.
   * @param {{work: any, code: any, basis: string, schema: string, holds: any, open: boolean, say: string,
   *   coders: string[], rows: Map<string, any>, words: (row: any) => string}} about who signed the paper off, the
   *   row of each that stands, and a row in words
   */
  function challenge(about) {
    const { work, code } = about;
    const before = document.activeElement;
    const door = doorOf(about);
    const whose = h(
      "select",
      {},
      h("option", { value: "" }, `What holds: ${about.say}`),
      about.coders.map((c) => h("option", { value: c }, `${c}'s coding: ${about.words(about.rows.get(c))}`)),
    );
    const wrong = h("select", { id: "challenge-kind" });
    const pick = (terms, now) =>
      h(
        "select",
        {},
        terms.map((t) => h("option", { value: t.id, selected: t.id === now }, t.name || t.id)),
      );
    const holds = about.holds || about.coders.map((c) => about.rows.get(c)).find((r) => r && r.level) || {};
    const yes = [{ id: "no" }, { id: "yes" }];
    const level = pick(ESG.schema.levels, holds.level || ESG.LEVELS[0]);
    const role = pick(ESG.schema.roles, holds.role || ESG.core.own);
    const mitigates = pick(ESG.schema.mitigates, holds.mitigates || (ESG.schema.mitigates[0] || { id: "" }).id);
    const formal = pick(yes, holds.formal || "no");
    const seen = pick(yes, holds.figure_seen || "no");
    const principal = pick(yes, holds.principal || "no");
    const why = h("textarea", { rows: "3", maxlength: "600" });
    const words = h("input", { type: "text", maxlength: "400" });
    const note = h("input", { type: "text", maxlength: "240" });
    const principled = (ESG.facets.get(code.facet) || {}).principal;
    const values = h(
      "div",
      { class: "fields" },
      code.levelled
        ? [
            field("Level", level),
            field("Role", role),
            field("Mitigates", mitigates),
            field("Formal", formal),
            field("Figure seen", seen),
            field("Claim and what it rests on, in your own words", note),
            field("Five or more words of the text (only their place is kept)", words),
          ]
        : principled
          ? field("Principal", principal)
          : [],
    );
    const row = h("textarea", { rows: "6", readonly: true, class: "code" });
    const issue = h("textarea", { rows: "9", readonly: true });
    const short = h("p", { role: "status", class: "quiet" });

    /** The row, as the command wants it. @param {string} kind */
    function rowOf(kind) {
      const given = {
        state: "present",
        ...(code.levelled
          ? {
              level: level.value,
              role: role.value,
              formal: formal.value,
              figure_seen: seen.value,
              mitigates: mitigates.value,
              note: note.value.trim(),
              locator: about.basis,
              words: words.value.trim(),
            }
          : principled
            ? { principal: principal.value }
            : {}),
        confidence: "sure",
      };
      const at = { paper: work.key, basis: about.basis, facet: code.facet, code: code.id };
      const rationale = why.value.trim();
      if (!door.two)
        return kind === "absent"
          ? { ...at, outcome: "reject", note: rationale }
          : { ...at, outcome: about.holds ? "correct" : "add", ...given };
      const ruled = { ...at, schema: about.schema };
      if (kind.startsWith("coder:")) return { ...ruled, chosen: kind.slice(6), rationale };
      return kind === "absent"
        ? { ...ruled, chosen: "new", state: "withdrawn", rationale }
        : { ...ruled, chosen: "new", ...given, rationale };
    }

    function ready() {
      const kind = wrong.value;
      values.hidden = kind !== "values";
      const made = /** @type {any} */ (rowOf(kind));
      row.value = JSON.stringify(made) + "\n";
      const missing = lacks(made, code, door.two);
      ESG.replace(short, missing.length ? `The row would be refused; it still lacks ${missing.join("; ")}.` : "");
      const should =
        kind === "absent"
          ? "The code should not hold."
          : kind === "values"
            ? `The code should hold${code.levelled ? ` (level ${level.value}, role ${role.value}, mitigates ${mitigates.value})` : ""}.`
            : `${wrong.selectedOptions[0].textContent}.`;
      issue.value =
        `# Coding challenged: ${code.name} on ${work.key}\n\n` +
        `Paper: ${work.title} (${work.key})\nCode: ${code.facet} / ${code.id}, from the ${about.basis}, schema ${about.schema}\n` +
        `What holds: ${about.say}\n` +
        (whose.value ? `Challenged: ${whose.value}'s coding, ${about.words(about.rows.get(whose.value))}\n` : "") +
        `\n${should}\n\nWhy: ${why.value.trim() || "(say why)"}\n\nData: ${ESG.core.about.line}\n\n` +
        `For the maintainers, \`${door.command}\` (${door.who}):\n\n    ${row.value}`;
    }

    function choices() {
      ESG.replace(
        wrong,
        wrongs(about, whose.value, door).map(([value, text]) => h("option", { value }, text)),
      );
      ready();
    }
    whose.addEventListener("input", choices);
    for (const input of [wrong, level, role, mitigates, formal, seen, principal, why, words, note])
      input.addEventListener("input", ready);

    /** @param {any} box @param {string} what @param {string} name @param {string} kind */
    const take = (box, what, name, kind) =>
      h(
        "p",
        {},
        h(
          "button",
          {
            type: "button",
            onclick: async () => {
              box.select();
              try {
                await navigator.clipboard.writeText(box.value);
              } catch {
                document.execCommand("copy"); // a page on the disk may not have the clipboard
              }
              ESG.announce(`The ${what} is copied`);
            },
          },
          `Copy the ${what}`,
        ),
        " ",
        h("button", { type: "button", onclick: () => ESG.download(name, box.value, kind) }, `Download the ${what}`),
      );
    const close = () => {
      dialog.close();
      dialog.remove();
      if (before instanceof HTMLElement) before.focus();
    };
    const dialog = h(
      "dialog",
      { class: "challenge", "aria-labelledby": "challenge-title" },
      h("h2", { id: "challenge-title" }, `Challenge this coding: ${code.name}`),
      h("p", {}, h("cite", {}, work.title)),
      h(
        "p",
        { class: "quiet" },
        "Nothing is sent from here. Copy or download the row and the text, and give them to the maintainers, for example as an issue.",
        door.fresh ? "" : ` Schema ${about.schema} is no longer in force: no new values, only a choice between coders.`,
      ),
      about.coders.length ? field("What is challenged", whose) : null,
      field("What is wrong", wrong),
      field("Why, in your own words", why),
      values,
      short,
      field("Row (JSON lines)", row),
      h(
        "p",
        { class: "quiet" },
        "Taken by ",
        h("code", {}, door.command),
        `. ${door.who}. It decides what holds; a coder's own row stays as it was given.`,
      ),
      take(row, "row", door.file, "application/x-ndjson"),
      field("Text of an issue", issue),
      take(issue, "text", door.file.replace("jsonl", "md"), "text/markdown"),
      h("p", {}, h("button", { type: "button", class: "strong", onclick: close }, "Close")),
    );
    dialog.addEventListener("cancel", (e) => {
      e.preventDefault();
      close();
    });
    choices();
    document.body.appendChild(dialog);
    dialog.showModal();
  }

  /** @param {any} about as for `challenge`; null where no command would take a challenge */
  const challengeButton = (about) =>
    wrongs(about, "", doorOf(about)).length
      ? h(
          "button",
          {
            type: "button",
            class: "challenge noprint",
            "aria-label": `Challenge this coding: ${about.code.name}`,
            onclick: () => challenge(about),
          },
          "Challenge",
        )
      : null;

  Object.assign(ESG, { challengeButton });
})();
