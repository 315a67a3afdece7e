"""How figures are drawn."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le


@dataclass(frozen=True)
class Plots:
    """Figures.

    Attributes:
        dpi: dots an inch.
    """

    dpi: Annotated[int, Ge(50), Le(600)] = 110
