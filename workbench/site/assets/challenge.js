// @ts-check
// Disagree with a coding: a row that the survey's doors take, and the text of an issue. The page sends nothing.
"use strict";

(() => {
  const { h } = ESG;

  /**
   * A field with its label.
   * @param {string} name @param {any} input
   */
  const field = (name, input) => h("label", { class: "field" }, h("span", {}, name), input);

  /**
   * Open the dialogue for one code of one paper.
   * @param {{work: any, code: any, basis: string, schema: string, holds: any, say: string}} about
   */
  function challenge(about) {
    const { work, code } = about;
    const before = document.activeElement;
    const wrong = h(
      "select",
      { id: "challenge-kind" },
      about.holds
        ? [
            h("option", { value: "absent" }, "The code does not hold"),
            h("option", { value: "values" }, "It holds, with other values"),
          ]
        : [
            h("option", { value: "present" }, "The code holds and is missing"),
            h("option", { value: "values" }, "It holds, with the values below"),
          ],
    );
    const pick = (terms, now) =>
      h(
        "select",
        {},
        terms.map((t) => h("option", { value: t.id, selected: t.id === now }, t.name || t.id)),
      );
    const holds = about.holds || {};
    const yes = [{ id: "no" }, { id: "yes" }];
    const level = pick(ESG.schema.levels, holds.level || "argues");
    const role = pick(ESG.schema.roles, holds.role || "own-result");
    const mitigates = pick(ESG.schema.mitigates, holds.mitigates || "no");
    const formal = pick(yes, holds.formal || "no");
    const seen = pick(yes, holds.figure_seen || "no");
    const principal = pick(yes, holds.principal || "no");
    const why = h("textarea", { rows: "3", maxlength: "600" });
    const words = h("input", { type: "text", maxlength: "400" });
    const note = h("input", { type: "text", maxlength: "240" });
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
          ]
        : ESG.facets.get(code.facet).principal
          ? field("Principal", principal)
          : [],
      code.levelled
        ? [
            field("Claim and what it rests on, in your own words", note),
            field("Five or more words of the text (only their place is kept)", words),
          ]
        : [],
    );
    const row = h("textarea", { rows: "7", readonly: true, class: "code" });
    const issue = h("textarea", { rows: "9", readonly: true });

    function ready() {
      const kind = wrong.value;
      values.hidden = kind === "absent";
      /** @type {Object<string, string>} */
      const made = {
        paper: work.key,
        schema: about.schema,
        basis: about.basis,
        facet: code.facet,
        code: code.id,
        chosen: "new",
      };
      if (kind === "absent") made.state = "withdrawn";
      else {
        made.state = "present";
        if (code.levelled)
          Object.assign(made, {
            level: level.value,
            role: role.value,
            formal: formal.value,
            figure_seen: seen.value,
            mitigates: mitigates.value,
            note: note.value.trim(),
            locator: about.basis,
            words: words.value.trim(),
          });
        else if (ESG.facets.get(code.facet).principal) made.principal = principal.value;
        made.confidence = "sure";
      }
      made.rationale = why.value.trim();
      row.value = JSON.stringify(made) + "\n";
      const should =
        kind === "absent"
          ? "The code should not hold."
          : `The code should hold${code.levelled ? ` (level ${level.value}, role ${role.value}, mitigates ${mitigates.value})` : ""}.`;
      issue.value =
        `# Coding challenged: ${code.name} on ${work.key}\n\n` +
        `Paper: ${work.title} (${work.key})\nCode: ${code.facet} / ${code.id}, from the ${about.basis}, schema ${about.schema}\n` +
        `The page says: ${about.say}\n\n${should}\n\nWhy: ${why.value.trim() || "(say why)"}\n\n` +
        `Data: ${ESG.core.about.line}\n\nFor the maintainers, \`survey adjudicate --by WHO --from row.jsonl\`:\n\n    ${row.value}`;
    }
    for (const input of [wrong, level, role, mitigates, formal, seen, principal, why, words, note])
      input.addEventListener("input", ready);

    /** @param {any} box @param {string} what */
    const copy = (box, what) =>
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
            ESG.announce(`${what} copied`);
          },
        },
        `Copy the ${what}`,
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
      h("p", {}, h("cite", {}, work.title), ` - the page says: ${about.say}`),
      h(
        "p",
        { class: "quiet" },
        "Nothing is sent from here. Copy or download the row and the text, and give them to the maintainers, for example as an issue.",
      ),
      field("What is wrong", wrong),
      field("Why, in your own words", why),
      values,
      field("Row for survey adjudicate (JSON lines)", row),
      h(
        "p",
        {},
        copy(row, "row"),
        " ",
        h(
          "button",
          {
            type: "button",
            onclick: () => ESG.download(`challenge-${work.key}-${code.id}.jsonl`, row.value, "application/x-ndjson"),
          },
          "Download the row",
        ),
      ),
      field("Text of an issue", issue),
      h(
        "p",
        {},
        copy(issue, "text"),
        " ",
        h(
          "button",
          {
            type: "button",
            onclick: () => ESG.download(`challenge-${work.key}-${code.id}.md`, issue.value, "text/markdown"),
          },
          "Download the text",
        ),
      ),
      h("p", {}, h("button", { type: "button", class: "strong", onclick: close }, "Close")),
    );
    dialog.addEventListener("cancel", (e) => {
      e.preventDefault();
      close();
    });
    ready();
    document.body.appendChild(dialog);
    dialog.showModal();
  }

  /** @param {any} about as for `challenge` */
  const challengeButton = (about) =>
    h(
      "button",
      {
        type: "button",
        class: "challenge noprint",
        "aria-label": `Challenge this coding: ${about.code.name}`,
        onclick: () => challenge(about),
      },
      "Challenge",
    );

  Object.assign(ESG, { challengeButton });
})();
