"""Colours, icons, the widgets that pages share, and how Kivy is set up."""
