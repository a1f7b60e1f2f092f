"""``python -m tests.golden`` writes the files of new fact types; old ones stay."""

from __future__ import annotations

from tests.golden.making import files

for path, said in files().items():
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(said)
        print(path.name)  # noqa: T201 - the answer of this command
