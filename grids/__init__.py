"""Key geometry as package data: grid_name_to_grid.json, which `engine.load_grids` reads.

`layouts` holds the rows of letters that `generate` makes the file from.
"""
