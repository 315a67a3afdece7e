"""Stretches of market history that later users ask for, beside those of the shipped configuration.

Dates are those of the S&P 500's closes: from the day after a record to the lowest close.
"""

# As in `market_scenarios.historical`.
STRETCHES = {
    "crash_1987": {
        "start": "1987-08-26",
        "end": "1987-12-04",
        "source": "S&P 500, from the record close of 1987-08-25 to the lowest close",
    },
    "russian_default_1998": {
        "start": "1998-07-18",
        "end": "1998-08-31",
        "source": "S&P 500, from the record close of 1998-07-17 to the lowest close",
    },
    "fourth_quarter_2018": {
        "start": "2018-09-21",
        "end": "2018-12-24",
        "source": "S&P 500, from the record close of 2018-09-20 to the lowest close",
    },
    "rate_rise_2022": {
        "start": "2022-01-04",
        "end": "2022-10-12",
        "source": "S&P 500, from the record close of 2022-01-03 to the lowest close",
    },
    "tariffs_2025": {
        "start": "2025-02-20",
        "end": "2025-04-08",
        "source": "S&P 500, from the record close of 2025-02-19 to the lowest close",
    },
}
