// An inbox in memory that makes the frames a server would; the twin of tests/client/simulated_inbox.py.

const LATER = '2026-11-22T11:00:00.000000Z';

export class SimulatedInbox {
  epoch = 'e1';
  seq = 0;
  rows = new Map();
  nextId = 1;
  untouched = new Set(); // never read, archived nor deleted

  create({ gap = 0 } = {}) {
    const id = this.nextId + gap;
    this.nextId = id + 1;
    const created_at = `2026-11-22T10:00:00.${String(this.seq + 1).padStart(6, '0')}Z`;
    this.rows.set(id, {
      id,
      title: `Notification ${id}`,
      identifier: id % 2 ? 'ODD' : 'EVEN',
      is_read: false,
      read_at: null,
      seen_at: null,
      archived_at: null,
      created_at,
    });
    this.untouched.add(id);
    this.#stamp(id);
    return id;
  }

  mark(verb, { ids, up_to, identifier }) {
    let changed = 0;
    for (const row of [...this.rows.values()].sort((one, other) => one.id - other.id)) {
      if (
        row.deleted ||
        !(ids ? ids.includes(row.id) : row.id <= up_to && (!identifier || row.identifier === identifier))
      )
        continue;
      const after = {
        read: () => !row.is_read && { ...row, is_read: true, read_at: LATER, seen_at: row.seen_at ?? LATER },
        unread: () => row.is_read && { ...row, is_read: false, read_at: null },
        seen: () => !row.seen_at && { ...row, seen_at: LATER },
        archive: () => !row.archived_at && { ...row, archived_at: LATER },
        unarchive: () => row.archived_at && { ...row, archived_at: null },
        delete: () => ({ id: row.id, deleted: true }),
      }[verb]();
      if (!after) continue;
      this.rows.set(row.id, after);
      if (verb !== 'seen') this.untouched.delete(row.id);
      this.#stamp(row.id);
      changed++;
    }
    return { changed, seq: this.seq };
  }

  get active() {
    return [...this.rows.values()]
      .filter((row) => !row.deleted && !row.archived_at)
      .sort((one, other) => other.id - one.id);
  }

  get unread() {
    return this.active.filter((row) => !row.is_read);
  }

  changes(since, limit = 500) {
    const rows = [...this.rows.values()].filter((row) => row.seq > since).sort((one, other) => one.seq - other.seq);
    const more = rows.length > limit;
    const items = rows.slice(0, limit);
    return this.#frame({ type: 'changes', from: since, to: more ? items.at(-1).seq : this.seq, more, items });
  }

  snapshot(reason = 'first', limit = 100) {
    const { active } = this;
    return this.#frame({
      type: 'snapshot',
      reason,
      epoch: this.epoch,
      to: this.seq,
      items: active.slice(0, limit),
      more: active.length > limit,
    });
  }

  heartbeat() {
    return this.#frame({ type: 'heartbeat', seq: this.seq });
  }

  welcome() {
    return this.#frame({ type: 'welcome', epoch: this.epoch, seq: this.seq, heartbeat_seconds: 25 });
  }

  #stamp(id) {
    this.rows.get(id).seq = ++this.seq;
  }

  #frame(members) {
    return structuredClone({
      ...members,
      unread: this.unread.length,
      unseen: this.active.filter((row) => !row.seen_at).length,
    });
  }
}
