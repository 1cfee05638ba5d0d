"""Key geometry as package data: grid_name_to_grid.json, read by engine.grid.load_grids."""
