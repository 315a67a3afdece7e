"""Errors that are addressed to the person who can mend them."""

from collections.abc import Iterable


class InputError(Exception):
    """Bad input, configuration or contract: the step ends with exit code 2 and nothing is replaced.

    `where` names the file, line, row or key, `problem` says what is wrong there, one fault a line,
    and `cure` says what to do.
    """

    def __init__(self, where: str, problem: str, cure: str = "") -> None:
        super().__init__(where, problem, cure)
        self.where = where
        self.problem = problem
        self.cure = cure

    def __str__(self) -> str:
        lines = [printable(line, 1000) for line in self.problem.split("\n")]
        between = ". " if len(lines) == 1 else "\n"
        cure = f"{between}Cure: {printable(self.cure, 1000)}" if self.cure else ""
        return f"{printable(self.where)}: " + "\n".join(lines) + cure


class UndecidedError(InputError):
    """Nothing is broken, but somebody must decide first; the cure says by which command."""


def together(first: InputError, *others: InputError) -> InputError:
    """Several faults as one error, a line each."""
    lines = [first.problem, *(f"{other.where}: {other.problem}" for other in others)]
    cures = dict.fromkeys(error.cure for error in (first, *others))
    return InputError(first.where, "\n".join(lines), "; ".join(cures))


class BadValue(Exception):
    """A parameter with which nothing can be computed, said by code that knows no files.

    `parameter` is its name as the code has it, with the names of settings that it stands in before
    it, joined by dots; empty if it is all of them together. A step knows which key of the
    configuration that is, and tells the user its file and line.
    """

    def __init__(self, parameter: str, problem: str, cure: str) -> None:
        super().__init__(parameter, problem, cure)
        self.parameter = parameter
        self.problem = problem
        self.cure = cure


def printable(text: str, longest: int = 200) -> str:
    """Text for one line of a terminal: what cannot be printed is escaped, what is too long cut."""
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[: longest + 1])
    return shown if len(shown) <= longest else f"{shown[: longest - 3]}..."


def hint(word: str, known: Iterable[str]) -> str:
    """` (did you mean seed?)` if a known word is close, else nothing."""
    return did_you_mean(nearest(word, known))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like `word`, if any is."""
    import difflib

    return next(iter(difflib.get_close_matches(word, list(known), n=1)), None)


def did_you_mean(word: str | None) -> str:
    """` (did you mean seed?)`; nothing without a word."""
    return f" (did you mean {word}?)" if word else ""


def first_line(error: Exception) -> str:
    """What a library says of its error, fit for the middle of a sentence."""
    return str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
