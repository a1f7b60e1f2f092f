"""``python -m tests.golden`` writes the files of new fact types; old ones stay."""

from __future__ import annotations

from store.mapper import encode_fact
from tests.golden.making import FOLDER, example, fact_types, path_of

FOLDER.mkdir(exist_ok=True)
for kind in fact_types():
    path = path_of(kind)
    if not path.exists():
        path.write_bytes(encode_fact(example(kind)) + b"\n")
        print(path.name)  # noqa: T201 - the answer of this command
