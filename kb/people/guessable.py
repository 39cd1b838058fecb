"""Passwords that are tried first by anyone who guesses, compiled here from words and habits.

ASVS 5.0 V6.2.4 asks to refuse at least the 3,000 most used ones that the length rule would let through,
V6.2.11 words of the place itself. A guesser takes a word, swaps letters for digits and puts a year or
`123!` behind it; so a word that is known is refused however it is dressed up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

from kb.domain.people import PASSWORD_SHORTEST

WORDS = frozenset(
    """
password passwort passw0rd pass passcode secret letmein welcome changeme change default temp temporary
initial guest test tester testing user username admin administrator root system master manager login logon
access account office computer internet network server windows microsoft google amazon apple iphone android
samsung toshiba fujitsu hitachi panasonic sony nintendo playstation docomo softbank yahoo line facebook
twitter instagram excel outlook printer counter public private security secure nothing whatever trustno
qwerty qwertz azerty asdf asdfgh asdfghjk zxcv zxcvbn qazwsx abc abcd abcdef abcdefg abcdefgh aaaa
iloveyou loveyou love lovely sunshine princess prince football baseball soccer tennis hockey basketball
volleyball superman batman spiderman pokemon pikachu doraemon naruto onepiece dragon dragonball monkey
shadow michael michelle jennifer jessica jordan thomas daniel charlie andrew joshua matthew anthony robert
william ashley hunter killer soldier ranger harley ferrari porsche mercedes toyota honda nissan mazda suzuki
subaru yamaha kawasaki summer winter spring autumn january february march april june july august september
october november december monday tuesday wednesday thursday friday saturday sunday morning evening
flower cherry orange banana apple lemon strawberry chocolate coffee cheese cookie pepper ginger
tiger lion eagle panda rabbit kitty hellokitty snoopy mickey minnie disney starwars matrix phoenix
freedom liberty peace happy lucky smile angel heaven diamond silver golden crystal purple yellow
hello helloworld goodbye thankyou please family friends forever together computer starlight rainbow
japan nippon nihon tokyo tokio osaka kyoto nagoya sapporo fukuoka yokohama kobe sendai hiroshima okinawa
shinjuku shibuya bunkyo bunkyoku bunkyocity hongo koishikawa kasuga korakuen otsuka mejirodai
kuyakusho shiyakusho yakusho madoguchi shimin shiminka kumin kokuho nenkin zeimu koseki juuminhyou juminhyo
mynumber maina kiriwake kanri kanrisha soumu soumuka jouhou johou jinji kaikei uketsuke shinsei hakkou
sakura fujisan tanaka suzuki satou satoh sato takahashi itou itoh ito watanabe yamamoto nakamura kobayashi
katou katoh kato yoshida yamada sasaki yamaguchi matsumoto inoue kimura hayashi shimizu saitou saito
hiroshi takashi kenji akira taro hanako ichiro jiro yuki yuuki haruka sakurai arashi momoko
arigatou ohayou konnichiwa sayonara aishiteru daisuki kawaii genki ganbare ganbatte himitsu hitomi
neko inu momo kuma usagi hime ouji sora umi yama kawa hana tsuki hoshi haru natsu aki fuyu
himawari tanpopo ichigo ringo mikan budou ramen sushi tenpura okonomiyaki onigiri
giants tigers dragons hawks carp lions swallows marines baystars eagles fighters buffaloes
ぱすわーど パスワード あんしょうばんごう 暗証番号 管理者 文京区 文京区役所 区役所 窓口 市民課 区民課
切り分け 桜 富士山 日本 東京 ありがとう こんにちは よろしくおねがいします さくら ひみつ
""".split()
)

ROWS = ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "0987654321", "abcdefghijklmnopqrstuvwxyz"]
ROWS += ["1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik", "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0", "!@#$%^&*()_+"]
ROWS += ["!\"#$%&'()=~", "qazwsxedcrfvtgbyhnujm", "zaq12wsxcde34rfv", "qweasdzxcrtyfghvbn", "147258369"]
ROWS += ["789456123", "159357258456", "31415926535", "27182818284", "aiueokakikukeko", "あいうえおかきくけこ"]
ROWS += [
    "いろはにほへとちりぬるを",
    "qwer1234asdf5678zxcv",
    "asdf1234qwer5678",
    "1234qwerasdfzxcv",
    "abc123def456",
]

HABITS = """
adminadmin passpass passwordpassword testtest useruser rootroot abcabcabc qweqweqwe asdasdasd zxczxczxc
abcd1234 1234abcd abc12345 a1b2c3d4 a1234567 a12345678 aa123456 aaa11111 q1234567 x1234567 z1234567
11112222 12121212 12341234 11223344 12344321 123123123 123321123 123454321 987654321 102030405060
11223344556677 13572468 24681357 19216801 12345679 110110110 119119119 0123456789 01234567 00112233
trustno1 whatever1 blink182 letmein1 letmein123 iloveyou1 qwerty123 1qazxsw2 zaq12wsx zaq1zaq1 qwerty12
pass@word pass-word pass_word pa55word p4ssword passme123 mypassword mypass123 thepassword yourpassword
notpassword nopassword newpassword oldpassword password1234567890 onetimepassword
iamadmin superuser sysadmin webmaster hostmaster postmaster helpdesk servicedesk frontdesk
opensesame openseseme hirakegoma ひらけごま 開けゴマ correcthorsebatterystaple
yoroshiku yoroshikuonegaishimasu otsukaresama otsukaresamadesu arigatougozaimasu ohayougozaimasu
tokyotower skytree tokyo2020 osaka2025 reiwa2026 kakanai matanai mayowanai kakanaimadoguchi
""".split()

LEET = tuple(
    str.maketrans(digits, letters)
    for digits, letters in (
        ("@0", "ao"),
        ("4310", "aeio"),
        ("@0$", "aos"),
        ("0", "o"),
        ("@", "a"),
        ("1$", "is"),
    )
)
DRESS = 6
"""Digits and signs around a word that do not yet make it hard to guess: a year and two signs."""


class Guessable:
    """What `in` answers for a folded password: is it among those that are tried first?"""

    def __contains__(self, password: object) -> bool:
        return isinstance(password, str) and (password in listed() or _dressed_word(password))


GUESSABLE = Guessable()


@cache
def listed() -> frozenset[str]:
    """Return the refused passwords that are written out, all long enough to pass the length rule."""
    return frozenset(found for found in _candidates() if len(found) >= PASSWORD_SHORTEST)


def _dressed_word(password: str) -> bool:
    for plain in (password, *(password.translate(table) for table in LEET)):
        core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", plain)
        bare = re.sub(r"^[\W\d_]+", "", plain)
        if len(plain) - len(core) <= DRESS and (core in WORDS or _doubled(core) in WORDS):
            return True
        if len(plain) - len(bare) <= DRESS and bare in WORDS:
            return True
    return False


def _doubled(core: str) -> str:
    half = core[: len(core) // 2]
    return half if half * 2 == core else core


def _candidates() -> Iterator[str]:
    yield from WORDS
    yield from HABITS
    yield from _keyboard_walks()
    yield from _birthdays()


def _keyboard_walks() -> Iterator[str]:
    for row in ROWS:
        for walk in (row, row[::-1], row + row):
            for start in range(len(walk)):
                for end in range(start + 4, len(walk) + 1):
                    yield from (walk[start:end], walk[start:end] * 2, walk[start:end] + "1")


def _birthdays() -> Iterator[str]:
    day = date(1935, 1, 1)
    while day.year < 2031:
        yield day.strftime("%Y%m%d")
        day += timedelta(days=1)
