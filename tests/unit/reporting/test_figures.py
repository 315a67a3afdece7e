"""The figures: the same axes for all models, a count of what they leave out, the same bytes."""

import logging

from tidemark.files import store
from tidemark.harness.run import Run
from tidemark.models import reliability, spread
from tidemark.reporting import figures, probability_figures
from tidemark.statistics import bootstrap

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure


def forecasts_of(predicted, model="ridge", fitted="ridge", rows=400, scale=0.01):
    draw = np.random.default_rng(4)
    frame = pd.DataFrame(
        {
            "timestamp": pd.date_range("2011-01-03", periods=rows).astype("datetime64[us]"),
            "ticker": "A",
            "y_true": scale * draw.standard_t(4, rows),
            "y_pred": predicted,
        }
    )
    return of_frame(frame, "mean_impute", model, fitted, 1)


def of_frame(frame, scenario, model, fitted, horizon):
    """With what evaluate says of such forecasts."""
    scores = {
        "fitted": fitted,
        "rows": len(frame),
        "first": frame["timestamp"].min().isoformat(),
        "last": frame["timestamp"].max().isoformat(),
    }
    true, predicted = (100.0 * frame[name].to_numpy() for name in ("y_true", "y_pred"))
    tenths = spread.tenths(predicted, true - predicted)
    found = spread.beyond(true, predicted) | {"tenths": tenths}
    return figures.Forecasts(scenario, model, scores, found, horizon, frame)


LINES = ("middle", "low", "high")
NOISE = np.random.default_rng(6).normal(0, 0.002, 400)


def drawn(kind, forecasts):
    return figures.draw(figures.KINDS[kind], forecasts)


def axes_of(kind, forecasts):
    return drawn(kind, forecasts).axes[0]


def words(figure):
    return " ".join(text.get_text() for text in figure.texts)


@pytest.mark.parametrize("kind", figures.KINDS)
@pytest.mark.parametrize("predicted", [NOISE, 0.0007, 50 * NOISE])
def test_limits_are_the_same_for_every_model(kind, predicted):
    one, other = (axes_of(kind, forecasts_of(p)) for p in (NOISE, predicted))
    assert one.get_xlim() == other.get_xlim()
    assert one.get_ylim() == other.get_ylim()


@pytest.mark.parametrize("kind", figures.KINDS)
def test_titles_and_units(kind):
    figure = drawn(kind, forecasts_of(NOISE))
    assert figures.KINDS[kind].title in words(figure)
    assert "ridge, mean_impute; 400 test rows, 2011-01-03 to 2012-02-06" in words(figure)
    assert "next-bar return (%)" in figure.axes[0].get_xlabel()
    assert figure.axes[0].get_ylabel()


def test_a_fallback_is_named():
    assert "svr (fitted: ridge)" in words(drawn("hexbin", forecasts_of(NOISE, model="svr")))


def test_longer_horizons_are_named():
    forecasts = of_frame(forecasts_of(NOISE).frame, "s", "m", "m", 5)
    assert axes_of("hexbin", forecasts).get_xlabel() == "predicted 5-bar return (%)"


def test_what_lies_outside_is_counted():
    forecasts = forecasts_of(np.where(np.arange(400) < 7, 0.5, 0.0))
    beyond = int((np.abs(forecasts.true[7:]) > forecasts.reach).sum()) + 7
    for kind in ("predicted_vs_true", "hexbin"):
        assert f"{beyond} of 400 rows lie outside" in words(drawn(kind, forecasts))


def test_bars_that_are_cut_are_counted():
    assert "cut" not in words(drawn("residual_histogram", forecasts_of(0.0)))
    same = forecasts_of(forecasts_of(0.0).frame["y_true"])  # all residuals are 0
    assert same.spread["bars_cut"] == 1
    assert "0 residuals lie outside. 1 bars are cut." in words(drawn("residual_histogram", same))


def test_tenths_are_drawn_as_they_stand_in_the_table():
    forecasts = forecasts_of(NOISE)
    lines = [line.get_ydata() for line in axes_of("residuals_vs_predicted", forecasts).lines[1:]]
    drawn = [[tenth[name] for tenth in forecasts.spread["tenths"]] for name in LINES]
    assert [list(line) for line in lines] == drawn
    assert len(axes_of("residuals_vs_predicted", forecasts_of(0.0)).lines) == 1


def test_reach_holds_almost_all_returns_and_is_round():
    forecasts = forecasts_of(NOISE, scale=0.0123)
    inside = np.abs(forecasts.true) <= forecasts.reach
    assert 0.99 <= inside.mean() <= 1.0
    assert (forecasts.reach / 0.5) % 1 == 0


@pytest.mark.parametrize("kind", figures.KINDS)
def test_degenerate_returns_can_be_drawn(kind):
    store.figure_bytes(drawn(kind, forecasts_of(0.0, scale=0.0)), 60)


@pytest.mark.parametrize("kind", figures.KINDS)
def test_same_bytes_each_time(kind):
    one, two = (store.figure_bytes(drawn(kind, forecasts_of(NOISE)), 60) for _ in range(2))
    assert one == two
    assert one.startswith(b"\x89PNG")
    assert b"tEXt" not in one
    assert b"tIME" not in one


class Stub:
    """The parts of a run that a figure needs, with a disk that fails so many times."""

    log = logging.getLogger("stub")

    def __init__(self, failures):
        self.failures, self.alerts, self.provisional = failures, [], ""
        self.write = self.tell = self

    def figure(self, path, figure, dpi):
        self.failures -= 1
        if self.failures >= 0:
            raise OSError(28, "No space left on device")
        return "c0ffee"

    def alert(self, message):
        self.alerts.append(message)

    def retry_next_time(self, why):
        self.provisional = why


@pytest.mark.parametrize(("failures", "saved"), [(0, "c0ffee"), (1, "c0ffee"), (2, None)])
def test_a_figure_is_tried_twice_then_marked_missing(failures, saved):
    run = Stub(failures)
    figure = drawn("hexbin", forecasts_of(NOISE))
    assert Run.save_figure(run, "reports/figs/x.png", figure, 50) is saved
    assert run.alerts == (
        [] if saved else ["reports/figs/x.png is missing: No space left on device"]
    )
    assert bool(run.provisional) is not saved


SURE = 1 / (1 + np.exp(-np.random.default_rng(7).normal(0, 2, 400)))


def chances_of(predicted):
    """Probabilities of a rise, which come true as often as they say, if they do not say 0 or 1."""
    rose = (np.random.default_rng(8).random(400) < SURE).astype(float)
    frame = forecasts_of(0.0).frame.assign(y_true=rose, y_pred=predicted, y_base=0.52)
    dates, said = frame["timestamp"].to_numpy(), frame["y_pred"].to_numpy()
    starts = bootstrap.block_starts(400, 5, 200, 1)
    groups = reliability.groups(dates, rose, said, starts, 5, 0.9)
    scores = forecasts_of(0.0).scores | {"fitted": "logistic"}
    return figures.Forecasts("plain", "logistic", scores, {"reliability": groups}, 1, frame)


@pytest.mark.parametrize("kind", probability_figures.KINDS)
def test_figures_of_probabilities_say_what_they_show_and_have_the_same_bytes(kind):
    about = probability_figures.KINDS[kind]
    one, other = (figures.draw(about, chances_of(SURE)) for _ in range(2))
    assert about.title in words(one)
    assert "logistic, plain; 400 test rows" in words(one)
    assert one.axes[0].get_xlabel() == "forecast probability that the next-bar return is above 0"
    assert store.figure_bytes(one, 60) == store.figure_bytes(other, 60)


@pytest.mark.parametrize("predicted", [SURE, 0.52, np.float64(1.0), np.repeat([0.0, 1.0], 200)])
@pytest.mark.parametrize("kind", probability_figures.KINDS)
def test_whatever_is_forecast_can_be_drawn_within_its_axes(kind, predicted):
    forecasts = chances_of(predicted)
    axes = figures.draw(probability_figures.KINDS[kind], forecasts).axes[0]
    low, high = axes.get_xlim()
    assert low <= forecasts.frame["y_pred"].min() <= forecasts.frame["y_pred"].max() <= high


def test_points_of_reliability_are_rows_of_the_table():
    forecasts = chances_of(SURE)
    axes = figures.draw(probability_figures.KINDS["reliability"], forecasts).axes[0]
    (points,) = [line for line in axes.lines if line.get_marker() == "o"]
    groups = forecasts.spread["reliability"]
    expected = [[group["forecast"], group["observed"]] for group in groups]
    assert points.get_xydata().tolist() == expected


def test_the_legend_of_reliability_hides_no_data_and_is_whole():
    figure = figures.draw(probability_figures.KINDS["reliability"], chances_of(SURE))
    store.figure_bytes(figure, 60)
    (axes,) = figure.axes
    legend = axes.get_legend().get_window_extent()
    assert not legend.overlaps(axes.get_window_extent())
    assert figure.bbox.x1 >= legend.x1


@pytest.mark.parametrize(("rows", "strength"), [(0, 1.0), (10_000, 1.0), (40_000, 0.5)])
def test_dots_are_the_paler_the_more_there_are(rows, strength):
    axes = Figure().add_axes((0, 0, 1, 1))
    figures._dots(axes, np.zeros(rows), np.zeros(rows), 0.3)
    (dots,) = axes.collections
    assert dots.get_alpha() == pytest.approx(0.3 * strength)
