"""What screen readers are told, by AT-SPI: the buttons, keys and words of the page that is shown. Never Kivy."""
