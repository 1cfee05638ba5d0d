"""Text sinks: fields of other programs, each kind reached in another way. `choose.py` knows which are there. Never Kivy."""
