"""YAML that is hostile or meaningless: one message with line and column, at once."""

import time

from tidemark.config.yaml_lines import DEEPEST, parse
from tidemark.errors import InputError

import pytest

LAUGHS = ["a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
LAUGHS += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]

FAULTS = {
    "billion laughs": ("\n".join(LAUGHS), "aliases unfold to more than"),
    "endless nesting": (
        "a: " + "[" * 99_999,
        f"f.yaml:1:{DEEPEST + 3}: not valid YAML: more than {DEEPEST}",
    ),
    "nested blocks": ("- " * 50_000, f"more than {DEEPEST} levels"),
    "deep by aliases": (
        "\n".join([f"a{n}: &a{n} [*a{n - 1}]" if n else "a0: &a0 [1]" for n in range(2000)]),
        f"more than {DEEPEST} levels",
    ),
    "anchor that holds itself": ("a: &a\n  b: [*a]", "f.yaml:1:4: a.b.0: an anchor holds itself"),
    "alias of nothing": ("a: *b", "f.yaml:1:4: not valid YAML: found undefined alias 'b'"),
    "list as key": ("b: 1\n? [a]\n: 1", "f.yaml:2:3: a list or a mapping is no key"),
    "mapping as key": ("{a: 1}: 2", "f.yaml:1:1: a list or a mapping is no key"),
    "Python object": (
        "a: !!python/object/apply:os.system [ls]",
        "f.yaml:1:4: a: has the tag tag:yaml.org,2002:python/object/apply:os.system",
    ),
    "binary": ("a: !!binary aGE=", "f.yaml:1:4: a: has the tag tag:yaml.org,2002:binary"),
    "set": ("a: !!set {b}", "f.yaml:1:4: a: has the tag tag:yaml.org,2002:set"),
    "unknown tag": ("a: !b 1", "f.yaml:1:4: a: has the tag !b"),
    "tag of a number on text": ("a: !!int b", "f.yaml:1:4: a: is not the number that its tag says"),
    "tag of a truth on text": ("a: !!bool b", "f.yaml:1:4: a: is not the bool that its tag says"),
    "tag of text on a mapping": ("a: !!str {b: 1}", "f.yaml:1:4: a: is not the str that its tag"),
    "integer of 5,000 digits": ("b: 1\nseed: " + "9" * 5000, "f.yaml:2:7: seed: has more than 40"),
    "version of 5,000 digits": ("%YAML 1." + "1" * 5000 + "\n---\na", "f.yaml:1:9: not valid YAML"),
    "merge key": ("a: &a {b: 1}\nc:\n  <<: *a", "f.yaml:3:3: c: << merges nothing here"),
    "NUL": ("a: 1\nb: \0", "f.yaml:2:4: holds the sign U+0000"),
    "escaped NUL": ('a: "\\0"', "f.yaml:1:4: a: holds the sign U+0000"),
    "lone surrogate": ('a: "\\ud800"', "f.yaml:1:4: a: holds the sign U+D800"),
    "letter beyond Unicode": ('a: "\\UFFFFFFFF"', "f.yaml:1:7: not valid YAML"),
    "two documents": ("a: 1\n---\nb: 2", "f.yaml:2:1: not valid YAML"),
    "large file": ("#" * 300_001, "f.yaml:1:1: has more than 300,000 bytes"),
    "many values": ("[" + "1," * 21_000 + "]", "20,000 values"),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_hostile_file_is_refused_at_once_in_one_line(kind):
    text, told = FAULTS[kind]
    began = time.process_time()
    with pytest.raises(InputError) as error:
        parse("f.yaml", text.encode())
    assert time.process_time() - began < 5
    message = str(error.value)
    assert told in message
    assert message.startswith("f.yaml:")
    assert message.isprintable()
    assert len(message) < 300


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "latin-1"])
def test_another_encoding_is_named_with_its_place(encoding):
    with pytest.raises(InputError, match=r"^f\.yaml:\d+:\d+: .*save the file as UTF-8"):
        parse("f.yaml", "a: é\n".encode(encoding))


def test_aliases_keys_and_tags_that_say_what_is_there_anyway_are_taken():
    text = "\ufeffa: &a [!!str 1, !!int 2, !!float 3, !!null ~, !!seq []]\n1: *a\n"
    text += "true: {}\n-0.0: -0.0\n"
    found, places = parse("f.yaml", text.encode())
    assert found == {"a": ["1", 2, 3.0, None, []], "1": found["a"], "true": {}, "-0.0": 0.0}
    assert str(found["-0.0"]) == "0.0"
    assert places["1", 2] == (1, 26)
