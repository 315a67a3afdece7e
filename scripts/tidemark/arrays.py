"""The types of arrays by what they hold; docstrings give shapes, such as (bars, tickers)."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]
Integers: TypeAlias = NDArray[np.intp]
Times: TypeAlias = NDArray[np.datetime64]
