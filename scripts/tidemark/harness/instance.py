"""One instance of a step: what it is of, and its names in files, in commands and for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from tidemark.config.kinds import joined


@dataclass(frozen=True)
class Instance:
    """`evaluate` of {scenario: median_impute, model: ridge}: a step, and a name of each kind."""

    step: str
    names: Mapping[str, str]

    @property
    def name(self) -> str:
        """The name of its checkpoint, `evaluate_median_impute_ridge`; seeds derive from it too."""
        return joined(self.step, *self.names.values())

    @property
    def stem(self) -> str:
        """What the names of its files begin with: `median_impute_ridge`."""
        return joined(*self.names.values())

    @property
    def words(self) -> str:
        """What it is of, for people: `median_impute ridge`."""
        return " ".join(self.names.values())

    @property
    def title(self) -> str:
        """Step and names, for people: `evaluate median_impute ridge`."""
        return f"{self.step} {self.words}".rstrip()

    @property
    def command(self) -> list[str]:
        """Script and options: `scripts/evaluate.py --scenario median_impute --model ridge`."""
        options = (part for kind, name in self.names.items() for part in (f"--{kind}", name))
        return [f"scripts/{self.step}.py", *options]

    @classmethod
    def of(cls, command: Sequence[str]) -> "Instance":
        """The instance that `command` starts."""
        script, *options = command
        kinds = [option.removeprefix("--") for option in options[::2]]
        return cls(PurePath(script).stem, dict(zip(kinds, options[1::2], strict=True)))
