"""Known scales of words: each lists its steps from the lowest up, and for each step all words for it.

A column has a scale when all of its words are in the scale, each on a different step.
"""

LOW = ("low", "small", "l", "minor", "lo")
MIDDLE = ("medium", "moderate", "mid", "med", "middle", "average", "normal", "m", "intermediate")
HIGH = ("high", "large", "h", "major", "hi", "big")

# Letters are a scale only in a column whose name says that it holds grades.
GRADES = tuple((f"{letter}{sign}",) for letter in "fedcba" for sign in ("-", "", "+"))

SCALES: tuple[tuple[tuple[str, ...], ...], ...] = (
    (
        ("none", "no", "zero", "absent"),
        ("very low", "vlow", "very small", "minimal"),
        LOW,
        ("slight", "mild"),
        MIDDLE,
        HIGH,
        ("severe", "very high", "vhigh", "very large", "critical"),
        ("extreme", "extremely high"),
    ),
    (("xxs",), ("xs",), ("s",), ("m",), ("l",), ("xl",), ("xxl",), ("xxxl", "3xl")),
    (
        ("strongly disagree", "totally disagree", "completely disagree"),
        ("disagree",),
        ("somewhat disagree", "slightly disagree"),
        ("neutral", "neither agree nor disagree", "undecided", "neither"),
        ("somewhat agree", "slightly agree"),
        ("agree",),
        ("strongly agree", "totally agree", "completely agree"),
    ),
    (
        ("very dissatisfied",),
        ("dissatisfied", "somewhat dissatisfied"),
        ("neutral", "neither satisfied nor dissatisfied"),
        ("satisfied", "somewhat satisfied"),
        ("very satisfied",),
    ),
    (
        ("never",),
        ("rarely", "seldom"),
        ("sometimes", "occasionally"),
        ("often", "frequently", "usually"),
        ("always",),
    ),
    (
        ("terrible", "awful"),
        ("very bad", "very poor"),
        ("bad", "poor"),
        ("fair", "acceptable", "acc", "ok", "average"),
        ("good",),
        ("very good", "vgood"),
        ("excellent", "great", "premium"),
        ("ideal",),
    ),
    (("much worse",), ("worse",), ("average", "same", "about the same", "equal"), ("better",), ("much better",)),
    (("unacc", "unacceptable"), ("acc", "acceptable"), ("good",), ("vgood", "very good")),
    (("little", "poor"), ("moderate",), ("quite rich",), ("rich",)),
    (("short",), ("medium", "average"), ("long",)),
    (("slow",), ("medium", "moderate"), ("fast",)),
    (("cold",), ("cool", "mild"), ("warm",), ("hot",)),
    (("young", "child"), ("adult", "middle aged"), ("old", "senior", "elderly")),
    (("bronze",), ("silver",), ("gold",), ("platinum",), ("diamond",)),
    (("basic",), ("standard",), ("premium",)),
    (("junior", "jr"), ("mid", "middle", "intermediate"), ("senior", "sr"), ("lead", "principal")),
    (("beginner", "novice"), ("intermediate",), ("advanced",), ("expert",)),
    (("lower",), ("middle",), ("upper",)),
    (("first", "1st"), ("second", "2nd"), ("third", "3rd"), ("fourth", "4th"), ("fifth", "5th"), ("sixth", "6th")),
    (
        ("monday", "mon"),
        ("tuesday", "tue", "tues"),
        ("wednesday", "wed"),
        ("thursday", "thu", "thur", "thurs"),
        ("friday", "fri"),
        ("saturday", "sat"),
        ("sunday", "sun"),
    ),
    (
        ("january", "jan"),
        ("february", "feb"),
        ("march", "mar"),
        ("april", "apr"),
        ("may",),
        ("june", "jun"),
        ("july", "jul"),
        ("august", "aug"),
        ("september", "sep", "sept"),
        ("october", "oct"),
        ("november", "nov"),
        ("december", "dec"),
    ),
)
