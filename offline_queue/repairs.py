"""Statements for when items come from elsewhere: from the witness log, or out of a damaged database."""

from offline_queue.item import ItemState
from offline_queue.rows import Rows, digest_of, is_intact
from offline_queue.witness.record import Kept

GENERATION = "outbox_generation"
"""The kiosk's state that names this outbox."""


def generation_of(rows: Rows) -> str:
    """Which outbox of its kiosk this is, "" before it has a name."""
    return (rows.state(GENERATION) or b"").decode()


class Repairs(Rows):
    """The caller holds the transaction."""

    def mend_items(self) -> None:
        """After rows came from elsewhere: only content that is its item's, and no sequence is given twice."""
        self._database.change(
            "DELETE FROM payload WHERE NOT EXISTS (SELECT 1 FROM item "
            "WHERE item.stream = payload.stream AND item.sequence = payload.sequence)"
        )
        for (item_id,) in self._database.all("SELECT id FROM item JOIN payload USING (stream, sequence)"):
            self.knows(item_id)
        self._database.change(
            "UPDATE identity SET highest = max(highest, (SELECT coalesce(max(sequence), 0) FROM item))"
        )

    def put_back(self, item: Kept) -> bool:
        """The content of an item that waits and has lost it. False: it has it, or this is another one's."""
        digest = digest_of(item.payload)
        return (
            self._database.change(
                "INSERT OR IGNORE INTO payload SELECT sequence, stream, ?, ? FROM item "
                "WHERE id = ? AND sha256 = ? AND state <> 1",
                item.stored,
                item.payload,
                item.id,
                digest,
            )
            > 0
        )

    def knows(self, item_id: str) -> bool:
        """Whether the item is here, or was delivered. Content that is not what was put is removed."""
        row = self._database.one(
            "SELECT state, sequence, content, sha256 FROM item LEFT JOIN payload USING (stream, sequence) "
            "WHERE id = ?",
            item_id,
        )
        if row is None or row[0] == ItemState.DELIVERED:
            return row is not None
        _, sequence, content, digest = row
        if content is not None and is_intact(content, digest):
            return True
        self._database.change("DELETE FROM payload WHERE sequence = ?", sequence)
        return False

    def is_taken(self, item: Kept) -> bool:
        """Another item has its sequence: one that was refused when the disk failed has left it there."""
        sql = (
            "SELECT 1 FROM payload WHERE sequence = ?1 UNION ALL "
            "SELECT 1 FROM item WHERE stream = ?2 AND sequence = ?1 LIMIT 1"
        )
        return self._database.one(sql, item.sequence, item.stream) is not None

    def exists(self, item_id: str) -> bool:
        return self._database.one("SELECT 1 FROM item WHERE id = ?", item_id) is not None

    def unknown(self, first: int, last: int) -> int:
        """How many of these sequences no item has."""
        sql = "SELECT count(*) FROM item WHERE sequence BETWEEN ? AND ?"
        return last - max(first, 1) + 1 - int(self._database.all(sql, first, last)[0][0])

    def mend_streams(self) -> None:
        """Each stream's head, after items came from elsewhere. What has lost its content stops its stream."""
        self._database.change(
            "UPDATE item SET state = 3, reason = 'content lost' WHERE state IN (0, 2) AND NOT EXISTS "
            "(SELECT 1 FROM payload WHERE payload.sequence = item.sequence)"
        )
        for stream in self.streams():
            self.seek_head(stream)
