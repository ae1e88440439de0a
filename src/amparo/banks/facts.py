"""What may be told of contents of any banks without a signal: who lists them where, whether they stand, what is said of them. Writes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from amparo.banks import rows
from amparo.store.many import parts


@dataclass(frozen=True, slots=True)
class ContentFacts:
    """One content. is_live: it was not withdrawn, and its bank not deleted. opinions: client and opinion, oldest first."""

    content_id: int
    bank: str
    origin: str
    polarity: str
    is_live: bool
    is_flooded: bool
    opinions: tuple[tuple[str, str], ...] = ()

    @property
    def is_doubted(self) -> bool:
        """Whether no machine should act on it."""
        return self.is_flooded or any(opinion != "positive_class" for _, opinion in self.opinions)


def facts_within(connection: Connection, content_ids: Sequence[int]) -> dict[int, ContentFacts]:
    """Those of these contents there ever were, by id, in a room above's transaction."""
    found: dict[int, ContentFacts] = {}
    for part in parts(sorted(set(content_ids))):
        query = select(rows.content, rows.bank.c.name, rows.bank.c.polarity, rows.bank.c.deleted_us).join_from(
            rows.content, rows.bank
        )
        opinions = rows.opinions_of(connection, part)
        for row in connection.execute(query.where(rows.content.c.id.in_(part))):
            found[row.id] = ContentFacts(
                row.id,
                row.name,
                row.origin,
                row.polarity,
                row.withdrawn_us is None and row.deleted_us is None,
                row.flooded_us is not None,
                tuple((one.client, one.opinion) for one in opinions.get(row.id, ())),
            )
    return found
