"""Files as people have them are read as what they say, asked about, or refused with a cure."""

import re

from forms import Case, answered, cases
from tidemark.errors import InputError

import pandas as pd
import pytest

CASES = {True: [], False: []}
for one in cases():
    CASES[one.refused is not None].append(pytest.param(one, id=one.folder.name))


@pytest.mark.parametrize("case", CASES[False])
def test_what_files_say_is_what_is_read_once_their_questions_are_answered(case: Case):
    truth = {question: [answer] for question, answer in case.asks.items()}
    came, answers = answered(case.file, case.files, truth)
    assert answers == case.asks
    assert len(case.expected) >= 10
    pd.testing.assert_frame_equal(came.records, case.expected, check_exact=True)


@pytest.mark.parametrize("case", CASES[True])
def test_what_cannot_be_read_is_refused_with_a_cure(case: Case):
    with pytest.raises(InputError, match=re.escape(case.refused)) as refused:
        answered(case.file, case.files, {})
    assert refused.value.cure
