// The store: one inbox as a device holds it, the client algorithm of docs/protocol.md without input or output.

/** @import * as T from '../static/notifications/notification-inbox.js' */

/**
 * What a change does to a row before the server has said so; null takes it away.
 * @type {Record<string, (row: T.Notification, now: string) => T.Notification | null>}
 */
const EFFECTS = {
  read: (row, now) => (row.is_read ? row : { ...row, is_read: true, read_at: now, seen_at: row.seen_at ?? now }),
  unread: (row) => (row.is_read ? { ...row, is_read: false, read_at: null } : row),
  seen: (row, now) => (row.seen_at ? row : { ...row, seen_at: now }),
  archive: (row, now) => (row.archived_at ? row : { ...row, archived_at: now }),
  unarchive: (row) => (row.archived_at ? { ...row, archived_at: null } : row),
  delete: () => null,
};

const touches = (/** @type {T.Operation} */ op, /** @type {T.Notification} */ row) =>
  op.ids
    ? op.ids.includes(row.id)
    : row.id <= /** @type {number} */ (op.up_to) && (op.identifier ?? row.identifier) === row.identifier;
const isUnread = (/** @type {T.Notification | null} */ row) => !!row && !row.is_read && !row.archived_at;
const isUnseen = (/** @type {T.Notification | null} */ row) => !!row && !row.seen_at && !row.archived_at;
const count = (/** @type {Iterable<T.Notification>} */ rows, /** @type {(row: T.Notification) => boolean} */ test) =>
  [...rows].filter(test).length;

/**
 * The rows of one inbox, exact at the cursor (epoch, seq), and over them what was asked and is not confirmed (`ops`).
 * `announced` is the mark up to which ids are never announced again. The newest `capacity` rows are kept.
 */
export class InboxStore {
  /** @type {Map<number, T.Notification>} */ items = new Map();
  /** @type {string | null} */ epoch = null;
  seq = 0;
  unread = 0;
  unseen = 0;
  announced = 0;
  /** Active rows from this id on are held without a hole. */
  floor = 0;
  /** @type {T.Operation[]} */ ops = [];
  /** How far lists were paged, by query. @type {Record<string, T.Page>} */ pages = {};
  /** @type {Set<number>} */ #unheard = new Set();
  /** @type {Set<number>} */ #gone = new Set();
  #newest = '';
  #heardUntil = '';
  /** @type {T.View | null} */ #view = null;
  #history;
  #capacity;

  /**
   * With `history` the unread ones of the first snapshot are announced.
   * @param {{history?: boolean, capacity?: number}} options
   */
  constructor({ history = false, capacity = 1000 } = {}) {
    this.#history = history;
    this.#capacity = capacity;
  }

  /**
   * Take in one frame: what to announce, by id, and the seq to sync from if there is a gap.
   * @param {T.Frame} frame
   * @returns {T.Outcome}
   */
  apply(frame) {
    this.#view = null;
    switch (frame.type) {
      case 'snapshot':
        return this.#replace(frame);
      case 'changes':
        return this.#advance(frame);
      case 'heartbeat':
        if (this.epoch !== null && frame.seq > this.seq) return { news: [], sync: this.seq };
        if (frame.seq === this.seq) this.#count(frame);
    }
    return { news: [], sync: null };
  }

  /** Whether a snapshot ends before it reaches what was announced. @param {T.Snapshot} snapshot */
  lacksOlder(snapshot) {
    return this.epoch !== null && snapshot.more && snapshot.items.every((item) => this.isUnheard(item, snapshot.epoch));
  }

  /**
   * Never announced nor passed over. A restored database counts its ids from a lower one again, so in a new epoch the
   * time of creation tells too.
   * @param {T.Notification} item @param {string | null} epoch
   */
  isUnheard(item, epoch = this.epoch) {
    return (
      (epoch !== this.epoch && item.created_at > this.#newest) ||
      (item.id > this.announced && item.created_at > this.#heardUntil)
    );
  }

  /** Older rows that were paged over REST; what is newer or gone by now stays so. @param {T.Notification[]} rows */
  merge(rows) {
    this.#view = null;
    for (const row of rows) if (!this.#gone.has(row.id)) this.#put(row);
  }

  /** The rows as the user wants them by now, newest first, and the counts that go with them. @returns {T.View} */
  get view() {
    return (this.#view ??= this.#look());
  }

  /**
   * What a list shows: '' is what is not archived; else status=unread, status=archived or identifier=…
   * @param {string} query
   */
  list(query = '') {
    const [name, value] = query.split('=').map(decodeURIComponent);
    const archived = value === 'archived';
    const floor = Math.min(archived ? 0 : this.floor, this.pages[query]?.floor ?? Infinity);
    return this.view.rows.filter(
      (row) =>
        row.id >= floor &&
        !row.archived_at !== archived &&
        (name !== 'identifier' || row.identifier === value) &&
        (value !== 'unread' || name !== 'status' || !row.is_read),
    );
  }

  /** Show a change at once. @param {T.Operation} op */
  begin(op) {
    this.ops = [...this.ops.filter(({ id }) => id !== op.id), op];
    this.#view = null;
  }

  /** What is asked, as another tab knows it. @param {T.Operation[]} ops */
  adopt(ops) {
    this.ops = ops;
    this.#forgetDone();
  }

  /**
   * The server has done it at `seq`, so that it is forgotten when the rows say it themselves; without one it is
   * undone.
   * @param {string} id
   * @param {number} seq
   */
  settle(id, seq = 0) {
    for (const op of this.ops) if (op.id === id) op.seq = seq;
    this.#forgetDone();
  }

  /** Everything but `ops`, to be stored as one with its cursor; the newest `limit` rows. @returns {T.State} */
  dump(limit = Infinity) {
    const items = [...this.items.values()].sort((one, other) => other.id - one.id);
    const floor = items.length > limit ? Math.max(this.floor, items[limit - 1].id) : this.floor;
    const { epoch, seq, unread, unseen, announced } = this;
    return {
      epoch,
      seq,
      unread,
      unseen,
      announced,
      floor,
      newest: this.#newest,
      heardUntil: this.#heardUntil,
      unheard: [...this.#unheard],
      items: items.slice(0, limit),
    };
  }

  /** @param {T.State} state */
  load({ items, unheard, newest, heardUntil, ...rest }) {
    Object.assign(this, rest, { items: new Map(items.map((item) => [item.id, item])), pages: {} });
    this.#unheard = new Set(unheard);
    this.#gone = new Set();
    [this.#newest, this.#heardUntil] = [newest, heardUntil];
    this.#forgetDone();
  }

  /** @param {T.Snapshot} snapshot @returns {T.Outcome} */
  #replace(snapshot) {
    const rows = [...snapshot.items, ...(snapshot.older ?? [])];
    const isNew = snapshot.epoch !== this.epoch;
    const heard =
      this.epoch === null
        ? () => this.#history
        : (/** @type {T.Notification} */ row) => this.isUnheard(row, snapshot.epoch);
    this.#unheard = new Set(rows.filter(heard).map(({ id }) => id));
    if (isNew && this.epoch !== null) this.#heardUntil = this.#newest;
    const mark = Math.max(0, ...rows.map(({ id }) => id));
    this.announced = isNew ? mark : Math.max(mark, this.announced);
    if (isNew) this.ops = this.ops.filter(({ seq }) => seq === undefined);
    this.items = new Map(rows.map((row) => [row.id, row]));
    this.#gone = new Set();
    this.pages = {};
    this.floor = snapshot.more ? Math.min(...snapshot.items.map(({ id }) => id)) : 0;
    this.epoch = snapshot.epoch;
    this.seq = snapshot.to;
    rows.forEach((row) => this.#remember(row));
    this.#count(snapshot);
    return this.#announce();
  }

  /** @param {T.Changes} changes @returns {T.Outcome} */
  #advance(changes) {
    const nothing = { news: [], sync: null };
    if (changes.to < this.seq) return nothing; // what ends here may be the end of what had more
    if (changes.from > this.seq) return { news: [], sync: this.seq };
    for (const item of changes.items) {
      if (item.seq <= this.seq) continue;
      if ('deleted' in item) {
        this.items.delete(item.id);
        this.#gone.add(item.id);
        continue;
      }
      if (this.isUnheard(item)) this.#unheard.add(item.id);
      this.#put(item);
      this.#remember(item);
    }
    this.seq = changes.to;
    this.#count(changes);
    return changes.more ? nothing : this.#announce();
  }

  /** @returns {T.Outcome} */
  #announce() {
    const heard = [...this.#unheard].sort((one, other) => one - other);
    this.#unheard = new Set();
    this.announced = Math.max(this.announced, ...heard);
    const news = heard.map((id) => this.items.get(id)).filter((row) => row && isUnread(row));
    this.#forgetOld();
    return { news: /** @type {T.Notification[]} */ (news), sync: null };
  }

  /** @param {T.Notification} row */
  #put(row) {
    const held = this.items.get(row.id);
    if (!held || row.seq > held.seq) this.items.set(row.id, row);
  }

  /** Times of the protocol sort as text. @param {T.Notification} row */
  #remember({ created_at }) {
    if (created_at > this.#newest) this.#newest = created_at;
  }

  /** @param {{unread: number, unseen: number}} frame */
  #count({ unread, unseen }) {
    [this.unread, this.unseen] = [unread, unseen];
    this.#forgetDone();
  }

  #forgetDone() {
    this.ops = this.ops.filter(({ seq }) => seq === undefined || seq > this.seq);
    this.#view = null;
  }

  #forgetOld() {
    const excess = this.items.size - this.#capacity;
    if (excess <= 0) return;
    const ids = [...this.items.keys()].sort((one, other) => one - other);
    ids.slice(0, excess).forEach((id) => this.items.delete(id));
    this.floor = Math.max(this.floor, ids[excess]);
    this.pages = {};
  }

  /** @returns {T.View} */
  #look() {
    const now = new Date().toISOString();
    const rows = [];
    let { unread, unseen } = this;
    for (const held of this.items.values()) {
      /** @type {T.Notification | null} */ let row = held;
      for (const op of this.ops) if (row && touches(op, row)) row = EFFECTS[op.verb](row, now);
      if (row) rows.push(row);
      unread += +isUnread(row) - +isUnread(held);
      unseen += +isUnseen(row) - +isUnseen(held);
    }
    // What is done to all up to an id is also done to rows that are not held: of those none is left.
    const whole = (/** @type {RegExp} */ verbs) =>
      this.ops.some((op) => op.up_to && !op.identifier && verbs.test(op.verb));
    if (whole(/^(read|archive|delete)$/)) unread = count(rows, isUnread);
    if (whole(/^(read|seen|archive|delete)$/)) unseen = count(rows, isUnseen);
    rows.sort((one, other) => other.id - one.id);
    return { rows, unread: Math.max(0, unread), unseen: Math.max(0, unseen) };
  }
}
