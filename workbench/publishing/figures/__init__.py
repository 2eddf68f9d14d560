"""The three forms of a figure in print and on screen: one module each for SVG, PDF and PNG.

All three are made from one SVG, carry the figure's title and alternative text, and have the same bytes on
every run.
"""
