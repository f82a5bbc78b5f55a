// A server in memory: its WebSocket constructor and its fetch, over a simulated inbox.

import { SimulatedInbox } from './simulated_inbox.mjs';

export class SimulatedServer {
  inbox = new SimulatedInbox();
  sockets = new Set();
  addresses = []; // of every handshake
  protocols = [];
  requests = [];
  commands = [];
  isAway = false; // neither sockets nor REST
  hasSockets = true;
  refusal = null; // {code, reason}: every socket is closed with it
  answers = true; // commands are answered
  WebSocket = socketOf(this);
  snapshotLimit = 100;

  /** Tell every socket what came after `since`. */
  tell(since = this.inbox.seq - 1) {
    for (const socket of this.sockets) socket.hear(this.inbox.changes(since));
  }

  create() {
    const id = this.inbox.create();
    this.tell();
    return id;
  }

  cut(code = 1006) {
    for (const socket of [...this.sockets]) socket.end(code);
  }

  fetch = async (url, { method, body, headers }) => {
    await null;
    const { pathname, searchParams } = new URL(url);
    this.requests.push({
      method,
      path: pathname,
      query: Object.fromEntries(searchParams),
      body: body && JSON.parse(body),
      headers,
    });
    if (this.isAway) throw new TypeError('fetch failed');
    if (this.restRefusal) return new Response(JSON.stringify({ detail: 'No.' }), { status: this.restRefusal });
    const { inbox } = this;
    const json = (value, more) => new Response(JSON.stringify(value), more);
    if (method === 'POST') {
      const { action, ...which } = JSON.parse(body);
      const since = inbox.seq;
      const done = inbox.mark(action, which);
      this.tell(since);
      return json(done);
    }
    if (pathname.endsWith('/changes')) {
      const isSame = searchParams.get('epoch') === inbox.epoch;
      const { type, ...frame } = isSame ? inbox.changes(Number(searchParams.get('since')), 2) : inbox.snapshot('epoch');
      return json({ mode: type, ...frame });
    }
    const ETag = `"${inbox.epoch}-${inbox.seq}"`;
    if (headers['If-None-Match'] === ETag) return new Response(null, { status: 304 });
    const [limit, below] = [Number(searchParams.get('limit')), Number(searchParams.get('cursor') ?? Infinity)];
    const rows = (searchParams.get('status') === 'unread' ? inbox.unread : inbox.active).filter(({ id }) => id < below);
    const results = rows.slice(0, limit);
    const next =
      rows.length > limit
        ? `http://server/notifications/7?${url.split('?')[1].replace(/&cursor=.*/, '')}&cursor=${results.at(-1).id}`
        : null;
    const { unread, unseen } = inbox.heartbeat();
    return json({ epoch: inbox.epoch, seq: inbox.seq, unread, unseen, next, results }, { headers: { ETag } });
  };
}

const socketOf = (server) =>
  class extends EventTarget {
    isOpen = false;

    constructor(url, protocols) {
      super();
      server.addresses.push(url);
      server.protocols.push(protocols);
      queueMicrotask(() => {
        if (server.isAway || !server.hasSockets) return this.end(1006);
        if (server.refusal) {
          this.hear({ type: 'bye', ...server.refusal });
          return this.end(server.refusal.code);
        }
        this.isOpen = true;
        server.sockets.add(this);
        this.hear(server.inbox.welcome());
        const { searchParams } = new URL(url);
        const isKnown = searchParams.get('epoch') === server.inbox.epoch;
        this.hear(
          isKnown
            ? server.inbox.changes(Number(searchParams.get('since')))
            : server.inbox.snapshot('first', server.snapshotLimit),
        );
      });
    }

    hear(frame) {
      this.dispatchEvent(Object.assign(new Event('message'), { data: JSON.stringify(frame) }));
    }

    end(code) {
      server.sockets.delete(this);
      this.dispatchEvent(Object.assign(new Event('close'), { code }));
    }

    close() {
      server.sockets.delete(this);
    }

    send(text) {
      const { type, id, ...rest } = JSON.parse(text);
      server.commands.push({ type, id, ...rest });
      const { inbox } = server;
      queueMicrotask(() => {
        if (type === 'ping') return this.hear(inbox.heartbeat());
        if (type === 'sync') return this.hear(inbox.changes(rest.since));
        if (type === 'auth' || !server.answers) return;
        if (server.error) return this.hear({ type: 'error', id, ...server.error });
        const since = inbox.seq;
        const { changed, seq } = inbox.mark(type, rest);
        this.hear({ type: 'ok', id, seq, changed });
        server.tell(since);
      });
    }
  };
