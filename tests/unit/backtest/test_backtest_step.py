"""What the step says before it trades."""

import backtest as backtest_step


def test_large_work_is_said_before_it_starts_and_how_to_make_it_less():
    assert backtest_step._ahead(11, 5, 115) is None
    told = backtest_step._ahead(11, 500, 119)
    assert told.startswith("up to 654,500 cells to trade: 11 sets x 500 tickers x 119 market scen")
    assert "market_scenarios.stochastic.paths" in told
