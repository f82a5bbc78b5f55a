// What is stored of an inbox in the browser: rows, cursor and queue as one record in IndexedDB, so that they agree.

/** @import * as T from '../static/notifications/notification-inbox.js' */

/** @type {T.Storage} */
export const indexed = {
  get: (key) => inDatabase('readonly', (inboxes) => inboxes.get(key)),
  set: (key, value) => inDatabase('readwrite', (inboxes) => inboxes.put(value, key)),
  delete: (key) => inDatabase('readwrite', (inboxes) => inboxes.delete(key)),
};

/** @param {IDBTransactionMode} mode @param {(inboxes: IDBObjectStore) => IDBRequest} ask @returns {Promise<any>} */
const inDatabase = (mode, ask) =>
  new Promise((resolve, reject) => {
    const opening = indexedDB.open('notification-inbox', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('inboxes');
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const transaction = opening.result.transaction('inboxes', mode);
      const request = ask(transaction.objectStore('inboxes'));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
      opening.result.close(); // once the transaction has ended
    };
  });
