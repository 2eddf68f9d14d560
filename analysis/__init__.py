"""Pure analysis of a survey: tidy tables in; tables, networkx graphs and altair charts out.

Nothing here reads a file or imports ``workbench``. The columns of the tables that come in are those of
``workbench/store/tables.py``; each module is named after the question it answers.
"""
