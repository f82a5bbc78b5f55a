// The way to the server: a socket, or REST where sockets are blocked.

/** @import * as T from '../static/notifications/notification-inbox.js' */

import { Rest, isFinal } from './rest.js';
import { InboxSocket } from './socket.js';

/**
 * What it hears it gives to the client, whose `state` it sets.
 * @param {ReturnType<typeof import('./options.js').completed>} given
 * @param {import('./client.js').InboxClient} client
 */
export function linkOf(given, client) {
  const { queue, store, tabs } = client;
  const { pageSize, pollSeconds } = given;
  let turn = Promise.resolve();
  /** @type {object | null} */ let polling = null;
  /** @type {any} */ let timer;
  let lastEtag = '';

  /**
   * One after the other, whichever way they came: a snapshot may have to wait for REST; of two changes the last counts.
   * @param {() => any} take
   */
  const inTurn = (take) => (turn = turn.catch(() => {}).then(take));
  const isMine = () => tabs.leads && !client.isPaused;

  const rest = new Rest(given, given.inbox, tabs, (token) => socket.send({ type: 'auth', token }));
  const socket = new InboxSocket({
    WebSocket: given.WebSocket,
    token: () => rest.usable(),
    renew: () => rest.renew(),
    address: () => {
      const { epoch, seq } = store;
      const cursor = epoch === null ? '' : `&since=${seq}&epoch=${encodeURIComponent(epoch)}`;
      return `${given.socketInbox}?limit=${pageSize}${cursor}`;
    },
    onFrame: (frame) => {
      if (frame.type === 'welcome') cease();
      inTurn(() => client.follow(frame)).catch(() => socket.fail());
    },
    onWait: wait,
    onEnd: refuse,
  });

  function wait() {
    queue.reset();
    const isLost = client.isPaused || socket.failures > 1 || globalThis.navigator?.onLine === false;
    if (client.isPaused || client.state !== 'polling') client.setState(isLost ? 'offline' : 'connecting');
    // One failure is a restart; from the second on the socket may be blocked where REST is not.
    if (!client.isPaused && socket.failures > 1 && !polling) poll((polling = {}));
  }

  /** Ask REST in the socket's stead, until it is back or another begins. @param {object} mine */
  async function poll(mine) {
    const isNeeded = () => mine === polling && isMine() && !socket.live;
    try {
      const head = await rest.ask('GET', '?limit=1', undefined, lastEtag);
      for (let more = head.epoch; more && isNeeded();) {
        // An epoch that is none is answered with a snapshot.
        const epoch = encodeURIComponent(store.epoch ?? '-');
        const body = await rest.ask('GET', `/changes?since=${store.seq}&epoch=${epoch}&limit=${pageSize}`);
        await inTurn(() => isNeeded() && client.follow({ ...body, type: body.mode }));
        more = body.mode === 'changes' && body.more;
      }
      if (isNeeded()) {
        lastEtag = head.etag; // or what was dropped would never come
        client.setState('polling');
        queue.flush();
      }
    } catch (problem) {
      const { status = 0 } = /** @type {{status?: number}} */ (problem);
      if (isNeeded() && (status === 401 || isFinal(status))) return refuse(status); // 401 after a renewal is the end
      if (isNeeded()) client.setState('offline');
    }
    if (isNeeded()) timer = setTimeout(() => poll(mine), pollSeconds * 1000);
    else if (mine === polling) polling = null;
  }

  function cease() {
    clearTimeout(timer);
    polling = null;
  }

  /** Final, until somebody tries again. @param {number} code */
  function refuse(code) {
    socket.close();
    cease();
    client.refuse(code);
  }

  return {
    rest,

    /** Connect, or cut the connection while that is wanted. */
    open() {
      if (client.isPaused) {
        socket.close();
        return wait();
      }
      client.setState('connecting');
      rest.planRenewal();
      socket.open();
    },

    close() {
      socket.close();
      rest.rest();
      cease();
    },

    send: (/** @type {object} */ frame) => socket.send(frame),

    /** Something happened to the network or the page. */
    hurry() {
      if (isMine()) socket.hurry();
    },

    /** Whether a change could be sent. @param {T.Operation} op */
    deliver({ id, verb, at, seq, ...which }) {
      if (!isMine()) return false;
      if (socket.send({ type: verb, id, ...which })) return true;
      if (client.state !== 'polling') return false;
      inTurn(() => rest.ask('POST', '/mark', { action: verb, ...which })).then(
        ({ seq: done, changed }) => client.answer({ type: 'ok', id, seq: done, changed }),
        ({ status = 0, message }) =>
          client.answer({ type: 'error', id, code: isFinal(status) ? `${status}` : 'unavailable', detail: message }),
      );
      return true;
    },
  };
}
