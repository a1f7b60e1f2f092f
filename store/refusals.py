"""What the desk refused: counted, never part of history."""

from __future__ import annotations

from uuid import UUID

from store.database import Pool, fetch, translated


class Refusals:
    """A refused command changes nothing; that it was refused is worth knowing."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def record(
        self, code: str, action: str, role: str, unit: str | None, subject: UUID | None
    ) -> None:
        """Note a refusal: its code, and who wanted what of which stream."""
        with translated(), self._pool.connection() as connection:
            connection.execute(
                "INSERT INTO ops.refusals (code, action, role, unit, subject) "
                "VALUES (%s, %s, %s, %s, %s)",
                [code, action, role, unit, subject],
            )

    def counts(self) -> dict[str, int]:
        """How often each code was the answer."""
        rows = fetch(
            self._pool,
            "SELECT code, count(*) FROM ops.refusals GROUP BY code ORDER BY 1",
            [],
        )
        return dict(rows)
