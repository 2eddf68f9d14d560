"""How answers become files: figures, printed tables, executed notebooks, the reviewer's page, the whole build."""
