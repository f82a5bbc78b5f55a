// What a client is given, completed: the browser's own parts, the addresses, the name that tabs and storage know.

/** @import * as T from '../static/notifications/notification-inbox.js' */

import { claimsOf } from './rest.js';
import { indexed } from './storage.js';

/** @param {T.ClientOptions} options */
export function completed(options) {
  const page = globalThis.document;
  const given = {
    pageSize: 50,
    pollSeconds: 10,
    userId: 'me',
    share: !!page,
    storage: page && indexed,
    WebSocket: globalThis.WebSocket,
    ...options,
  };
  const base = (/** @type {string | undefined} */ address) =>
    new URL(address || '/', page?.baseURI).href.replace(/^ws/, 'http').replace(/\/+$/, '');
  // `me` by a cookie may be somebody else tomorrow: nothing of it is stored or shared.
  const owner = given.userId === 'me' ? claimsOf(given.token).sub : given.userId;
  const user = encodeURIComponent(String(given.userId));
  return {
    ...given,
    key: owner === undefined ? '' : JSON.stringify([base(given.endpoint), String(owner), given.device ?? '']),
    inbox: `${base(given.endpoint)}/notifications/${user}`,
    socketInbox: `${base(given.socketEndpoint ?? given.endpoint).replace(/^http/, 'ws')}/notifications/ws/${user}`,
  };
}
