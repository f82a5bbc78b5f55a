// Whatever happens to the frames on their way, the device ends where the inbox is and says each thing once.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { InboxStore } from './module.mjs';
import { SimulatedInbox } from './simulated_inbox.mjs';

const RUNS = Number(process.env.RUNS ?? 400);
const VERBS = ['read', 'unread', 'seen', 'archive', 'unarchive', 'delete'];

/** Small, seeded and the same everywhere (mulberry32). */
function randomOf(seed) {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** A device that follows an inbox over a link that loses, doubles and reorders, and a page that is reloaded. */
class Journey {
  inbox = new SimulatedInbox();
  store = new InboxStore({ capacity: 10_000 });
  onTheWay = [];
  heard = [];
  asked = []; // operations that have not reached the server
  number = 0;

  constructor(random) {
    this.random = random;
    this.limits = [1 + random(6), 1 + random(6)];
    this.take(this.inbox.snapshot());
  }

  take(frame) {
    if (frame.type === 'snapshot' && this.store.lacksOlder(frame)) {
      const shown = new Set(frame.items.map(({ id }) => id));
      frame.older = this.inbox.unread.filter((row) => !shown.has(row.id) && this.store.isUnheard(row, frame.epoch));
    }
    const { news, sync } = this.store.apply(structuredClone(frame));
    this.heard.push(...news.map(({ id }) => id));
    if (sync !== null) this.onTheWay.push(this.inbox.changes(sync));
  }

  reconnect(why) {
    this.onTheWay = [];
    const [snapshotLimit, changesLimit] = this.limits;
    if (why === 'epoch') this.inbox.epoch += "'";
    if (why !== 'changes' || this.store.epoch !== this.inbox.epoch) this.take(this.inbox.snapshot(why, snapshotLimit));
    while (this.store.seq < this.inbox.seq) this.take(this.inbox.changes(this.store.seq, changesLimit));
    // What was asked and not answered is asked again: once more at worst.
    for (const op of this.asked.splice(0)) this.#reach(op, true);
    while (this.store.seq < this.inbox.seq) this.take(this.inbox.changes(this.store.seq, changesLimit));
  }

  reload() {
    const { ops } = this.store;
    const stored = JSON.parse(JSON.stringify({ state: this.store.dump(), ops }));
    this.store = new InboxStore({ capacity: 10_000 });
    this.store.load(stored.state);
    stored.ops.forEach((op) => this.store.begin(op));
    this.onTheWay = [];
  }

  #reach(op, isAnswered) {
    const { seq } = this.inbox.mark(op.verb, op);
    if (isAnswered) this.store.settle(op.id, seq);
    else this.asked.push(op); // the answer was lost
  }

  step() {
    const { random, inbox } = this;
    const keys = [1 + random(40)];
    const pick = this.onTheWay.length && random(this.onTheWay.length);
    const events = [
      () => inbox.create({ gap: random(3) }),
      () => inbox.create(),
      () => inbox.mark(VERBS[random(6)], { ids: keys }),
      () => inbox.mark(VERBS[random(6)], { up_to: keys[0] }),
      () => this.onTheWay.push(inbox.changes(Math.max(0, inbox.seq - random(4)))),
      () => this.onTheWay.length && this.take(this.onTheWay[pick]),
      () => this.onTheWay.splice(pick, 1),
      () => this.take(inbox.heartbeat()),
      () => this.reconnect(['changes', 'too_old', 'epoch'][random(3)]),
      () => this.reload(),
      () => {
        const op = {
          id: `op${++this.number}`,
          verb: VERBS[random(6)],
          at: 0,
          ...(random(3) ? { ids: keys } : { up_to: keys[0] }),
        };
        this.store.begin(op);
        this.asked.push(op);
      },
      () => this.asked.length && this.#reach(this.asked.shift(), random(2) === 0),
    ];
    events[random(events.length)]();
  }
}

test(`any order of frames, duplicates, gaps, reloads and writes converges (${RUNS} journeys)`, () => {
  for (let seed = 1; seed <= RUNS; seed++) {
    const random = randomOf(seed);
    const journey = new Journey(random);
    for (let steps = random(80); steps; steps--) journey.step();
    journey.reconnect('changes');
    const { inbox, store, heard } = journey;
    const context = `seed ${seed}`;
    assert.deepEqual([store.epoch, store.seq], [inbox.epoch, inbox.seq], context);
    assert.deepEqual(store.ops, [], context);
    assert.deepEqual(
      [store.view.unread, store.view.unseen],
      [inbox.unread.length, inbox.active.filter((row) => !row.seen_at).length],
      context,
    );
    const fresh = new Map(inbox.active.map((row) => [row.id, row]));
    for (const row of store.list()) assert.deepEqual(row, fresh.get(row.id), context);
    assert.deepEqual(
      store.list().map(({ id }) => id),
      inbox.active.map(({ id }) => id).filter((id) => id >= store.floor),
      `${context}: a hole in the list`,
    );
    assert.deepEqual(
      heard,
      [...new Set(heard)].sort((one, other) => one - other),
      `${context}: twice, or out of order`,
    );
    for (const id of inbox.untouched) assert.ok(heard.includes(id), `${context}: ${id} was lost`);
  }
});
