"""Figures: tables in, altair charts out, sized for one or two columns of print.

Every chart function is pure and takes ``title``, ``width`` (``single`` or ``double``) and ``stamp``; the
sheet they share is ``analysis.charts.frame``, their look ``analysis.charts.theme``.
"""

from analysis.charts.agreement import agreement_plot
from analysis.charts.attention import attention_by_year
from analysis.charts.cooccurrence import cooccurrence_network
from analysis.charts.coverage import coverage_heatmap
from analysis.charts.frame import stamped
from analysis.charts.prisma import prisma_flow
from analysis.charts.theme import use_theme
from analysis.charts.undermeasurement import discussed_against_measured

__all__ = [
    "agreement_plot",
    "attention_by_year",
    "cooccurrence_network",
    "coverage_heatmap",
    "discussed_against_measured",
    "prisma_flow",
    "stamped",
    "use_theme",
]
