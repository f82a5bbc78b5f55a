"""An inbox in memory that makes the frames a server would, for the client's algorithm to follow."""

from copy import deepcopy


class SimulatedInbox:
    """Numbers its changes as the server does; ids leave gaps, because other inboxes take some."""

    def __init__(self, *, epoch="e1", first_id=1):
        self.epoch, self.seq = epoch, 0
        self.rows = {}
        self.next_id = first_id
        self.untouched = set()
        """Ids that were never read, archived nor deleted."""

    # What happens -----------------------------------------------------------------------------------------------

    def create(self, *, gap=0):
        key = self.next_id + gap
        self.next_id = key + 1
        self.rows[key] = {
            "id": key,
            "title": f"Notification {key}",
            "is_read": False,
            "archived_at": None,
            "created_at": f"2026-11-22T10:00:00.{self.seq + 1:06}Z",
        }
        self.untouched.add(key)
        self._stamp(key)
        return key

    def change(self, key, **columns):
        row = self.rows.get(key)
        if row is not None and not row.get("deleted") and any(row[name] != value for name, value in columns.items()):
            row |= columns
            self.untouched.discard(key)
            self._stamp(key)

    def delete(self, key):
        if key in self.rows and not self.rows[key].get("deleted"):
            self.rows[key] = {"id": key, "deleted": True}
            self.untouched.discard(key)
            self._stamp(key)

    def _stamp(self, key):
        self.seq += 1
        self.rows[key]["seq"] = self.seq

    # What a server would say ------------------------------------------------------------------------------------

    @property
    def active(self):
        return [row for row in self.rows.values() if not row.get("deleted") and row["archived_at"] is None]

    @property
    def unread(self):
        return [row for row in self.active if not row["is_read"]]

    def changes(self, since, *, limit=500):
        rows = sorted((row for row in self.rows.values() if row["seq"] > since), key=lambda row: row["seq"])
        more = len(rows) > limit
        rows = rows[:limit]
        to = rows[-1]["seq"] if more else self.seq
        return self._frame("changes", **{"from": since}, to=to, more=more, items=rows)

    def snapshot(self, reason="first", *, limit=100):
        rows = sorted(self.active, key=lambda row: -row["id"])
        return self._frame(
            "snapshot", reason=reason, epoch=self.epoch, to=self.seq, items=rows[:limit], more=len(rows) > limit
        )

    def heartbeat(self):
        return self._frame("heartbeat", seq=self.seq)

    def completed(self, snapshot, replica):
        """The snapshot with the unread ones it leaves out, if the replica asks for them."""
        if not replica.lacks_older(snapshot):
            return snapshot
        shown = {item["id"] for item in snapshot["items"]}
        older = [row for row in self.unread if row["id"] not in shown and replica.is_unheard(row, self.epoch)]
        return {**snapshot, "items": snapshot["items"] + deepcopy(older)}

    def _frame(self, kind, **members):
        counts = {"unread": len(self.unread), "unseen": len(self.unread)}
        return deepcopy({"type": kind, **counts, **members})
