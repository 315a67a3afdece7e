"""The one place that asks the network for data, so that providers and all else need not.

`client` asks one provider, within its `budget` and as often as `trying` allows, over a
`transport`; `bodies` and `payloads` say what of its answers is no data, `rejected` keeps that, and
`keys` has what must not be told. `outcomes` keeps what came of a source's last fetch, `standing`
says how old what is stored is by the clock.

Never: knows what an API looks like, which is its provider's: imports `csv`, `zipfile`, `io`.
Never: takes part in what steps compute, or starts one: imports `features`, `models`, `market`,
  `harness`, `dag`, `config`.
"""
