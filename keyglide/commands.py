"""The commands that an installation brings. setup.cfg names them."""


def keyglide() -> int:
    """Decodes recorded swipes; the exit code."""
    from engine.decode import main

    return main("keyglide")


def keyglide_keyboard() -> int:
    """Opens the keyboard until it is closed; the exit code."""
    from keyboard_app.__main__ import main

    return main("keyglide-keyboard")
