"""The word lists of the analyser, in Sudachi's normalised spelling after folding.

STOP words are never indexed. ASKING words only ask: they stay in the index, but weigh little in a query.
"""

STOP = frozenset(
    """
    為る 有る 居る 成る 遣る 下さる れる られる せる させる 事 物 為 様 此れ 其れ 彼れ 何れ 此の
    其の 彼の 何の 此処 其処 彼処 此方 其方 斯かる 斯う 然う 等 達 方 者 所 時 際 内 上 中 下 毎
    ずつ 位 程 迄 御 ご お 的 性 化 さ 様だ 又 及び 且つ 又は 若しくは 一 つ 於く 因る 依る 拠る
    就く こと もの よう よる ため とき おく おる もう そう より その この いずれ 関する 対する 言う
    云う 行う 来る 行く a an and are as at be by for from has have if in into is it its of on or
    that the this to was were will with you your フォー ザ アンド オブ オア イン オン トゥー
    """.split()
)

ASKING = frozenset(
    """
    教える 方法 可能 知る 聞く 尋ねる 願う 致す 出来る 如何 何故 何 何処 何時 誰 幾つ 幾ら 場合 仕方
    やり方 遣り方 手順 解決 対処 原因 理由 分かる 欲しい 貰う 頂く 困る 質問 宜しい 良い つもり 思う
    考える もっと どう どの どのような どちら どこ いつ なぜ なに
    ハウ do doe did can could would my me i ウィー our プリーズ ホワット when where why who which
    ニード ウォント get
    """.split()
)
