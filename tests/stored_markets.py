"""Market scenarios in files, as the step writes them and others read them."""

from contextlib import ExitStack, contextmanager
from pathlib import Path

from tidemark.files import store
from tidemark.market.scenarios import files


@contextmanager
def stored(built, folder):
    """The market scenarios once more, with their bars in files of a folder."""
    records = write(built, folder)
    with files.stored(records, opener(folder)) as markets:
        yield markets


def write(built, folder):
    """Write the bars, one market scenario after the other as they come; their records."""
    records = []
    with ExitStack() as stack:
        parts = {}
        for kind, file in files.FILES.items():
            path = folder / Path(file).name
            parts[kind] = store.ParquetParts(path, file, files.REPEATING)
            stack.callback(parts[kind].close)
        for one in built:
            if len(records) == 0:
                none = files.none_of(one.prices)
            records.append(one.record())
            for frame in files.in_parts(one) if one.kind in parts else ():
                parts[one.kind].write(frame)
        for each in parts.values():
            if not each.rows:
                each.write(none)
    return records


def opener(folder):
    """Stands in for `run.read.rows_by_text`."""

    @contextmanager
    def opened(paths, by, categories):
        with ExitStack() as stack:
            there = [stack.enter_context((folder / Path(path).name).open("rb")) for path in paths]
            yield store.RowsByText(there, by, categories)

    return opened
