"""The commands that an installation brings. setup.cfg names them."""

import sys


def keyglide() -> int:
    """Decodes recorded swipes or, as `keyglide language`, lists, adds and removes languages; the exit code."""
    if sys.argv[1:2] == ["language"]:
        from keyglide.language import main as language

        return language(sys.argv[2:])
    from engine.decode import main

    return main("keyglide")


def keyglide_keyboard() -> int:
    """Opens the keyboard until it is closed; the exit code."""
    from keyboard_app.__main__ import main

    return main("keyglide-keyboard")
