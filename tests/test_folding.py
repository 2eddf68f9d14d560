"""The folding of a text into words, to the letter."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.searching.folding import END, words


@pytest.mark.parametrize(
    ("text", "array"),
    [
        ("Benchmarks are NOISY", "benchmarks are noisy"),
        ("pre-training, pre\u2010training, pre\u2013training, pre training", "pre training " * 4),
        ("pretraining", "pretraining"),
        ("the model's score; the model\u2019s score", "the model s score . the model s score"),
        ("don't don\u2019t don\u02bct", "don t don t don\u02bct"),
        ("na\u00efve nai\u0308ve NAÏVE naive", "naive " * 4),
        ("Straße STRASSE", "strasse strasse"),
        ("ﬁne-tuning ＬＬＭ x²", "fine tuning llm x2"),
        ("jail\u00adbreak jail\u200bbreak", "jailbreak jailbreak"),
        ("behaviour behavior generalise generalize", "behaviour behavior generalise generalize"),
        ("GPT-4 and GPT4, pass@10, snake_case", "gpt 4 and gpt4 pass 10 snake case"),
        ("3.5 points. Next", "3 5 points . next"),
        ("It fails. Why? It must! So; then: end.", "it fails . why . it must . so . then end ."),
        ('It "fails." (So it does.) Then', "it fails . so it does . then"),
        ("It fails\u2026 then", "it fails . then"),
        ("i.e., a proxy", "i e a proxy"),
        ("see e.g. this", "see e g . this"),
        ("Größe Ελλάδα Дом 評価", "große ελλαδα дом 評価"),
        ("हिन्दी में", "हिन्दी में"),
        ("İstanbul ISTANBUL", "istanbul istanbul"),
        ("", ""),
        ("--- $%&", ""),
        ("line\nend.\nNext\tone", "line end . next one"),
    ],
)
def test_a_text_becomes_these_words(text: str, array: str) -> None:
    expected = [unicodedata.normalize("NFKD", w.replace("große", "grosse")) for w in array.split()]
    assert words(text) == expected


@given(st.text())
def test_folding_its_words_again_changes_nothing(text: str) -> None:
    array = words(text)
    assert words(" ".join(w for w in array if w != END)) == [w for w in array if w != END]


@given(st.text())
def test_equivalent_texts_have_the_same_words(text: str) -> None:
    for form in ("NFC", "NFD"):
        assert words(unicodedata.normalize(form, text)) == words(text)


@given(st.text(st.characters(max_codepoint=0x7E)))
def test_plain_texts_fold_as_others_do(text: str) -> None:
    # A word outside ASCII takes the other way through; it must not change the words before it.
    assert words(text + " ω") == [*words(text + " "), "ω"]


@given(st.text())
def test_no_word_holds_a_sign_or_a_capital(text: str) -> None:
    for word in words(text):
        assert word == END or all(unicodedata.category(c)[0] in "LNM" for c in word)
        assert word == END or word.casefold() == word
