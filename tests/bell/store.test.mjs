// The store, one rule at a time, and against the golden frames.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

import { InboxStore } from './module.mjs';
import { SimulatedInbox } from './simulated_inbox.mjs';

const EXAMPLES = new URL('../wire/examples/', import.meta.url);
const golden = (name) => JSON.parse(readFileSync(new URL(`${name}.json`, EXAMPLES)));
const ids = ({ news }) => news.map(({ id }) => id);
const shown = (store, query) => store.list(query).map(({ id }) => id);

function opened(options) {
  const inbox = new SimulatedInbox();
  inbox.create();
  inbox.create();
  const store = new InboxStore(options);
  store.apply(inbox.snapshot());
  return { inbox, store };
}

test('every golden frame is taken in without complaint', () => {
  for (const file of readdirSync(EXAMPLES)) new InboxStore().apply(golden(file.replace('.json', '')));
});

test('the golden snapshot is held and announces nothing', () => {
  const store = new InboxStore();
  assert.deepEqual(store.apply(golden('snapshot')), { news: [], sync: null });
  assert.deepEqual([store.epoch, store.seq, store.unread, store.unseen], ['3f6c', 63, 4, 2]);
  assert.deepEqual(store.items.get(812), golden('snapshot').items[0]);
  assert.equal(store.floor, 812);
});

test('golden changes ahead of the device are asked for, those behind dropped, the tombstone removes', () => {
  const store = new InboxStore();
  store.load({
    epoch: '3f6c',
    seq: 55,
    unread: 0,
    unseen: 0,
    announced: 0,
    floor: 0,
    newest: '',
    heardUntil: '',
    unheard: [],
    items: [],
  });
  assert.deepEqual(store.apply(golden('changes')), { news: [], sync: 55 });
  store.seq = 56;
  assert.deepEqual(ids(store.apply(golden('changes'))), [812]);
  assert.deepEqual(ids(store.apply(golden('changes'))), []);
  store.apply(golden('changes_tombstone'));
  assert.deepEqual([store.seq, store.items.size, store.unread], [58, 0, 0]);
  assert.deepEqual(store.apply(golden('heartbeat')), { news: [], sync: 58 });
  assert.deepEqual(store.apply(golden('changes_empty')), { news: [], sync: 58 });
});

test('with history the first snapshot announces what is unread, oldest first', () => {
  assert.deepEqual(ids(new InboxStore({ history: true }).apply(opened().inbox.snapshot())), [1, 2]);
});

test('a new notification is announced once', () => {
  const { inbox, store } = opened();
  inbox.create();
  assert.deepEqual(ids(store.apply(inbox.changes(2))), [3]);
  assert.deepEqual(ids(store.apply(inbox.changes(0))), []);
});

test('an overlapping range applies only what is new', () => {
  const { inbox, store } = opened();
  inbox.create();
  store.apply(inbox.changes(2));
  store.items.delete(3); // let go of since
  inbox.create();
  assert.deepEqual(ids(store.apply(inbox.changes(1))), [4]);
  assert.equal(store.items.has(3), false);
});

test('what was read, archived or deleted meanwhile is not announced, nor later', () => {
  const { inbox, store } = opened();
  for (const verb of ['read', 'archive', 'delete']) inbox.mark(verb, { ids: [inbox.create()] });
  assert.deepEqual(ids(store.apply(inbox.changes(2))), []);
  inbox.mark('unread', { ids: [3] });
  assert.deepEqual(ids(store.apply(inbox.changes(store.seq))), []);
});

test('with more to come nothing is announced yet', () => {
  const { inbox, store } = opened();
  inbox.create();
  inbox.create();
  assert.deepEqual(ids(store.apply(inbox.changes(2, 1))), []);
  inbox.mark('read', { ids: [3] });
  assert.deepEqual(ids(store.apply(inbox.changes(3))), [4]);
});

test('a snapshot replaces the rows, the cursor and the counts', () => {
  const { inbox, store } = opened();
  inbox.mark('delete', { ids: [1] });
  inbox.create();
  assert.deepEqual(ids(store.apply(inbox.snapshot('behind'))), [3]);
  assert.deepEqual(shown(store), [3, 2]);
});

test('in a new epoch ids may begin again', () => {
  const { store } = opened();
  const reset = Object.assign(new SimulatedInbox(), { epoch: 'e2', seq: 10 });
  reset.create();
  assert.deepEqual(ids(store.apply(reset.snapshot('epoch'))), [1]);
});

test('in a new epoch of the same rows nothing is announced again', () => {
  const { inbox, store } = opened();
  inbox.epoch = 'e2';
  assert.deepEqual(ids(store.apply(inbox.snapshot('epoch'))), []);
});

test('a snapshot that ends above the mark lacks older ones', () => {
  const { inbox, store } = opened();
  for (let n = 0; n < 3; n++) inbox.create();
  assert.equal(store.lacksOlder(inbox.snapshot('behind', 2)), true);
  assert.equal(store.lacksOlder(inbox.snapshot('behind', 4)), false);
});

test('only the newest rows are kept, and the list ends where they do', () => {
  const { inbox, store } = opened({ capacity: 2 });
  inbox.create();
  store.apply(inbox.changes(2));
  assert.deepEqual(shown(store), [3, 2]);
  assert.equal(store.floor, 2);
});

test('an old row that changes does not show up below a hole', () => {
  const { inbox } = opened();
  for (let n = 0; n < 5; n++) inbox.create();
  const store = new InboxStore();
  store.apply(inbox.snapshot('first', 3));
  inbox.mark('read', { ids: [1] });
  store.apply(inbox.changes(7));
  assert.deepEqual(shown(store), [7, 6, 5]);
  store.floor = 0;
  store.merge(inbox.active);
  assert.deepEqual(shown(store), [7, 6, 5, 4, 3, 2, 1]);
});

test('a page that was read before a row was deleted does not bring it back', () => {
  const { inbox, store } = opened();
  const page = structuredClone(inbox.active);
  inbox.mark('delete', { ids: [1] });
  inbox.mark('read', { ids: [2] });
  store.apply(inbox.changes(2));
  store.merge(page);
  assert.deepEqual(
    store.list().map(({ id, is_read }) => [id, is_read]),
    [[2, true]],
  );
});

// What is asked and not confirmed

test('a change is seen at once, and undone when it is refused', () => {
  const { store } = opened();
  store.begin({ id: 'a', verb: 'read', ids: [2], at: 0 });
  assert.deepEqual([store.view.unread, store.view.unseen, shown(store, 'status=unread')], [1, 1, [1]]);
  store.settle('a');
  assert.deepEqual([store.view.unread, store.view.unseen, shown(store, 'status=unread')], [2, 2, [2, 1]]);
});

test('a confirmed change stays seen until the rows say it themselves', () => {
  const { inbox, store } = opened();
  store.begin({ id: 'a', verb: 'archive', ids: [2], at: 0 });
  const { seq } = inbox.mark('archive', { ids: [2] });
  store.settle('a', seq);
  assert.deepEqual([shown(store), store.ops.length], [[1], 1]);
  store.apply(inbox.changes(2));
  assert.deepEqual([shown(store), store.ops.length, shown(store, 'status=archived')], [[1], 0, [2]]);
});

test('reading all up to an id counts the rows that are not held, and leaves newer ones', () => {
  const { inbox } = opened();
  for (let n = 0; n < 5; n++) inbox.create();
  const store = new InboxStore();
  store.apply(inbox.snapshot('first', 2));
  store.begin({ id: 'a', verb: 'read', up_to: 6, at: 0 });
  assert.deepEqual([store.view.unread, store.view.unseen], [1, 1]);
});

test('what is seen stays unread', () => {
  const { store } = opened();
  store.begin({ id: 'a', verb: 'seen', up_to: 2, at: 0 });
  assert.deepEqual([store.view.unread, store.view.unseen], [2, 0]);
});

test('lists are by state and by identifier', () => {
  const { inbox, store } = opened();
  inbox.create();
  inbox.mark('read', { ids: [3] });
  store.apply(inbox.changes(2));
  assert.deepEqual(
    [shown(store, 'identifier=ODD'), shown(store, 'status=unread')],
    [
      [3, 1],
      [2, 1],
    ],
  );
});

test('a dump loads to the same device, also through JSON', () => {
  const { inbox, store } = opened();
  inbox.create();
  store.apply({ ...inbox.changes(2), more: true });
  const other = new InboxStore();
  other.load(JSON.parse(JSON.stringify(store.dump())));
  assert.deepEqual(other.dump(), store.dump());
  assert.deepEqual(ids(other.apply(inbox.changes(3))), [3]);
});

test('a dump of the newest rows says where they end', () => {
  const { store } = opened();
  assert.deepEqual([store.dump(1).items.length, store.dump(1).floor, store.dump(2).floor], [1, 2, 0]);
});
