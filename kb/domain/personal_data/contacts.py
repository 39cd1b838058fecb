"""How a person is reached: telephone, mail, address. An office's own is no personal data (C-14)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kb.domain.personal_data.kinds import Finding

_D = r"[-ー]"
_PHONE = re.compile(
    r"(?<![0-9A-Za-z_.+#=/-])(?:"
    rf"(?:\+81[ -]?\(?0?\)?)?(?P<mobile>0?(?:70|80|90|50|60)[ -ー]?[0-9]{{4}}[ -ー]?[0-9]{{4}})"
    rf"|(?P<land>\(?0[1-9](?:[0-9]?{_D}[0-9]{{4}}|[0-9]{{0,3}}\)[ -]?[0-9]{{1,4}}|[0-9]{{0,3}}(?:{_D}| )[0-9]{{1,4}})(?:{_D}| )[0-9]{{4}})"
    r"|(?P<abroad>\+81[ -]?\(?0?\)?[1-9][0-9]{0,3}[ -][0-9]{1,4}[ -][0-9]{4})"
    r")(?![0-9A-Za-z_-]|\.[0-9])"
)
_PHONE_WORDS = re.compile(
    r"(?:電話番号|電話|携帯|連絡先|折り?返し|自宅|実家|TEL|Tel\.?|FAX|☎|phone|mobile)[^0-9A-Za-z\n]{0,8}?"
    r"(?P<number>0[1-9](?:[ -ー]?[0-9]){8,9})(?![0-9A-Za-z-])",
    re.IGNORECASE,
)
_RESIDENT = re.compile(
    r"区民|住民|市民|来庁者|本人|自宅|実家|申請者|届出人|世帯主|利用者の|お客様の|氏名|様|折り?返し|緊急連絡|携帯|個人|保護者|家族"
)
_OFFICE = re.compile(
    r"代表|公開|区役所|市役所|役場|庁舎|ヘルプデスク|ヘルプ|サポート|コールセンター|お?問い?合わ?せ|窓口|受付|センター|本社|支店|"
    r"営業所|事業所|会社|株式|保守|運用|障害受付|課|係|部署|内線|外線|直通|FAX|helpdesk|support|office|hotline|"
    r"出張所|図書館|保健所|警察|消防|学校|社会福祉|委託",
    re.IGNORECASE,
)
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+@/-])(?P<local>[A-Za-z0-9][A-Za-z0-9._%+-]{0,63})[ ]?(?:@|[\[(]at[\])]|[(\[]@[)\]]|[\[(]アット(?:マーク)?[\])])[ ]?"
    r"(?P<domain>(?:[A-Za-z0-9-]{1,63}\.){1,6}[A-Za-z]{2,24})(?![A-Za-z0-9-])"
)
_ROLE = re.compile(
    r"(?:info|contact|support|help|helpdesk|desk|office|admin|administrator|webmaster|postmaster|no-?reply|do-?not-?reply|"
    r"sales|service|soumu|johou?|system|systems|kanri|madoguchi|koho|kouhou|user\d*|username|name|first\.?last|someone|"
    r"alias|mail|email|test\d*|sample|example|your.*|xxx+|root|git|hostmaster|abuse|security|noc|alert|monitor)"
    r"(?:[-_.+].*)?",
    re.IGNORECASE,
)
_DOCUMENTED = re.compile(
    r"(?:.*\.)?(?:example(?:\.(?:com|org|net|jp|co\.jp))?|test|invalid|localhost|local|contoso\.\w+|fabrikam\.\w+|"
    r"(?:adventure-?works|northwind\w*|tailspintoys|wingtiptoys|litware\w*|woodgrove\w*|proseware|adatum|treyresearch|"
    r"fourthcoffee|domain|yourdomain|mydomain|your-?company|company|sample|xxx+)\.\w+(?:\.\w+)?|(?:onmicrosoft|contoso)\.com)",
    re.IGNORECASE,
)
_PREFECTURE = (
    r"(?:東京都|北海道|(?:京都|大阪)府|(?:青森|岩手|宮城|秋田|山形|福島|茨城|栃木|群馬|埼玉|千葉|神奈川|新潟|富山|石川|福井|"
    r"山梨|長野|岐阜|静岡|愛知|三重|滋賀|兵庫|奈良|和歌山|鳥取|島根|岡山|広島|山口|徳島|香川|愛媛|高知|福岡|佐賀|長崎|熊本|大分|"
    r"宮崎|鹿児島|沖縄)県)"
)
_H = r"[ \t]{0,2}"
_N = r"[0-9一二三四五六七八九十百]{1,5}"
_LOT = (
    rf"(?:{_N}{_H}(?:丁目|番地?|-|ー|の){_H}{_N}(?:(?:番地?|号|-|ー|の){_H}(?:{_N})?){{0,3}}(?:号(?!室))?"
    rf"|[0-9]{{1,5}}{_H}番地?)"
)
_BUILDING = (
    r"(?:[ \t]{0,2}[一-龥々ァ-ヶーA-Za-z0-9・]{1,20}?(?:[ \t]?[0-9]{1,4}(?:号室?|F|階)|[0-9]{3,4}(?![0-9])))?"
)
_PLACE = r"[一-龥々ヶケぁ-んァ-ヴー]"
_TOWN = r"[一-龥々ヶケァ-ヴー]{1,6}[市区郡町村](?!役所|役場|民|内|長|外|立)"
_ADDRESS = re.compile(
    rf"(?:(?P<post>〒?{_H}(?<![0-9-])[0-9]{{3}}-[0-9]{{4}}{_H}\n?{_H})?(?P<prefecture>{_PREFECTURE}){_H}{_TOWN}(?:{_H}{_PLACE}{{1,12}}?)??{_H}{_LOT}"
    rf"|(?P<post2>〒{_H}[0-9]{{3}}-[0-9]{{4}}){_H}\n?{_H}{_PLACE}{{2,16}}?{_H}{_LOT}"
    rf"|(?P<town>(?<![一-龥々]){_TOWN}){_H}{_PLACE}{{1,12}}?{_H}{_LOT})"
    rf"{_BUILDING}"
)
_ADDRESS_WORDS = re.compile(
    rf"(?:住所|居所|本籍地?|転出先|転入先|転居先|現住所|旧住所|所在地|送付先|address)[」』]?{_H}(?:[:=|\t→]|は){_H}"
    rf"(?P<value>(?:〒?[0-9]{{3}}-[0-9]{{4}}{_H})?{_PLACE}{{2,20}}?{_H}{_LOT}{_BUILDING}|〒?[0-9]{{3}}-[0-9]{{4}}(?![0-9-]))",
    re.IGNORECASE,
)
_LOTS = re.compile(r"[0-9一二三四五六七八九十百](?: ?丁目| ?番|[-ー][0-9]|の[0-9一二三四五六七八九十])")
_BEFORE_LOT, _AFTER_LOT = 60, 60
_NO_PLACE = re.compile(
    r"手順|第|版|図|表|章|項|ページ|行|窓口|番線|画面|端末|エラー|工程|区分|区間|市場|町会[0-9]"
)


def contacts_in(text: str, low: str) -> Iterator[Finding]:
    """Yield telephone numbers, mail addresses and postal addresses of persons in the folded text."""
    for match in _PHONE.finditer(text):
        if not _is_office(text, match) and _dialled(match[0]):
            yield Finding("phone", match.start(), match.end())
    for match in _PHONE_WORDS.finditer(text):
        if _dialled(match["number"]) and not _office_words(text, match.start("number"), match.end()):
            yield Finding("phone", match.start("number"), match.end("number"))
    for match in _EMAIL.finditer(text):
        if not _ROLE.fullmatch(match["local"]) and not _DOCUMENTED.fullmatch(match["domain"]):
            yield Finding("email", match.start(), match.end())
    for first, last in _with_lots(text):
        for match in _ADDRESS.finditer(text, first, last):
            if match["prefecture"] or match["post2"] or not _NO_PLACE.search(match[0]):
                yield Finding("address", match.start(), match.end())
    for match in _ADDRESS_WORDS.finditer(text):
        yield Finding("address", match.start("value"), match.end("value"))


def _with_lots(text: str) -> Iterator[tuple[int, int]]:
    """Yield the stretches around lot numbers, apart: only there can an address stand."""
    first = last = -1
    for lot in _LOTS.finditer(text):
        if lot.start() - _BEFORE_LOT > last:
            if last >= 0:
                yield first, last
            first = max(0, lot.start() - _BEFORE_LOT)
        last = lot.end() + _AFTER_LOT
    if last >= 0:
        yield first, last


def _dialled(written: str) -> bool:
    """Return whether somebody can be called there: ten or eleven digits that are not all alike."""
    digits = "".join(filter(str.isdigit, written))
    if digits.startswith("81"):
        digits = "0" + digits[2:].lstrip("0")
    mobile = digits[:3] in ("070", "080", "090", "050", "060")
    if len(digits) != (11 if mobile else 10) or digits[:4] in ("0120", "0570", "0800", "0990", "0180"):
        return False
    return len(set(digits[3:])) > 2


def _is_office(text: str, match: re.Match[str]) -> bool:
    """Return whether a number is an office's: the words nearby say so. A mobile one only where it is public."""
    if match["mobile"]:
        return (
            "公開" in text[match.end() : match.end() + 8]
            or "公開" in text[max(0, match.start() - 12) : match.start()]
        )
    return _office_words(text, match.start(), match.end())


def _office_words(text: str, start: int, end: int) -> bool:
    before = text[max(text.rfind("\n", max(0, start - 40), start) + 1, start - 40) : start]
    after = text[end : end + 12].split("\n", 1)[0]
    return bool(_OFFICE.search(before + " " + after)) and not _RESIDENT.search(before)
