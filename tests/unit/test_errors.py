from tidemark.errors import InputError


def test_a_long_problem_keeps_its_cure():
    message = str(InputError("p.csv:3", "x" * 5000 + "\n" + "y" * 5000, "mend\nit"))
    first, second, cure = message.split("\n")
    assert first == "p.csv:3: " + "x" * 997 + "..."
    assert second == "y" * 997 + "..."
    assert cure == "Cure: mend\\nit"
    assert str(InputError("p.csv:3", "x", "mend it")) == "p.csv:3: x. Cure: mend it"
    assert len(str(InputError("w" * 500, "p", "c" * 5000))) < 1300
