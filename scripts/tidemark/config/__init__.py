"""What `config.yaml` may say: the settings of all rooms, checks across them, errors with lines.

`settings` puts together what each room declares in its own `settings`, `schema` makes of it what
checks the file, `completed` fills in what follows from other keys, `cross_checks` asks what must
hold between keys, `live_checks` those of live sources, `beside` what of the files beside it, and
`fault` lists what can be wrong; `load`
reads the file, in which `yaml_lines` knows the line of each key, `sections` fills settings with its
values, `view` keeps one small file for each key, hands keys out, and remembers which were asked
for; of `secrets` nothing that is shared has the values. `kinds` says what instances of a step may
be of; `given` tells what code refused as a value of the file; `estimators_page` is what users read
of the kinds of models; `mirror` says where a copy is kept.

Never: imports `pandas`, `numpy`: it is read before every make.
"""
