"""The sample written anew in hundreds of forms: read as it was, asked about, or refused.

The short form takes a few, the long form 300. The number of an export seeds it, so a failure can be
repeated.
"""

from collections import Counter

from forms import answered, records
from reexports import Export, export_of
from tidemark.errors import InputError

import pandas as pd
import pytest

EXPORTS, FEW = 300, 8
AT_MOST_REFUSED = 0.02


@pytest.fixture(scope="module")
def exports(long: bool) -> list[int]:
    """The numbers of the exports."""
    return list(range(EXPORTS if long else FEW))


def test_what_a_configuration_says_of_a_file_is_followed(exports):
    wrong = []
    for number in exports:
        export = export_of(number)
        try:
            read = records(export.files, export.section)
        except InputError as error:
            wrong.append(told(number, error, export))
        else:
            wrong += differences(number, read, export)
    assert not wrong, "\n".join(wrong)


def test_what_is_adopted_is_what_was_exported(exports):
    wrong, came = [], Counter()
    for number in exports:
        export = export_of(number)
        try:
            adopted, answers = answered(export.path, export.files, export.truth)
        except InputError as error:
            came["refused"] += 1
            wrong += [] if error.cure else [told(number, error, export)]
        except AssertionError as error:
            wrong.append(told(number, error, export))
        else:
            came["asked" if answers else "read"] += 1
            wrong += differences(number, adopted.records, export)
    assert not wrong, "\n".join(wrong)
    assert came["refused"] <= AT_MOST_REFUSED * len(exports), came


def differences(number: int, read: pd.DataFrame, export: Export) -> list[str]:
    """How records differ from those that were exported."""
    try:
        pd.testing.assert_frame_equal(read, export.expected, check_exact=True)
    except AssertionError as error:
        return [told(number, error, export)]
    return []


def told(number: int, error: Exception, export: Export) -> str:
    """For messages: what was wrong, and the choices that the export is made of."""
    return f"{number}: {error}\n    {export.words}"
