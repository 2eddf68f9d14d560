"""What nominal 95% intervals were seen to hold in simulation, in the sentences that stand under figures and tables.

The numbers are those of ``docs/simulations``; a test holds them against the pages, so that neither can change alone.
"""

from __future__ import annotations

#: Agreement about single codes (``docs/simulations/validation.md``).
AGREEMENT = (
    "In simulation the 95% bootstrap intervals of a code held AC1 92.2% of the time on average (86.8% at worst) and "
    "alpha 90.7% (70.1% at worst, where a code is rare): the rarer the code, the more they are too narrow."
)
#: Agreement over a whole facet (the same page).
AGREEMENT_OF_FACETS = (
    "In simulation the 95% bootstrap intervals over a whole facet held alpha 94.6% of the time on average (91.6% at "
    "worst), AC1 94.1% (90.4%) and alpha of sets 94.5% (91.6%); those of single codes are narrower than they should be."
)
#: Shares of variance (``docs/simulations/instability.md``).
VARIANCE = (
    "In simulation the 95% intervals of shares held the truth 97% of the time on average; at worst, where several "
    "factors have two levels each, 80%."
)
