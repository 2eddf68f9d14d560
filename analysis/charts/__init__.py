"""Figures: tables in, altair charts out, sized for one or two columns of print.

Every chart function is pure and takes ``title``, ``width`` (``single`` or ``double``) and ``stamp``; the
sheet they share is ``analysis.charts.frame``, their look ``analysis.charts.theme``.
"""

from analysis.charts import _quicker  # noqa: F401  (before altair is imported)
from analysis.charts.agreement import agreement_plot
from analysis.charts.attention import attention_by_year
from analysis.charts.audit_attempts import attempt_budgets_plot
from analysis.charts.audit_correlations import audit_correlations_plot
from analysis.charts.cooccurrence import cooccurrence_network
from analysis.charts.coverage import coverage_heatmap
from analysis.charts.frame import stamped
from analysis.charts.gaps import gaps_heatmap
from analysis.charts.measurement import measurement_plot, verdict
from analysis.charts.never_met import never_met_plot
from analysis.charts.paired_evidence import paired_dumbbells
from analysis.charts.prisma import prisma_flow
from analysis.charts.sides import counterpart_pairs, sides_by_pressure
from analysis.charts.theme import use_theme
from analysis.charts.validation import raw_against_corrected

__all__ = [
    "agreement_plot",
    "attempt_budgets_plot",
    "attention_by_year",
    "audit_correlations_plot",
    "cooccurrence_network",
    "counterpart_pairs",
    "coverage_heatmap",
    "gaps_heatmap",
    "measurement_plot",
    "never_met_plot",
    "paired_dumbbells",
    "prisma_flow",
    "raw_against_corrected",
    "sides_by_pressure",
    "stamped",
    "use_theme",
    "verdict",
]
