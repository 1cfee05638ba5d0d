"""Key geometry as package data: grid_name_to_grid.json, which `engine.load_grids` reads."""
