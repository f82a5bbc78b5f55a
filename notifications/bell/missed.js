// What a snapshot leaves out although nobody has heard of it.

/** @import * as T from '../static/notifications/notification-inbox.js' */

const MISSED_MAX = 10_000; // so many are asked for

/**
 * The unread ones below a snapshot; until they are here the cursor stays where it was.
 * @param {import('./store.js').InboxStore} store @param {import('./rest.js').Rest} rest @param {T.Snapshot} snapshot
 */
export async function missedBy(store, rest, snapshot) {
  const shown = new Set(snapshot.items.map(({ id }) => id));
  /** @type {T.Notification[]} */ const older = [];
  for (let query = 'status=unread&limit=100'; query && older.length < MISSED_MAX;) {
    const { results, next } = await rest.ask('GET', `?${query}`);
    const wanted = results.filter((/** @type {T.Notification} */ row) => store.isUnheard(row, snapshot.epoch));
    older.push(...wanted.filter((/** @type {T.Notification} */ row) => !shown.has(row.id)));
    query = next && wanted.length === results.length ? new URL(next).search.slice(1) : '';
  }
  return older;
}
