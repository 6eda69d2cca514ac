"""A team's data files: each form is read, each flaw is named by its line, and no test text stands in the training."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from embeddings.chunker import Section
from embeddings.workbench.sets.check import LeakError, checked, doubts, refuse_leaks, refuse_leaks_between, split_note
from embeddings.workbench.sets.near import near_pairs
from embeddings.workbench.sets.read import MOST_PROBLEMS, Example, read_data
from embeddings.workbench.sets.retrieval_set import retrieval_set, sides
from embeddings.workbench.sets.rows import InvalidDataError

ROWS: list[dict[str, Any]] = [
    {"question": "Where is my parcel?", "passage": "Track a parcel by its number.", "split": "train"},
    {"question": "How do I return shoes?", "passage": "Send them back within a month.", "split": "test"},
    {"question": "Who won the cup?", "passage": None, "split": "test"},
]


def written(path: Path, lines: list[Any]) -> Path:
    path.write_text("".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in lines), encoding="utf-8")
    return path


def test_the_three_forms_of_a_file_say_the_same(tmp_path: Path) -> None:
    jsonl = written(tmp_path / "a.jsonl", ROWS)
    csv = written(
        tmp_path / "a.csv",
        ["question,passage,split", *(f'"{r["question"]}",{r["passage"] or ""},{r["split"]}' for r in ROWS)],
    )
    parquet.write_table(pa.Table.from_pylist(ROWS), tmp_path / "a.parquet")
    read = [read_data(path) for path in (jsonl, csv, tmp_path / "a.parquet")]
    said = [[(e.text, e.answers, e.split) for e in one.examples] for one in read]
    assert said[0] == said[1] == said[2]
    assert said[0][1] == ("How do I return shoes?", ("Send them back within a month.",), "test")
    assert {one.kind for one in read} == {"pairs"}
    assert [e.line for e in read[1].examples] == [2, 3, 4]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{not json", r"line 2: is no JSON"),
        ("[1]", "line 2: is no JSON object"),
        ({"question": " ", "passage": "x"}, "line 2: the text is empty"),
        ({"question": ["a"], "passage": "x"}, "line 2: the text is list, not text"),
        ({"passage": "x"}, "line 2: the text is missing"),
        ({"question": "a", "passage": {"b": 1}}, "line 2: the answer is neither text nor a list of texts"),
        ({"question": "a\x00", "passage": "x"}, "line 2: the text holds a NUL character"),
        ({"question": "a" * 9000, "passage": "x"}, "line 2: the text has 9,000 characters"),
        ({"question": "a", "passage": "x", "split": "dev"}, "line 2: split is 'dev'; expected train or test"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(tmp_path: Path, line: Any, said: str) -> None:
    with pytest.raises(InvalidDataError, match=said):
        read_data(written(tmp_path / "a.jsonl", [ROWS[0], line]))


def test_a_file_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    for name, content, said in (
        ("a.txt", b"", r"ends in \.jsonl, \.csv, \.parquet"),
        ("a.jsonl", b"", "has no rows"),
        ("a.jsonl", b'{"a": 1}', "the columns are 'a'; expected question and passage"),
        ("a.jsonl", b'{"question": "\xff"}', "is not UTF-8 at byte"),
        ("a.csv", b'text,label\n"a,b\n', "is no CSV"),
        ("a.csv", b"text,label\na,b,c\n", "line 2: has not 2 columns"),
        ("a.parquet", b"PAR1 no", "is no Parquet file"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InvalidDataError, match=said):
            read_data(tmp_path / name)


def test_of_many_bad_lines_the_first_are_listed(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataError) as raised:
        read_data(written(tmp_path / "a.jsonl", [ROWS[0], *["x"] * (MOST_PROBLEMS + 5)]))
    lines = str(raised.value).splitlines()
    assert lines[0].endswith("25 lines can't be used")
    assert lines[-1] == "  and 5 more"
    assert len(lines) == MOST_PROBLEMS + 2


def test_statistics_and_doubts(tmp_path: Path) -> None:
    rows = [{"text": f"card number {n} is lost" + " really" * 200 * (n == 3), "label": "lost"} for n in range(9)]
    rows += [{"text": "card number 1 is lost", "label": "lost"}, {"text": "send a new one", "label": "new"}]
    found = checked(read_data(written(tmp_path / "a.jsonl", rows)))
    assert (found.kind, found.rows, found.labels) == ("labels", 11, {"lost": 10, "new": 1})
    assert doubts(found) == [
        "1 rows repeat another one",
        "1 texts are longer than 1,000 characters: their end is not read",
        "1 labels have fewer than 5 examples: new",
        "no row has a split: 9 are to train with, 0 to measure with, the same ones each time; 2 left out, nearly the "
        "same as one to train with",
    ]


def test_rows_without_a_split_are_told_of(tmp_path: Path) -> None:
    assert split_note(checked(read_data(written(tmp_path / "a.jsonl", ROWS)))) == ""
    unsaid = {"question": "Do you open on Sundays?", "passage": "No."}
    found = checked(read_data(written(tmp_path / "b.jsonl", [*ROWS, unsaid, unsaid])))
    assert (found.train, found.test) == (1, 2)
    assert split_note(found) == "2 rows have no split: they are neither trained nor measured with"


def test_one_text_with_two_labels_is_refused(tmp_path: Path) -> None:
    rows = [{"text": "Card lost", "label": "lost"}, {"text": "card lost", "label": "new"}]
    with pytest.raises(InvalidDataError, match="line 2 says 'new', line 1 'lost' of the same text"):
        checked(read_data(written(tmp_path / "a.jsonl", rows)))


def test_test_texts_that_stand_in_the_training_are_refused(tmp_path: Path) -> None:
    rows = [
        {"text": "How can I reset the password of my account?", "label": "a", "split": "train"},
        {"text": "how can i reset the pasword of my account", "label": "a", "split": "test"},
        {"text": "How can I delete the folder of my account?", "label": "b", "split": "test"},
    ]
    with pytest.raises(LeakError, match=r"1 of 2 test texts.*\n  line 2 \(test\) and line 1 \(train\)"):
        checked(read_data(written(tmp_path / "a.jsonl", rows)))
    refuse_leaks([Example(line=1, text="")], [], name="empty")


def test_near_pairs_are_found_among_many() -> None:
    rng = random.Random(1)
    texts = [" ".join("".join(rng.choices("abcdefgh", k=6)) for _ in range(6)) for _ in range(3000)]
    assert near_pairs([f"{texts[7]}!", "something else altogether"], texts) == [(0, 7)]


def test_a_part_that_we_choose_is_the_same_each_time_and_holds_nothing_of_the_training(tmp_path: Path) -> None:
    rows = [{"text": f"{word} question {n}", "label": word} for word in ("alpha", "beta") for n in range(200)]
    data = read_data(written(tmp_path / "a.jsonl", rows))
    parts = sides(data)
    assert parts == sides(data)
    assert 0 < len(parts["test"]) < len(parts["train"])
    refuse_leaks(parts["train"], parts["test"], name="ours")


def test_each_kind_of_file_becomes_a_set(tmp_path: Path) -> None:
    pairs = retrieval_set(read_data(written(tmp_path / "a.jsonl", ROWS)), "test")
    assert pairs.queries == ("How do I return shoes?", "Who won the cup?")
    assert [pairs.passages[n] for n in pairs.relevant[0]] == ["Send them back within a month."]
    assert (pairs.relevant[1], pairs.answerable) == (frozenset(), 1)
    with pytest.raises(InvalidDataError, match="1 questions with an answer to measure with; at least 30"):
        pairs.require_enough()

    section = Section(title="Track a parcel", category="c", content="By its number.", source="d", slug="track")
    asked = [{"q": "Where?", "answers": [["track"], ["Track a parcel"]]}, {"q": "Why?", "answers": [[]]}]
    named = retrieval_set(
        read_data(written(tmp_path / "b.jsonl", [{**row, "split": "test"} for row in asked])),
        "test",
        sections=[section],
    )
    assert named.relevant == (frozenset({0}), frozenset())
    with pytest.raises(InvalidDataError, match=r"b\.jsonl, line 1: no section is called 'track'"):
        retrieval_set(read_data(tmp_path / "b.jsonl"), "test")

    texts = [("red apple", "fruit", "train"), ("green pear", "fruit", "train"), ("blue car", "car", "train")]
    rows = [
        {"text": text, "label": label, "split": split} for text, label, split in (*texts, ("plum", "fruit", "test"))
    ]
    labelled = read_data(written(tmp_path / "c.jsonl", rows))
    assert retrieval_set(labelled, "test").relevant == (frozenset({0, 1}),)
    assert retrieval_set(labelled, "train").relevant == (frozenset({1}), frozenset({0}), frozenset())


def test_a_leak_from_one_file_into_another_is_found(tmp_path: Path) -> None:
    known = read_data(written(tmp_path / "train.jsonl", [ROWS[0]]))
    apart = read_data(written(tmp_path / "test.jsonl", [ROWS[1]]))
    refuse_leaks_between([known, apart])
    leaked = {**ROWS[0], "question": "Where is my parcel", "split": "test"}
    with pytest.raises(LeakError, match=r"leaked\.jsonl \(test\) beside .*train\.jsonl \(train\): 1 of 1 test texts"):
        refuse_leaks_between([known, read_data(written(tmp_path / "leaked.jsonl", [leaked]))])
