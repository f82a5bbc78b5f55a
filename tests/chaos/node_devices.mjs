// The rig's devices that run the bell's headless client, all in one process; a JSON a line each way, see node_devices.py.

import { createHmac } from 'node:crypto';
import { subscribe } from 'node:diagnostics_channel';
import { createInterface } from 'node:readline';

import { InboxClient } from '../bell/module.mjs';

const { engines, key, tokenSeconds, capacity, breaks } = JSON.parse(process.argv[2]);
const CUT = 1006;
const LEFT = 1000;
/** Of the calls of a token provider: the product's own back end is away now and then, too. */
const UNAVAILABLE = 0.1;

const any = (list) => list[Math.floor(Math.random() * list.length)];
const say = (device, event, more) => console.log(JSON.stringify({ device, event, at: Date.now() / 1000, ...more }));

/** What the judge looks at in a frame. */
const outlined = ({ items, older, ...frame }) =>
  items ? { ...frame, items: items.map(({ id, title, deleted }) => ({ id, title, deleted })) } : frame;

let tokens = 0;

function tokenOf(user) {
  if (Math.random() < UNAVAILABLE) throw new Error('no token for now');
  const iat = Math.floor(Date.now() / 1000);
  const exp = iat + Math.floor((0.5 + Math.random()) * tokenSeconds);
  const parts = [
    { alg: 'HS256', kid: 'test', typ: 'JWT' },
    { sub: user, aud: 'notifications', iat, exp, jti: `${++tokens}` },
  ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  return [...parts, createHmac('sha256', key).update(parts.join('.')).digest('base64url')].join('.');
}

/** Sockets on their way, by the credential of their handshake, which no two devices share. */
const opening = new Map();

// Node tells of the TCP socket below a WebSocket here alone: it is what a tunnel takes away.
subscribe('undici:client:sendHeaders', ({ headers, socket }) => {
  const [, token] = /^sec-websocket-protocol: .*bearer\.(\S+)\r$/m.exec(headers) ?? [];
  opening.get(token)?.carriedBy(socket);
});

/** The WebSocket of one device, to another server each time. It tells what the client hears before the client does. */
const socketOf = (device) =>
  class extends WebSocket {
    #isOver = false;

    constructor(url, protocols) {
      const engine = any(engines);
      const address = new URL(url);
      address.host = engine.address;
      const { searchParams } = address;
      say(device.name, 'connecting', { engine: engine.name, since: Number(searchParams.get('since') ?? 0) });
      super(address, protocols);
      opening.set(protocols[1].slice('bearer.'.length), this);
      this.addEventListener('message', ({ data }) => {
        if (!this.#isOver) say(device.name, 'frame', { frame: outlined(JSON.parse(data)) });
      });
      this.addEventListener('error', () => this.#end(CUT));
      this.addEventListener('close', ({ code }) => this.#end(code));
    }

    carriedBy(socket) {
      device.tcp = socket;
      say(device.name, 'port', { port: socket.localPort });
    }

    /** The client gives it up; what comes of it later is nobody's. */
    close() {
      this.#end(LEFT);
      super.close();
    }

    #end(code) {
      if (!this.#isOver) say(device.name, 'ended', { code });
      this.#isOver = true;
    }
  };

/** REST of another server each time, too. */
function elsewhere(url, request) {
  const address = new URL(url);
  address.host = any(engines).address;
  return fetch(address, request);
}

let changes = 0;

/** What a mutant makes of changes, to see whether the judge finds it. */
const BREAKS = {
  'announce-per-frame': (frame) => ({ ...frame, more: false }),
  'drop-a-frame': (frame) => (++changes % 50 ? frame : { ...frame, items: [] }),
};

/** What a device holds is told as it changes; what it shows when it is asked for. */
function watch(name, store) {
  const apply = store.apply.bind(store);
  const broken = (frame) => (frame.type === 'changes' && breaks ? BREAKS[breaks](frame) : frame);
  store.apply = (frame) => {
    if (frame.mode) say(name, 'polled', { frame: outlined({ ...frame }) }); // by REST, while no socket was to be had
    const outcome = apply(broken(frame));
    const { epoch, seq, items } = store;
    say(name, 'holds', { cursor: epoch && [epoch, seq], lowest: items.size < capacity ? 0 : Math.min(...items.keys()) });
    return outcome;
  };
}

const devices = new Map();

const deeds = {
  start({ device: name, user }) {
    const device = { name, tcp: null };
    device.client = new InboxClient({
      endpoint: `http://${engines[0].address}`,
      userId: user,
      tokenProvider: async () => tokenOf(user),
      WebSocket: socketOf(device),
      fetch: elsewhere,
      capacity,
    });
    devices.set(name, device);
    watch(name, device.client.store);
    device.client.addEventListener('notification', ({ detail: { notification } }) =>
      say(name, 'announced', { id: notification.id, title: notification.title }),
    );
    device.client.addEventListener('connection', ({ detail }) => say(name, 'state', detail));
    device.client.start();
  },
  abort: ({ device }) => devices.get(device).tcp?.resetAndDestroy(),
  close: ({ device }) => devices.get(device)?.client.stop(),
  mark: ({ device, verb, ids }) => devices.get(device).client.mark(verb, { ids }),
  /** What a person sees by now: the rows as the server has them below whatever waits to be confirmed. */
  look({ device }) {
    const { view, epoch, seq } = devices.get(device).client.store;
    return { cursor: epoch && [epoch, seq], ...view };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { do: deed, number, ...what } = JSON.parse(line);
  Promise.resolve()
    .then(() => deeds[deed](what))
    .then(
      (result = null) => number && say(null, 'answer', { number, result }),
      (problem) => {
        if (!number) throw problem; // nobody waits for it, so the process dies of it
        say(null, 'refusal', { number, code: problem.code ?? '', detail: problem.message });
      },
    );
}
process.exit();
