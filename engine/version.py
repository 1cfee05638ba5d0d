"""The version of Keyglide. It stands here alone: setup.cfg and keyglide/__init__.py read it."""

VERSION = "0.1.0"
