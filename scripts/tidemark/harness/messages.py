"""What a step tells people: on the screen, in its log and checkpoint, and to its owner."""

from contextlib import AbstractContextManager

from tidemark.harness import console, logs, owners
from tidemark.harness.instance import Instance
from tidemark.harness.logs import run_id
from tidemark.harness.progress import Progress
from tidemark.project import Tree


class Messages:
    """The messages of one run.

    Args:
        last_seconds: what the run before took; None if there was none.

    Attributes:
        log: the step's own log file.
        figure: what `headline` was told.
        notes: what the checkpoint keeps.
    """

    def __init__(self, tree: Tree, instance: Instance, last_seconds: float | None = None) -> None:
        self._tree, self._instance = tree, instance
        self._progress = Progress(last_seconds)
        context = {"step": instance.step, **instance.names, "run": run_id()}
        self.log = logs.for_step(tree, instance.name, context)
        self.figure = ""
        self.notes: list[str] = []

    def headline(self, text: str) -> None:
        """The one telling figure on this step's line."""
        self.figure = text

    def note(self, text: str) -> None:
        """Something the user should know: shown at once, and kept in the checkpoint and the log."""
        self.notes.append(text)
        self.log.warning(text)
        self._show(text)

    def _show(self, text: str) -> None:
        console.say(f"    note: {self._instance.title}: {text}")

    def progress(self, done: int, of: int, what: str) -> None:
        """How far a long step is: `progress(34, 115, "market scenarios")`.

        It may be called as often as something is done; see `telling` for when that is shown. Called
        before the first is done (`progress(0, ...)`), it leaves what came before out of the rate.
        """
        self._progress.count(done, of, what)

    def telling(self) -> AbstractContextManager[None]:
        """Show in the block how far the step is, from its tenth second on; count it or not."""
        return self._progress.told(self._show_progress)

    def _show_progress(self, text: str) -> None:
        self.log.info(text)
        console.say(f"    {self._instance.title}: {text}")

    def alert(self, message: str, severity: str = "warning") -> None:
        """A note that the step's owner is told too, as `owners` has it."""
        self.note(message)
        self.owner(message, severity)

    def owner(self, message: str, severity: str) -> None:
        """An alert without a note."""
        log = str(logs.path_of(self._instance.name))
        of = self._instance
        for trouble in owners.tell(self._tree, of.step, of.names, message, severity, log):
            self.log.warning(trouble)
            self._show(trouble)
