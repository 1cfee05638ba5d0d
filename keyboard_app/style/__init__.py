"""Colours, icons, widgets that the pages share, and how Kivy is set up."""
