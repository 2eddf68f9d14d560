"""How a text becomes the array of words that every engine matches on.

The folding, to the letter; a text and the phrases of a query are folded alike:

1. Compatibility and case. The text is brought to NFD, case-folded (Unicode's full case folding: ``ß`` becomes
   ``ss``), brought to NFKD, case-folded again and brought to NFKD again: Unicode's compatibility caseless matching
   (The Unicode Standard, definition D146). Full-width letters, ligatures and superscripts become plain ones.
2. Accents. The combining marks U+0300 to U+036F are dropped: ``naïve`` is ``naive``. Marks of other scripts stay.
3. What is not seen. The soft hyphen and the other format characters (category Cf) are dropped: ``jail`` and
   ``break`` with a soft hyphen between them are one word.
4. Words. A word is a longest run of letters, digits and marks (categories L, N, M). Every other character
   separates: blanks, hyphens and dashes of all kinds, apostrophes, the underscore, signs. So ``pre-training`` is
   two words, and another phrase than ``pretraining``; ``model's`` is ``model`` and ``s``.
5. Ends of sentences. Where ``.``, ``;``, ``?`` or ``!`` is followed by white space or by the end of the text, closing
   quotation marks and brackets in between allowed, the array holds the mark ``.``, which no word is: it is what a
   phrase cannot cross. An abbreviation's full stop ends a sentence like any other.

Nothing is stemmed and no spelling is changed: British and American spellings are two words, which a query asks for
by a star or a choice.
"""

from __future__ import annotations

import re
import unicodedata

#: The element of the array that ends a sentence.
END = "."
_ACCENTS = dict.fromkeys(range(0x300, 0x370))
_STOP = r"[.;?!](?=[\"')\]}’”»›]*(?:\s|$))"
# Python's \w is L, N and the underscore; texts with marks go the slower way.
_FOUND = re.compile(rf"[^\W_]+|{_STOP}")
_ENDS = re.compile(_STOP)


def words(text: str) -> list[str]:
    """Return the array of words of a text, with ``.`` where a sentence ends."""
    if text.isascii():
        folded = text.lower()
    else:
        folded = _plain(text)
        if any(unicodedata.category(c)[0] == "M" for c in set(folded)):
            return _with_marks(folded)
    return [END if w in ".;?!" else w for w in _FOUND.findall(folded)]


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFD", text).casefold()).casefold()
    folded = unicodedata.normalize("NFKD", folded).translate(_ACCENTS)
    unseen = {c for c in set(folded) if unicodedata.category(c) == "Cf"}
    return "".join(c for c in folded if c not in unseen) if unseen else folded


def _with_marks(text: str) -> list[str]:
    found: list[str] = []
    word = ""
    for at, char in enumerate(text):
        if unicodedata.category(char)[0] in "LNM":
            word += char
            continue
        if word:
            found.append(word)
            word = ""
        if _ENDS.match(text, at):
            found.append(END)
    return [*found, word] if word else found
