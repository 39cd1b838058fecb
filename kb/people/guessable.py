"""Passwords that are tried first by anyone who guesses, compiled here from words and habits.

ASVS 5.0 V6.2.4 asks for at least the 3,000 most used ones that the length rule would let through,
V6.2.11 for words of the place itself. Everything is folded (NFKC, case) as `password_problem` folds.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from itertools import product

from kb.domain.people import PASSWORD_SHORTEST

WORDS = """
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

ENDINGS = [
    "", "0", "1", "2", "3", "5", "7", "8", "9", "00", "01", "02", "03", "07", "08", "10", "11", "12", "13",
    "21", "22", "23", "33", "55", "69", "77", "88", "99", "007", "100", "111", "123", "321", "333", "456",
    "555", "666", "777", "789", "888", "999", "000", "0000", "0123", "1111", "1122", "1212", "1234", "2000",
    "2222", "3333", "4321", "5555", "5678", "7777", "8888", "9999", "12345", "54321", "00000", "11111",
    "123456", "654321", "000000", "111111", "1234567", "12345678", "123456789", "abc", "xyz", "aa", "a", "x",
    "!", "!!", "1!", "12!", "123!", "1234!", "@", "@1", "@12", "@123", "@1234", "#1", "#123", "_1", "_123",
    "-1", "-123", ".", "?", "$", "*", "001", "0001", "admin", "pass", "login",
]  # fmt: skip
YEARS = [str(year) for year in range(1990, 2036)]

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

LEET = (str.maketrans("ao", "@0"), str.maketrans("aeio", "4310"), str.maketrans("aos", "@0$"))
LEET += (str.maketrans("o", "0"), str.maketrans("a", "@"), str.maketrans("is", "1$"))


@cache
def guessable() -> frozenset[str]:
    """Return the folded passwords that are refused, all long enough to pass the length rule."""
    return frozenset(found for found in _candidates() if len(found) >= PASSWORD_SHORTEST)


def _candidates() -> Iterator[str]:
    yield from HABITS
    for word, ending in product(WORDS, ENDINGS + YEARS):
        yield word + ending
    for word, table, ending in product(WORDS, LEET, ENDINGS):
        yield word.translate(table) + ending
    for word, year in product(WORDS, YEARS):
        yield year + word
    yield from _keyboard_walks()
    yield from _birthdays()


def _keyboard_walks() -> Iterator[str]:
    for row in ROWS:
        for walk in (row, row[::-1], row + row):
            for start in range(len(walk)):
                for end in range(start + 4, len(walk) + 1):
                    yield walk[start:end]
                    yield walk[start:end] * 2
                    yield walk[start:end] + "1"


def _birthdays() -> Iterator[str]:
    day = date(1935, 1, 1)
    while day.year < 2031:
        yield day.strftime("%Y%m%d")
        day += timedelta(days=1)
