"""What Keyglide knows of each language, as package data: a file per language, read by engine.language.

`common.json` holds what every language has unless its own file says otherwise.
"""
