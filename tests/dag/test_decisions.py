"""What people decide between two makes: a schema that they read, a contract that they renew."""

from conftest import Tree

GATED = {"validate_schema prices", "data_gate"}


def test_a_changed_schema_stops_until_somebody_has_read_it(tree: Tree):
    tree.edit("schemas/prices.json", '"max_age_days": 7', '"max_age_days": 8')
    stopped = tree.make("data_gate")
    assert stopped.code == 2
    assert (
        "schemas/prices.json: is not as somebody acknowledged it. Cure: read it" in stopped.stderr
    )
    assert "did you mean prices?" in tree.make("acknowledge", SOURCE="price", REASON="x").stderr
    assert "REASON: is empty" in tree.make("acknowledge", SOURCE="prices").stderr
    assert tree.make("acknowledge", SOURCE="prices", REASON="a holiday week").code == 0
    assert "already" in tree.make("acknowledge", SOURCE="prices", REASON="again").stdout
    outcome = tree.make("preprocess")
    assert (outcome.code, outcome.ran) == (0, GATED)
    assert not tree.planned() & {"preprocess mean_impute", *GATED}

    (record,) = (tree.path / "data/decisions/schemas").glob("0*.json")
    assert "a holiday week" in record.read_text("utf-8")
    record.unlink()
    lost = tree.make("data_gate")
    assert lost.code == 2
    assert "00001.json: is gone, though no record is ever removed" in lost.stderr


def test_all_that_is_wrong_beside_the_configuration_is_said_at_once(tree: Tree):
    tree.edit("schemas/prices.json", '"max_age_days": 7', '"max_age_days": 8')
    tree.edit("config.yaml", "windows: [5, 21, 63]", "windows: [5, 21]")
    tree.edit("config.yaml", "calendar: XNYS", "calendar: XNYZ")
    stopped = tree.make("all")
    assert (stopped.code, stopped.ran) == (2, set())
    for words in (
        "validate_schema.calendar: unknown exchange calendar",
        "schemas/prices.json is not as somebody acknowledged it",
        "schemas/feature_contract.yaml lists without need mean_gap_63",
    ):
        assert words in stopped.stderr
