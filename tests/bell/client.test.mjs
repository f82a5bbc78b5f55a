// The client against a server in memory: coming back, writing while away, polling, credentials.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

import { InboxClient } from './module.mjs';
import { SimulatedServer } from './simulated_server.mjs';

let server;
let started;

beforeEach(() => {
  server = new SimulatedServer();
  server.inbox.create();
  started = [];
});
afterEach(() => started.forEach((client) => client.stop()));

function device(options = {}) {
  const client = new InboxClient({
    endpoint: 'http://server',
    userId: 7,
    WebSocket: server.WebSocket,
    fetch: server.fetch,
    pollSeconds: 0.02,
    ...options,
  });
  client.heard = [];
  client.states = [];
  client.addEventListener('notification', ({ detail }) => client.heard.push(detail.notification.id));
  client.addEventListener('connection', ({ detail }) => client.states.push(detail.state));
  started.push(client);
  client.start();
  return client;
}

async function until(condition, seconds = 5) {
  const deadline = Date.now() + seconds * 1000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, `waited ${seconds} s for ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const memory = (entries = new Map()) => ({
  entries,
  get: async (key) => structuredClone(entries.get(key)),
  set: async (key, value) => entries.set(key, structuredClone(value)),
  delete: async (key) => entries.delete(key),
});
const token = (claims) => `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.y`;
const inSeconds = (seconds) => Math.floor(Date.now() / 1000) + seconds;
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const live = (client) => until(() => client.state === 'live' && client.store.seq === server.inbox.seq);

test('it holds what the server has, and announces what comes', async () => {
  const client = device();
  await live(client);
  server.create();
  await until(() => client.heard.length);
  assert.deepEqual([client.heard, client.store.view.unread], [[2], 2]);
});

test('it comes back with its cursor and has missed nothing', async () => {
  const client = device();
  await live(client);
  server.cut();
  server.inbox.create();
  await until(() => client.heard.length);
  assert.match(server.addresses.at(-1), /\/notifications\/ws\/7\?limit=50&since=1&epoch=e1$/);
  assert.deepEqual(client.states, ['live', 'connecting', 'live']);
});

test('a lost frame is asked for', async () => {
  const client = device();
  await live(client);
  server.inbox.create();
  server.create();
  await until(() => client.heard.length === 2);
  assert.deepEqual(server.commands.at(-1), { type: 'sync', id: undefined, since: 1, epoch: 'e1' });
});

test('what a snapshot leaves out is fetched before anything is announced', async () => {
  const client = device();
  await live(client);
  server.cut();
  server.snapshotLimit = 2;
  for (let n = 0; n < 5; n++) server.inbox.create();
  server.inbox.epoch = 'e2';
  await until(() => client.heard.length === 5);
  assert.deepEqual(client.heard, [2, 3, 4, 5, 6]);
});

test('REST that never answers holds nothing up for good', async (context) => {
  const { timeout } = AbortSignal;
  context.mock.method(AbortSignal, 'timeout', (milliseconds) => timeout(milliseconds / 100));
  let hangs = 1;
  const unanswered = ({ signal }) =>
    new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
  const fetch = (url, request) => (hangs-- > 0 ? unanswered(request) : server.fetch(url, request));
  const client = device({ fetch });
  await live(client);
  server.isAway = true;
  server.cut();
  for (let n = 0; n < 150; n++) server.inbox.create();
  server.inbox.epoch = 'e2';
  server.isAway = false;
  await until(() => client.heard.length === 150);
});

test('what was polled does not overtake, late, what the socket brought', async () => {
  let isHeld = true;
  let letGo;
  const fetch = async (url, request) => {
    const isFirst = isHeld && url.includes('status=unread');
    if (isFirst) {
      isHeld = false;
      await new Promise((resolve) => (letGo = resolve));
    }
    return server.fetch(url, request);
  };
  const client = device({ fetch });
  await live(client);
  server.hasSockets = false;
  server.cut();
  for (let n = 0; n < 150; n++) server.inbox.create();
  server.inbox.epoch = 'e2';
  await until(() => letGo);
  server.hasSockets = true;
  await until(() => server.sockets.size);
  const steps = [];
  client.addEventListener('change', () => steps.push(client.store.seq));
  server.create();
  const allIsTakenIn = () => new Promise((resolve) => setTimeout(resolve, 50)); // there is nothing else to wait for
  await allIsTakenIn();
  letGo();
  await allIsTakenIn();
  await live(client);
  assert.equal(client.heard.length, 151);
  assert.deepEqual(steps, [...steps].sort((one, other) => one - other));
});

test('a change is seen at once and confirmed by its number', async () => {
  const client = device();
  await live(client);
  const changed = client.mark('read', { ids: [1] });
  assert.equal(client.store.view.unread, 0);
  assert.equal(await changed, 1);
  await until(() => client.store.ops.length === 0);
  assert.equal(client.store.items.get(1).is_read, true);
});

test('a refused change is rolled back, told and rejected', async () => {
  const client = device();
  await live(client);
  server.error = { code: 'permission_denied', detail: 'You may not.' };
  const refused = [];
  client.addEventListener('refused', ({ detail }) => refused.push(detail.code));
  await assert.rejects(client.mark('read', { ids: [1] }), { code: 'permission_denied' });
  assert.deepEqual([client.store.view.unread, client.store.ops, refused], [1, [], ['permission_denied']]);
});

test('what is asked while away is sent on the return', async () => {
  const client = device();
  await live(client);
  client.pause();
  assert.equal(client.state, 'offline');
  const changed = client.mark('archive', { ids: [1] });
  server.inbox.create();
  client.resume();
  assert.equal(await changed, 1);
  await live(client);
  assert.deepEqual(
    client.store.list().map(({ id }) => id),
    [2],
  );
});

test('what was sent and not confirmed is sent again on the next connection', async () => {
  const client = device();
  await live(client);
  server.answers = false;
  const changed = client.mark('read', { ids: [1] });
  await until(() => server.commands.length === 1);
  server.answers = true;
  server.cut();
  assert.equal(await changed, 1);
  assert.equal(server.commands.filter(({ type }) => type === 'read').length, 2);
});

test('what is held is not sent, and can be taken back or released', async () => {
  const client = device();
  await live(client);
  const held = [];
  const cancelled = client.mark('delete', { ids: [1], holdSeconds: 60, onBegin: (id) => held.push(id) });
  assert.deepEqual(client.store.list(), []);
  client.cancel(held[0]);
  assert.equal(await cancelled, 0);
  assert.deepEqual([client.store.list().length, server.commands], [1, []]);
  const released = client.mark('delete', { ids: [1], holdSeconds: 60, onBegin: (id) => held.push(id) });
  client.release(held[1]);
  assert.equal(await released, 1);
});

test('a burst of changes stays below the pace of the server', async () => {
  const client = device();
  await live(client);
  for (let n = 0; n < 60; n++) client.mark(n % 2 ? 'unread' : 'read', { ids: [1] }).catch(() => {});
  await until(() => server.commands.length >= 30);
  assert.ok(server.commands.length < 35, `${server.commands.length} at once`);
});

test('a clock that is set back holds no change up', async (context) => {
  const client = device();
  await live(client);
  await client.mark('read', { ids: [1] });
  const { now } = Date;
  context.mock.method(Date, 'now', () => now() - 3_600_000);
  client.mark('unread', { ids: [1] });
  await until(() => server.commands.length === 2, 1);
});

test('more ids than a command may hold go in several', async () => {
  const client = device();
  await live(client);
  await client.mark('read', { ids: Array.from({ length: 1001 }, (_, n) => n + 1) });
  assert.deepEqual(
    server.commands.map(({ ids }) => ids.length),
    [500, 500, 1],
  );
});

// Reloads

test('rows, cursor and queue survive a reload together', async () => {
  const storage = memory();
  const first = device({ storage });
  await live(first);
  first.pause();
  first.mark('read', { ids: [1] }).catch(() => {});
  first.stop();
  server.inbox.create();
  const second = device({ storage });
  await live(second);
  await until(() => server.commands.length === 1);
  assert.match(server.addresses.at(-1), /since=1&epoch=e1$/);
  assert.deepEqual([second.heard, second.store.view.unread], [[2], 1]);
});

test('what a page that is gone held is sent by the next one', async () => {
  const storage = memory();
  const first = device({ storage });
  await live(first);
  first.mark('delete', { ids: [1], holdSeconds: 60 });
  first.stop();
  const second = device({ storage });
  await live(second);
  await until(() => server.commands.length === 1);
  assert.equal(server.commands[0].type, 'delete');
});

test('forgetting leaves nothing behind', async () => {
  const storage = memory();
  const client = device({ storage });
  await live(client);
  await until(() => storage.entries.size === 1);
  await client.forget();
  assert.equal(storage.entries.size, 0);
});

test("an inbox that became somebody else's is forgotten", async () => {
  const storage = memory();
  const client = device({ storage });
  await live(client);
  await until(() => storage.entries.size === 1);
  server.refusal = { code: 4403, reason: 'This inbox is not yours.' };
  server.cut();
  await until(() => client.state === 'closed');
  assert.deepEqual([client.code, storage.entries.size], [4403, 0]);
});

test("the inbox of whoever is logged in is not stored, for tomorrow it may be another's", async () => {
  const storage = memory();
  const client = device({ storage, userId: 'me' });
  await live(client);
  client.stop();
  assert.equal(storage.entries.size, 0);
});

// Without sockets

test('where sockets are blocked it polls, writes over REST, and returns to the socket', async () => {
  server.hasSockets = false;
  const client = device({ pollSeconds: 0.02 });
  await until(() => client.state === 'polling');
  for (let n = 0; n < 5; n++) server.inbox.create();
  await until(() => client.heard.length === 5);
  assert.equal(await client.mark('read', { ids: [1] }), 1);
  await until(() => client.store.ops.length === 0);
  assert.equal(server.requests.filter(({ method }) => method === 'POST').length, 1);
  server.hasSockets = true;
  await until(() => client.state === 'live', 10);
  server.create();
  await until(() => client.heard.length === 6);
});

test('an unchanged inbox is polled by its ETag alone', async () => {
  server.hasSockets = false;
  const client = device();
  await until(() => client.state === 'polling');
  const { length } = server.requests;
  await until(() => server.requests.length >= length + 3);
  assert.ok(
    server.requests
      .slice(length)
      .every(({ path, headers }) => !path.endsWith('/changes') && headers['If-None-Match'] === '"e1-1"'),
  );
});

test('what was asked for and came too late is asked for again', async () => {
  server.hasSockets = false;
  let letGo;
  const fetch = async (url, request) => {
    if (url.includes('/changes') && server.inbox.seq === 2 && !letGo) await new Promise((resolve) => (letGo = resolve));
    return server.fetch(url, request);
  };
  const client = device({ fetch });
  await until(() => client.state === 'polling');
  server.inbox.create();
  await until(() => letGo);
  client.pause();
  letGo();
  await pause(20); // there is nothing else to wait for
  client.resume();
  await until(() => client.heard.length);
});

test('over REST changes are made one after the other', async () => {
  server.hasSockets = false;
  let isFirst = true;
  const fetch = async (url, request) => {
    const isHeld = isFirst && request.method === 'POST';
    if (isHeld) isFirst = false;
    if (isHeld) await pause(50);
    return server.fetch(url, request);
  };
  const client = device({ fetch });
  await until(() => client.state === 'polling');
  await Promise.all(['read', 'unread'].map((verb) => client.mark(verb, { ids: [1] })));
  assert.equal(server.inbox.rows.get(1).is_read, false);
});

test('with neither sockets nor REST it is offline, and comes back by itself', async () => {
  server.isAway = true;
  const client = device();
  await until(() => client.state === 'offline');
  server.isAway = false;
  await until(() => client.state === 'live', 10);
});

// Credentials

test('a token travels as a sub-protocol and a header, never in the address', async () => {
  const client = device({ token: 'secret' });
  await live(client);
  await client.more();
  assert.deepEqual(server.protocols[0], ['notifications.v1', 'bearer.secret']);
  assert.equal(server.requests[0].headers.Authorization, 'Bearer secret');
  assert.ok(
    ![...server.addresses, ...server.requests.map(({ query }) => JSON.stringify(query))].some((text) =>
      text.includes('secret'),
    ),
  );
});

test('after 4401 the provider is asked, once', async () => {
  let asked = 0;
  const client = device({ token: 'old', tokenProvider: async () => `new${++asked}` });
  await live(client);
  server.refusal = { code: 4401, reason: 'The user token has expired.' };
  server.cut(4401);
  await until(() => client.state === 'closed');
  assert.deepEqual([asked, client.code], [1, 4401]);
  server.refusal = null;
  client.retry();
  await live(client);
  assert.deepEqual(server.protocols.at(-1), ['notifications.v1', 'bearer.new1']);
});

test('a token is renewed before it expires, on the open socket', async () => {
  const fresh = token({ iat: inSeconds(0), exp: inSeconds(3600) });
  const client = device({ token: token({ iat: inSeconds(-3598), exp: inSeconds(2) }), tokenProvider: () => fresh });
  await live(client);
  await until(() => server.commands.length === 1);
  assert.deepEqual(server.commands[0], { type: 'auth', id: undefined, token: fresh });
  assert.equal(server.addresses.length, 1);
});

test('a provider that fails is asked again', async () => {
  let asked = 0;
  const client = device({
    tokenProvider: async () => {
      if (++asked === 1) throw new Error('away');
      return 'good';
    },
  });
  await live(client);
  assert.equal(asked, 2);
});

test('a refusal over REST is final too', async () => {
  server.hasSockets = false;
  server.restRefusal = 403;
  const client = device();
  await until(() => client.state === 'closed');
  assert.equal(client.code, 403);
});

test('a session that has ended is so over REST too, and its inbox forgotten', async () => {
  const storage = memory();
  const client = device({ storage });
  await live(client);
  await until(() => storage.entries.size === 1);
  server.hasSockets = false;
  server.restRefusal = 401;
  server.cut();
  await until(() => client.state === 'closed');
  assert.deepEqual([client.code, storage.entries.size], [401, 0]);
});

test('a token that has ended by the clock of the device is tried when there is no other', async () => {
  const old = token({ exp: inSeconds(-600) });
  await live(device({ token: old, tokenProvider: () => null }));
  assert.deepEqual(server.protocols, [['notifications.v1', `bearer.${old}`]]);
});

test('a fresh token that has ended by the clock of the device is not renewed all the time', async () => {
  let asked = 0;
  const fresh = token({ iat: inSeconds(-7200), exp: inSeconds(-3600) });
  const client = device({ tokenProvider: async () => (asked++, fresh) });
  await live(client);
  await pause(2500);
  assert.equal(asked, 1);
});

test('a token that comes when all has ended is not renewed', async () => {
  let asked = 0;
  let answer;
  const client = device({ tokenProvider: () => (asked++, new Promise((resolve) => (answer = resolve))) });
  await until(() => answer);
  client.stop();
  answer(token({ iat: inSeconds(0), exp: inSeconds(1) }));
  await pause(1500);
  assert.equal(asked, 1);
});

test('a renewal that fails when all has ended is not tried again', async () => {
  let asked = 0;
  let fail;
  const client = device({
    token: token({ iat: inSeconds(-3598), exp: inSeconds(2) }),
    tokenProvider: () => (asked++, new Promise((_, reject) => (fail = reject))),
  });
  await until(() => fail);
  client.stop();
  fail(new Error('away'));
  await pause(1500);
  assert.equal(asked, 1);
});

test('older rows are paged by cursor, without a hole and to the end', async () => {
  for (let n = 0; n < 11; n++) server.inbox.create();
  server.snapshotLimit = 3;
  const client = device({ pageSize: 3 });
  await live(client);
  assert.equal(client.store.list().length, 3);
  for (let before = 3; client.hasMore(); before = client.store.list().length) {
    await client.more();
    assert.ok(client.store.list().length > before);
  }
  assert.deepEqual(
    client.store.list().map(({ id }) => id),
    [12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1],
  );
});
