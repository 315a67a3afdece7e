"""One scenario's clean bars: missing values filled, returns, outliers treated, economy joined."""

from tidemark import cleaning
from tidemark.step import Run, step


@step(per=("scenario",))
def preprocess(run: Run) -> None:
    """Write data/processed/{scenario}.parquet."""
    scenario = run.plain(run.config["scenarios"][run.scenario])
    min_history = run.config["preprocess"]["min_history"]
    raw = run.read_parquet(cleaning.RAW_PRICES)
    names = run.config["fetch_data"]["economic"]
    series = {name: run.read_parquet(f"data/raw/{name}.parquet") for name in names}
    cleaned = cleaning.clean(raw, series, scenario, min_history)
    for column, counts in cleaned.missing.items():
        run.log.info("%s: %d missing before, %d after", column, *counts)
    run.log.info(
        "outliers (%s): %d before, %d after", scenario["outliers"]["method"], *cleaned.outliers
    )
    if cleaned.dropped:
        run.note(f"{cleaned.dropped} rows dropped: no adj_close yet to start from")
    run.write_parquet(f"data/processed/{run.scenario}.parquet", cleaned.bars)
    imputed, treated = cleaned.bars["imputed"].sum(), cleaned.outliers[0]
    run.headline(f"{imputed} bars imputed, {treated} outliers treated")


if __name__ == "__main__":
    preprocess()
