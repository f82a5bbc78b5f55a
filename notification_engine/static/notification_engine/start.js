// The demonstration: one inbox on the screen, kept equal to the server's. docs/protocol.md has every frame.

const PAGE_SIZE = 50;
const FINAL_CLOSES = new Map([
  [4400, 'refused: this page spoke nonsense'],
  [4401, 'closed: no credential, reload the page'],
  [4403, 'closed: not your inbox'],
]);

const userId = document.querySelector('main').dataset.userId;
const list = document.getElementById('list');

// --- following the inbox -------------------------------------------------------------------------------------------

let epoch = null; // the cursor: everything up to `seq` of the numbering `epoch` is on the screen
let seq = 0;
let announced = 0; // highest id that was announced; a notification is announced once
let failures = 0;
let heartbeatSeconds = 25;
let retryAfter = null;
let watchdog = 0;

function connect() {
  const url = new URL(`/notifications/ws/${userId}`, location.href);
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  url.searchParams.set('limit', PAGE_SIZE);
  if (epoch !== null) {
    url.searchParams.set('epoch', epoch);
    url.searchParams.set('since', seq);
  }
  const socket = new WebSocket(url);
  let closed = false;

  // A link can die without a close event, so the watchdog ends the connection by itself and does not wait for one.
  const end = (code) => {
    if (closed) return;
    closed = true;
    clearTimeout(watchdog);
    socket.close();
    if (FINAL_CLOSES.has(code)) showConnection('closed', FINAL_CLOSES.get(code));
    else reconnect();
  };
  const watch = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(end, heartbeatSeconds * 2500);
  };

  socket.addEventListener('message', (event) => {
    if (closed) return;
    receive(JSON.parse(event.data), socket);
    watch();
  });
  socket.addEventListener('close', (event) => end(event.code));
  watch();
}

function reconnect() {
  const [low, high] = retryAfter ?? [0, Math.min(30, 0.5 * 2 ** failures)];
  retryAfter = null;
  failures += 1;
  showConnection('connecting', 'connecting again');
  setTimeout(connect, 1000 * (low + Math.random() * (high - low)));
}

function receive(frame, socket) {
  if (frame.type === 'welcome') {
    heartbeatSeconds = frame.heartbeat_seconds;
    failures = 0;
    showConnection('live', 'live');
  } else if (frame.type === 'snapshot') {
    list.replaceChildren();
    announced = frame.items.reduce((highest, item) => Math.max(highest, item.id), announced);
    frame.items.forEach(show);
    epoch = frame.epoch;
    advance(frame);
  } else if (frame.type === 'changes') {
    if (frame.to <= seq) return;
    if (frame.from > seq) {
      socket.send(JSON.stringify({ type: 'sync', since: seq }));
      return;
    }
    const changed = frame.items.filter((item) => item.seq > seq);
    changed.forEach(show);
    advance(frame);
    // An inbox that is still catching up is not news.
    if (!frame.more) announce(changed);
  } else if (frame.type === 'heartbeat' && frame.seq > seq) {
    socket.send(JSON.stringify({ type: 'sync', since: seq }));
  } else if (frame.type === 'bye') {
    retryAfter = frame.retry_after;
  }
}

function advance(frame) {
  seq = frame.to;
  document.querySelector('#unread span').textContent = frame.unread;
  document.getElementById('empty').hidden = list.children.length > 0;
}

function announce(changed) {
  const fresh = changed
    .filter((item) => item.id > announced && !item.deleted && !item.is_read && !item.archived_at)
    .sort((one, other) => one.id - other.id);
  for (const item of fresh) {
    announced = item.id;
    say(`New: ${item.title}`);
    row(item.id)?.setAttribute('data-fresh', '');
  }
}

// --- the list: text goes in as text, never as HTML -------------------------------------------------------------------

function row(id) {
  return document.getElementById(`notification-${id}`);
}

function show(item) {
  const present = row(item.id);
  if (item.deleted || item.archived_at) {
    present?.remove();
    return;
  }
  const element = present ?? place(build(item), item.id);
  element.querySelector('.title').textContent = item.title;
  element.querySelector('.detail').textContent = item.description;
  element.querySelector('.facts').textContent =
    `${item.identifier} · ${new Date(item.created_at).toLocaleTimeString()}${item.is_read ? ' · read' : ''}`;
  element.toggleAttribute('data-read', item.is_read);
  const button = element.querySelector('button');
  button.textContent = item.is_read ? 'Mark unread' : 'Mark read';
  button.setAttribute('aria-label', `${button.textContent}: ${item.title}`);
}

function build(item) {
  const element = document.createElement('li');
  element.id = `notification-${item.id}`;
  element.dataset.id = item.id;
  for (const part of ['title', 'detail', 'facts']) {
    const line = document.createElement('p');
    line.className = part;
    element.append(line);
  }
  const button = document.createElement('button');
  button.type = 'button';
  button.addEventListener('click', () =>
    call('PUT', `/notifications/${item.id}`, { is_read: !element.hasAttribute('data-read') }));
  element.append(button);
  return element;
}

function place(element, id) {
  const older = [...list.children].find((other) => Number(other.dataset.id) < id);
  list.insertBefore(element, older ?? null);
  while (list.children.length > PAGE_SIZE) list.lastElementChild.remove();
  return element;
}

// --- what the visitor does -------------------------------------------------------------------------------------------

async function call(method, path, body) {
  try {
    const answer = await fetch(path, {
      method,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      credentials: 'omit', // as a visitor: the session of somebody who is also in the administration stays out of it
    });
    if (!answer.ok) say((await answer.json()).detail, { bad: true });
  } catch {
    say('The server did not answer.', { bad: true });
  }
}

function say(text, { bad = false } = {}) {
  const line = document.getElementById('announcement');
  line.textContent = text;
  line.toggleAttribute('data-bad', bad);
}

function showConnection(state, text) {
  const line = document.getElementById('connection');
  line.dataset.state = state;
  line.textContent = text;
}

function makeCopyable(block) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'Copy';
  button.setAttribute('aria-label', `Copy: ${block.textContent.split('\n')[0]}`);
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(block.textContent);
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = 'Copy'; }, 1500);
  });
  const wrapper = document.createElement('div');
  wrapper.className = 'copyable';
  block.replaceWith(wrapper);
  wrapper.append(block, button);
}

for (const button of document.querySelectorAll('.actions button')) {
  const { title, description, identifier } = button.dataset;
  button.addEventListener('click', () =>
    call('POST', '/notifications/', { title, description, identifier, user_id: Number(userId) }));
}
for (const block of document.querySelectorAll('pre')) makeCopyable(block);
connect();
