"""Folding: one spelling for what people write in many."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.folding import fold, fold_with_offsets


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("ｱｳﾄﾙｯｸ", "アウトルック"),
        ("ＯＲＡ－１２５４１", "ora-12541"),
        ("ORA‐12541", "ora-12541"),
        ("KBー0001", "kb-0001"),
        ("ｶﾞｲﾄﾞ", "ガイド"),
        ("サーバー", "サーバ"),
        ("プリンターが", "プリンタが"),
        ("コピー", "コピー"),
        ("カード", "カード"),
        ("ヴァイオリン", "バイオリン"),
        ("レヴュー", "レビュ"),
        ("ミキサー", "ミキサ"),
        ("タブ\u200bレット", "タブレット"),
        ("Excel", "excel"),
        ("①番窓口", "1番窓口"),
    ],
)
def test_spellings_that_mean_the_same_become_one(written, folded):
    assert fold(written) == folded


@pytest.mark.parametrize("written", ["", "a\x00b", "\ud800", "ー", "ヴ", "\u3099", "\ufeff", "ﾞ"])
def test_odd_text_folds_without_an_error_and_can_be_encoded(written):
    fold(written).encode("utf-8")
    folded, origin = fold_with_offsets(written)
    assert len(origin) == len(folded) + 1


@given(
    st.text(
        alphabet=st.sampled_from("aZ09-－ー‐ヴァプリンタサバｱｶﾞﾊﾟ゙漢字かな 　\u200b\x00①㈱\ud800"), max_size=30
    )
)
def test_folding_with_offsets_gives_the_same_text(written):
    folded, origin = fold_with_offsets(written)

    assert folded == fold(written)
    assert origin == sorted(origin) and origin[-1] == len(written)


@given(st.text(max_size=40))
def test_folding_never_raises_and_leaves_no_full_width_letters(written):
    folded = fold(written)

    folded.encode("utf-8")
    assert not [c for c in folded if unicodedata.name(c, "").startswith("FULLWIDTH LATIN")]
