"""Features computed in a fresh process, which has seen no other bars and ends with its answer.

So nothing that a feature's code keeps from one call to the next can take a later bar to an earlier
one: bars that end at a cut are computed by code that never saw what came after it. The step itself
computes no feature, so whatever is forked from it is fresh.
"""

import math
import random
from collections.abc import Sequence

from tidemark.arrays import Floats
from tidemark.errors import InputError
from tidemark.features import bar_features, families
from tidemark.features.feature import Feature
from tidemark.isolated import timed
from tidemark.isolated.family import Witness

import numpy as np
import pandas as pd


def values(
    bars: pd.DataFrame, features: Sequence[Feature], witness: Witness | None = None
) -> pd.DataFrame:
    """A column for each feature, as `bar_features.values`, from a fork of this process.

    Args:
        bars: as there.
        features: to compute.
        witness: see `isolated`.

    Raises:
        InputError: as there; or the process ended by itself, such as for want of memory.
    """
    found: list[Floats] = []

    def work(tell: timed.Tell) -> None:
        random.seed()
        np.random.seed()  # noqa: NPY002 - code that draws from it must not draw the same
        for column in bar_features.columns(bars, features):
            tell(column)

    try:
        timed.within(math.inf, work, found.append, witness)
    except timed.EndedError as error:
        feature = features[min(len(found), len(features) - 1)]
        raise InputError(
            families.file_of(families.family_of(feature)),
            f"the process that computes {feature.label} {error}",
            "memory may have run out, or native code that it calls failed",
        ) from error
    table = {feature.label: column for feature, column in zip(features, found, strict=True)}
    return pd.DataFrame(table, index=bars.index, copy=False)
