"""Ways to decide inside JupyterLab: a widget a file, each ``NAME.py`` beside ``NAME.js``.

Widgets write through the decision functions alone. ``base`` is what they share.
"""
