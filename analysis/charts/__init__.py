"""Figures: tables in, altair charts out, sized for one or two columns of print.

Every chart function is pure and takes ``title``, ``width`` (``single`` or ``double``) and ``stamp``; the
sheet they share is ``analysis.charts.frame``, their look ``analysis.charts.theme``.
"""

from analysis.charts import _quicker  # noqa: F401  (before altair is imported)
from analysis.charts.agreement import agreement_plot
from analysis.charts.audit_attempts import attempt_budgets_plot
from analysis.charts.audit_correlations import audit_correlations_plot
from analysis.charts.cooccurrence import pairs_plot
from analysis.charts.coverage import coverage_heatmap
from analysis.charts.frame import stamped
from analysis.charts.levels import levels_plot
from analysis.charts.measurement import measurement_plot, verdict
from analysis.charts.paired_evidence import paired_dumbbells
from analysis.charts.prisma import prisma_flow
from analysis.charts.sides import sides_plot
from analysis.charts.trends import trends_plot

__all__ = [
    "agreement_plot",
    "attempt_budgets_plot",
    "audit_correlations_plot",
    "coverage_heatmap",
    "levels_plot",
    "measurement_plot",
    "paired_dumbbells",
    "pairs_plot",
    "prisma_flow",
    "sides_plot",
    "stamped",
    "trends_plot",
    "verdict",
]
