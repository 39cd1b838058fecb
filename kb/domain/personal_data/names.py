"""Names and birth dates, where the words around them say that they are: 氏名:, 様, 生年月日."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kb.domain.personal_data.kinds import Finding

SURNAMES = (
    "佐藤|鈴木|高橋|田中|伊藤|渡辺|渡邊|渡邉|山本|中村|小林|加藤|吉田|山田|佐々木|山口|松本|井上|木村|林|斎藤|斉藤|齋藤|清水|山崎|"
    "森|池田|橋本|阿部|石川|山下|中島|石井|小川|前田|岡田|長谷川|藤田|後藤|近藤|村上|遠藤|青木|坂本|福田|太田|西村|藤井|金子|"
    "岡本|藤原|三浦|中野|中川|原田|松田|竹内|小野|田村|中山|和田|石田|森田|上田|原|内田|柴田|酒井|宮崎|横山|高木|安藤|宮本|大野|"
    "小島|谷口|今井|工藤|高田|増田|丸山|杉山|村田|大塚|新井|小山|平野|藤本|河野|上野|野口|武田|松井|千葉|菅原|岩崎|久保|木下|"
    "佐野|野村|松尾|市川|菊地|菊池|杉本|古川|大西|島田|水野|桜井|櫻井|渡部|高野|吉川|山内|西田|西川|飯田|小松|北村|安田|五十嵐|"
    "川口|平田|関|中田|久保田|東|服部|川崎|岩田|土屋|福島|本田|辻|樋口|秋山|田口|永井|中西|山中|吉村|川上|石原|大橋|松岡|浜田|"
    "馬場|森本|矢野|浅野|松下|星野|大久保|吉岡|小池|野田|荒木|熊谷|松浦|大谷|内藤|黒田|尾崎|川村|永田|望月|松村|田辺|堀|荒井|"
    "大島|菅野|小沢|平井|早川|須藤|栗原|片山|西山|小田|文京|本郷|春日"
)
_H = r"[ \t]{0,2}"
_WHO = (
    r"氏名|お名前|姓名|申請者|届出人|届出者|世帯主|来庁者|被保険者|受給者|保護者|相談者|患者|請求者|転入者|転出者|"
    r"筆頭者|配偶者|口座名義人?|住民|区民|本人|代理人|契約者|full ?name|applicant"
)
_NOTE = r"(?:[ \t]?[(（\[](?:漢字|カナ|かな|フリガナ|ふりがな|ローマ字|本人|戸籍|名|氏名)[)）\]]|カナ|かな|氏名|名)?"
_K, _KATA, _HIRA, _ROMAN = r"[一-龥々〆ヶ髙﨑]", r"[ァ-ヴー]", r"[ぁ-ん]", r"[A-Z][a-z]{1,15}"
_NAME = (
    rf"(?:{_K}{{1,4}}[ ・]?{_K}{{1,4}}(?:[ ]?(?![様殿氏]){_K}{{1,3}})?|{_K}{{1,4}}[ ]?(?:{_HIRA}{{2,4}}|{_KATA}{{2,5}})"
    rf"|{_KATA}{{2,8}}[ ・]{_KATA}{{2,10}}|{_HIRA}{{2,5}}[ ]{_HIRA}{{2,5}}|{_ROMAN}[ ]{_ROMAN}|[A-Z]{{2,12}}[ ][A-Z]{{2,12}})"
)
_HONOURED = r"(?:さん|様|さま(?!ざ)|氏|殿|くん|ちゃん)"
_END = rf"(?=[ \t]?{_HONOURED}|[ \t]?(?:$|[\s、。，,．.;；:)）」』】\]|/／<>\"'（(\n-]|の|は|が|を|に|と|から|より|本人|（))"
_LABELLED = re.compile(
    rf"(?<![一-龥々])(?:{_WHO}){_NOTE}[」』\"']?{_H}(?:[:=→|\t]|は、?){_H}[「『\"']?(?P<name>{_NAME}){_END}",
    re.IGNORECASE | re.MULTILINE,
)
_SPACED = re.compile(
    rf"(?<![一-龥々])(?:氏名|申請者|届出人|世帯主)(?:の?氏名)?[ \t]{{1,4}}(?P<name>{_K}{{1,3}}[ ]{_K}{{1,3}}|(?:{SURNAMES}){_K}{{1,3}}){_END}",
    re.MULTILINE,
)
_RESIDENT = re.compile(
    rf"(?:区民|住民|市民|来庁者|お客様|申請者|届出人|世帯主|本人)の、?(?P<name>(?:{SURNAMES})[ ]?{_K}{{0,3}})[ ]?(?:さん|様|さま|氏)"
)
_KANA_SPACED = re.compile(
    rf"(?:フリガナ|氏名[(（](?:カナ|フリガナ)[)）]|氏名カナ|カナ氏名)[ \t]{{1,3}}(?P<name>{_KATA}{{2,8}}[ ]{_KATA}{{2,8}})(?![一-龥ァ-ヴー])"
)
_KANA_LABELLED = re.compile(
    rf"(?:フリガナ|ふりがな|カナ氏名|氏名カナ|氏名[(（]カナ[)）]|読み仮名|よみがな){_H}(?:[:=→|\t]|は){_H}(?P<name>(?:{_KATA}{{2,10}}|{_HIRA}{{2,10}})(?:[ ・]?(?:{_KATA}{{1,10}}|{_HIRA}{{1,10}}))?)(?![一-龥])"
)
_SYLLABLES = (
    r"(?:(?:ch|sh|ts|[kgsztdnhbpmyrwfj]|[kgnhbpmr]y)?[aiueo]{1,2}|n(?![aiueoy])|[kstp](?=[kstp])|m(?=[bmp]))"
)
_NAME_ENGLISH = re.compile(
    rf"(?<![A-Za-z])Name{_H}[:=|\t]{_H}(?P<name>(?=[A-Z])(?i:{_SYLLABLES}{{2,7}})[ ](?=[A-Z])(?i:{_SYLLABLES}{{2,7}}))(?![A-Za-z])"
)
_ADDRESSED = re.compile(
    rf"(?<![一-龥々ァ-ヴーぁ-んA-Za-z])(?P<name>{_K}{{1,4}}[ ]{_K}{{1,4}}|{_K}{{2,6}}|{_KATA}{{2,8}}[ ・]{_KATA}{{2,8}}|{_K}{{1,4}}[ ]?(?:{_HIRA}{{2,4}}|{_KATA}{{2,5}}))[ ]?(?:様|さま)(?![式子々態相ざ])"
)
_AFTER_PARTICLE = re.compile(
    rf"(?<=[のはがをにとでへやも、])(?P<name>{_K}{{1,4}}[ ]{_K}{{1,4}}|{_K}{{2,6}})[ ]?(?:様|さま)(?![式子々態相ざ])"
)
_NO_NAME = re.compile(
    r"必須|任意|空[白欄]|未入力|文字|全角|半角|不明|非公開|省略|同上|同左|入力|表示|漢字|印字|印刷|記入|確認|選択|変更|登録|修正|削除|検索|"
    r"一覧|画面|項目|欄|形式|番号|情報|窓口|係|課|部|室|局|班|署|所$|会社|役所|役場|端末|書$|票$|証$|機$|名$|氏名|名前|住所|なし|"
    r"設定|取得|保存|送信|受信|連携|対象|以外|以下|以上|各|全|複数|個人|本人|代理|世帯|外字|旧字|異体|正字|空$|有無|可能|不可|済|順|"
    r"昇順|降順|自動|手動|仮名|匿名|伏字|架空|申請|利用|親族|無料|状$|例$|時$|後$|前$|中$|側$|用$|型$|値$|式$|別$|者$|方$|的|化|性$|等$"
)
_NO_ADDRESSEE = re.compile(
    r"お?客|皆|同$|仕$|模|多$|王|神$|各|利用者|担当|来庁|区民|住民|市民|業者|先$|貴|御|係|課|部|室|局|社$|所$|会$|者$|員$|人$|方$|"
    r"何$|有$|今$|両|左$|右$|一$|異$|人様|奥|旦那|お子|親|患者|保護|関係|弊|当$|職員|組合|店$|館$|校$|院$|園$|長$|主$"
)
_Y = r"(?:(?:明治|大正|昭和|平成|令和|[MTSHR])[ .]?(?:[0-9]{1,2}|元)|(?:19|20)[0-9]{2})"
_DATE = (
    rf"(?:{_Y}[ ]?(?:年|[-/.])[ ]?[01]?[0-9][ ]?(?:月|[-/.])[ ]?[0-3]?[0-9](?:[ ]?日)?|(?:19|20)[0-9]{{2}}[01][0-9][0-3][0-9]"
    rf"|[MTSHR][0-9]{{6}})(?![0-9])"
)
_BIRTH = re.compile(
    rf"(?:生年月日|誕生日|出生日|出生年月日|birth ?(?:day|date)|date of birth|DOB)[^0-9A-Za-z明大昭平令\n]{{0,10}}(?P<date>{_DATE})",
    re.IGNORECASE,
)
_BORN = re.compile(
    rf"(?<![0-9A-Za-z])(?P<date>{_DATE})[ ]?(?:生まれ|出生(?!届|率|数)|生(?=[\s)）、。,/|]|$))", re.MULTILINE
)
_REISSUED = re.compile(rf"(?<![0-9A-Za-z])(?P<date>{_DATE})[ ]?[(（](?:生年月日|誕生日|[0-9]{{1,3}}歳)")


_GENERIC = re.compile(
    rf"(?:名前|利用者|対象者|担当者?|連絡者){_NOTE}{_H}[:=|\t]{_H}(?P<name>(?:{SURNAMES})[ ]?(?:{_K}{{1,3}}|{_HIRA}{{2,4}}|{_KATA}{{2,5}})){_END}"
)
"""Words that label much else: here the name must begin with a common family name."""


def names_in(text: str, low: str) -> Iterator[Finding]:
    """Yield names of persons and birth dates in the folded text."""
    for pattern in (_LABELLED, _SPACED, _RESIDENT, _KANA_SPACED, _KANA_LABELLED, _NAME_ENGLISH, _GENERIC):
        for match in pattern.finditer(text):
            if not _NO_NAME.search(match["name"]):
                yield Finding("name", match.start("name"), match.end("name"))
    for pattern in (_ADDRESSED, _AFTER_PARTICLE):
        for match in pattern.finditer(text):
            if not _NO_ADDRESSEE.search(match["name"]):
                yield Finding("name", match.start("name"), match.end("name"))
    for pattern in (_BIRTH, _BORN, _REISSUED):
        for match in pattern.finditer(text):
            yield Finding("birth_date", match.start("date"), match.end("date"))
