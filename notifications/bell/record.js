// The record of an inbox: rows, cursor and queue, stored as one.

/** @import * as T from '../static/notifications/notification-inbox.js' */

const SAVE_MS = 100;
const STORED_ROWS = 200;

/** @param {T.ClientOptions & {key: string}} given @param {import('./client.js').InboxClient} client */
export function recordOf({ storage, key }, client) {
  const { store, tabs } = client;
  const place = key ? storage : null;
  /** @type {any} */ let timer;

  const write = () => {
    clearTimeout(timer);
    timer = undefined;
    if (!place || !tabs.leads || store.epoch === null || client.state === 'closed') return;
    // Full, or forbidden: then it is kept in memory alone.
    place.set(key, { state: store.dump(STORED_ROWS), ops: store.ops, at: Date.now() }).catch(() => {});
  };

  return {
    write,

    /** Write soon, once for all that happens meanwhile. */
    keep: () => void (timer ??= setTimeout(write, SAVE_MS)),

    /**
     * Take in what is newer than what is held; when it was stored, if it was.
     * @returns {Promise<number | undefined>}
     */
    async restore() {
      const { state, ops = [], at } = (await place?.get(key).catch(() => null)) ?? {};
      if (state && (store.epoch === null || (store.epoch === state.epoch && state.seq > store.seq))) store.load(state);
      // Who held them, and could take them back, is gone.
      for (const op of ops) if (!store.ops.some(({ id }) => id === op.id)) store.begin({ ...op, at: 0 });
      return at;
    },

    async discard() {
      store.adopt([]);
      await place?.delete(key).catch(() => {});
    },
  };
}
