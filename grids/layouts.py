"""The keyboards that Keyglide draws itself, as rows of letters. `python -m grids.generate` makes their grids.

The phone keyboards that people know are the model: Android's, and iOS's where Android has no such layout. To add one, add it to
LAYOUTS, run the command, and name the grid in its language's file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SHIFT, BACKSPACE = "⇧", "⌫"
"""In a row: the keys of these actions. They share what the letters of their row leave free."""


@dataclass(frozen=True)
class Layout:
    """One keyboard. The keys of all its rows are as wide as those of its longest row."""

    rows: tuple[str, ...]
    """the keys from the top, a character each; a row that is shorter and has no actions stands in the middle"""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """letter with a key -> the letters that are typed on it and have none of their own"""
    beside_space: str = ",."
    """the keys left and right of the space bar"""


TITLES: Mapping[str, str] = {
    "ar": "العربية",
    "bg": "Български",
    "ca": "Català",
    "cs": "Čeština",
    "da": "Dansk",
    "el": "Ελληνικά",
    "fa": "فارسی",
    "fi": "Suomi",
    "he": "עברית",
    "hr": "Hrvatski",
    "hu": "Magyar",
    "id": "Indonesia",
    "it": "Italiano",
    "lt": "Lietuvių",
    "lv": "Latviešu",
    "mk": "Македонски",
    "nb": "Norsk bokmål",
    "nl": "Nederlands",
    "pl": "Polski",
    "pt": "Português",
    "ro": "Română",
    "sk": "Slovenčina",
    "sl": "Slovenščina",
    "sv": "Svenska",
    "tr": "Türkçe",
    "uk": "Українська",
}
"""What people call a grid that no language of Keyglide's names, by the end of its name: as training/lexicon/names.json has it."""

QWERTY = ("qwertyuiop", "asdfghjkl", "⇧zxcvbnm⌫")
QWERTZ = ("qwertzuiop", "asdfghjkl", "⇧yxcvbnm⌫")

LAYOUTS: Mapping[str, Layout] = {
    "qwerty_en": Layout(QWERTY),
    "dvorak_en": Layout(("',.pyfgcrl", "aoeuidhtns", "⇧qjkxbmwvz⌫"), beside_space="?!"),
    "colemak_en": Layout(("qwfpgjluyk", "arstdhnei", "⇧zxcvbmo⌫")),
    "jcuken_ru": Layout(("йцукенгшщзх", "фывапролджэ", "⇧ячсмитьбю⌫"), {"е": "ё", "ь": "ъ"}),
    "qwertz_de": Layout(("qwertzuiopü", "asdfghjklöä", "⇧yxcvbnm⌫"), {"s": "ß"}),
    "azerty_fr": Layout(
        ("azertyuiop", "qsdfghjklm", "⇧wxcvbn'⌫"), {"e": "éèêë", "a": "àâ", "u": "ùûü", "i": "îï", "o": "ô", "c": "ç", "y": "ÿ"}
    ),
    "qwerty_es": Layout(("qwertyuiop", "asdfghjklñ", "⇧zxcvbnm⌫"), {"a": "á", "e": "é", "i": "í", "o": "ó", "u": "úü"}),
    "qwerty_pl": Layout(QWERTY, {"a": "ą", "c": "ć", "e": "ę", "l": "ł", "n": "ń", "o": "ó", "s": "ś", "z": "żź"}),
    "qwerty_it": Layout(QWERTY, {"a": "à", "e": "èé", "i": "ìî", "o": "òó", "u": "ùú"}),
    "qwerty_pt": Layout(("qwertyuiop", "asdfghjklç", "⇧zxcvbnm⌫"), {"a": "ãáàâ", "e": "éê", "i": "í", "o": "õóô", "u": "úü"}),
    "jcuken_uk": Layout(("йцукенгшщзхї", "фівапролджє", "⇧ячсмитьбю⌫"), {"г": "ґ"}),
    "qwerty_tr": Layout(("qwertyuıopğü", "asdfghjklşi", "⇧zxcvbnmöç⌫"), {"a": "â", "u": "û", "i": "î"}),
    "qwerty_nl": Layout(QWERTY, {"e": "éëèê", "a": "áäà", "i": "ïí", "o": "óöô", "u": "üúû"}),
    "qwerty_sv": Layout(("qwertyuiopå", "asdfghjklöä", "⇧zxcvbnm⌫"), {"e": "é", "a": "à"}),
    "qwerty_el": Layout(
        (";ςερτυθιοπ", "ασδφγηξκλ", "⇧ζχψωβνμ⌫"), {"α": "ά", "ε": "έ", "η": "ή", "ι": "ίϊΐ", "ο": "ό", "υ": "ύϋΰ", "ω": "ώ"}
    ),
    "qwertz_cs": Layout(
        QWERTZ,
        {
            **{"a": "á", "c": "č", "d": "ď", "e": "éě", "i": "í", "n": "ň", "o": "ó"},
            **{"r": "ř", "s": "š", "t": "ť", "u": "úů", "y": "ý", "z": "ž"},
        },
    ),
    "qwertz_sk": Layout(
        QWERTZ,
        {
            **{"a": "áä", "c": "č", "d": "ď", "e": "é", "i": "í", "l": "ľĺ", "n": "ň", "o": "óô"},
            **{"r": "ŕ", "s": "š", "t": "ť", "u": "ú", "y": "ý", "z": "ž"},
        },
    ),
    "qwertz_hu": Layout(QWERTZ, {"a": "á", "e": "é", "i": "í", "o": "óöő", "u": "úüű"}),
    "qwertz_hr": Layout(("qwertzuiopšđ", "asdfghjklčć", "⇧yxcvbnmž⌫")),
    "qwertz_sl": Layout(("qwertzuiopš", "asdfghjklčž", "⇧yxcvbnm⌫")),
    "qwerty_da": Layout(("qwertyuiopå", "asdfghjklæø", "⇧zxcvbnm⌫"), {"e": "é"}),
    "qwerty_nb": Layout(("qwertyuiopå", "asdfghjkløæ", "⇧zxcvbnm⌫"), {"e": "éè", "o": "òó", "a": "à"}),
    "qwerty_fi": Layout(("qwertyuiopå", "asdfghjklöä", "⇧zxcvbnm⌫"), {"s": "š", "z": "ž"}),
    "qwerty_ro": Layout(QWERTY, {"a": "ăâ", "i": "î", "s": "șş", "t": "țţ"}),
    "qwerty_ca": Layout(("qwertyuiop", "asdfghjklç", "⇧zxcvbnm⌫"), {"a": "à", "e": "èé", "i": "íï", "o": "òó", "u": "úü"}),
    "qwerty_lt": Layout(QWERTY, {"a": "ą", "c": "č", "e": "ęė", "i": "į", "s": "š", "u": "ųū", "z": "ž"}),
    "qwerty_lv": Layout(
        QWERTY,
        {"a": "ā", "c": "č", "e": "ē", "g": "ģ", "i": "ī", "k": "ķ", "l": "ļ", "n": "ņ", "s": "š", "u": "ū", "z": "ž"},
    ),
    "qwerty_id": Layout(QWERTY),
    "bds_bg": Layout(("уеишщксдзць", "яаожгтнвмч", "⇧юйъфхпрлб⌫")),
    "lynert_mk": Layout(("љњертѕуиопшѓ", "асдфгхјклчќж", "⇧зџцвбнм⌫")),
    "arabic_ar": Layout(("ضصثقفغعهخحج", "شسيبلاتنمكط", "ذءؤرىةوزظد⌫"), {"ا": "أإآ", "ي": "ئ"}, beside_space="،."),
    "persian_fa": Layout(
        ("ضصثقفغعهخحج", "شسیبلاتنمکگ", "ظطزرذدپوچ⌫"), {"ا": "آ", "ی": "ئي", "ک": "ك", "ز": "ژ", "و": "ؤ"}, beside_space="،."
    ),
    "hebrew_he": Layout(("קראטוןםפ⌫", "שדגכעיחלךף", "זסבהנמצתץ")),
}
