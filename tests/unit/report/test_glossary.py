"""The glossary has every term in both languages, and a page of it says what it marks as English."""

import html
import re

from citymrio.report.glossary import glossary_page, terms


def test_every_term_has_a_name_and_a_meaning_in_both_languages():
    assert len({one.term for one in terms()}) == len(terms()) > 70
    assert [one.term for one in terms() if not all(one)] == []
    chinese = [one.term_zh for one in terms()]
    assert len(set(chinese)) == len(chinese)
    assert [one for one in terms() if not re.search("[\u4e00-\u9fff]", one.meaning_zh)] == []


def test_terms_of_the_field_are_those_of_the_field():
    said = " ".join(one.term_zh for one in terms())
    for word in (
        *("多区域投入产出表", "技术系数", "列昂惕夫逆矩阵", "固定资本形成总额", "存货变动"),
        *("生产侧排放", "消费侧排放", "交叉熵", "嵌套"),
    ):
        assert word in said, word


def test_the_page_names_every_term_in_both_languages_and_marks_what_is_english():
    text = glossary_page("zh")
    assert '<html lang="zh">' in text and text.count('<th scope="row">') == len(terms())
    for one in terms():
        assert html.escape(one.term.replace("`", ""), quote=False) in text, one.term
    own = re.sub(r"<(style|code)>.*?</\1>", " ", text, flags=re.S)
    own = re.sub(r'<td lang="en">.*?</td>', " ", own)
    left = set(re.findall("[A-Za-z]{3,}", html.unescape(re.sub("<[^>]+>", " ", own))))
    assert left <= {
        *("GDP", "CBA", "PBA", "MRIO", "WAPE", "means", "Kullback", "Leibler"),
        *("theta", "kappa"),
    }
