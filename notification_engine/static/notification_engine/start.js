// The demonstration: two users with two devices each, made of the bell that any page embeds (docs/bell.md).

const STATES = { connecting: 'connecting', live: 'live', polling: 'polling', offline: 'cut off', closed: 'refused' };
const STORM = 100; // at once
const LATEST = 4;

const main = document.querySelector('main');
const stories = JSON.parse(main.dataset.stories);

// --- something happens -----------------------------------------------------------------------------------------------

const told = {}; // how far each story is, by user and scenario

async function fire(userId, scenario) {
  const story = stories[scenario];
  const key = `${userId} ${scenario}`;
  const next = () => ({ ...story[(told[key] = (told[key] ?? -1) + 1) % story.length], user_id: userId });
  if (scenario === 'storm') await post('/notifications/batch', { notifications: Array.from({ length: STORM }, next) });
  else await post('/notifications/', next());
}

async function post(path, body) {
  const problem = document.getElementById('problem');
  try {
    const answer = await fetch(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      credentials: 'omit', // as a visitor: the session of somebody who is also in the administration stays out of it
    });
    problem.textContent = answer.ok ? '' : (await answer.json()).detail;
  } catch {
    problem.textContent = 'The server did not answer.';
  }
  problem.hidden = !problem.textContent;
}

for (const user of document.querySelectorAll('.user')) {
  for (const button of user.querySelectorAll('.fire')) {
    button.addEventListener('click', () => fire(Number(user.dataset.userId), button.dataset.scenario));
  }
}

// --- the devices: text goes in as text, never as HTML ----------------------------------------------------------------

await customElements.whenDefined('notification-inbox');

for (const device of document.querySelectorAll('.device')) {
  const bell = device.querySelector('notification-inbox');
  const [connection, cut, list] = ['.connection', '.cut', '.latest'].map((name) => device.querySelector(name));

  const show = () => {
    connection.dataset.state = bell.connection;
    connection.textContent = STATES[bell.connection];
    for (const [name, value] of Object.entries(bell.counts)) device.querySelector(`.${name}`).textContent = value;
    const rows = bell.client.store.list().slice(0, LATEST);
    list.replaceChildren(...rows.map(line));
    device.querySelector('.empty').hidden = rows.length > 0;
  };
  // The element's client says whenever anything changes; the element has it one turn after it was put into the page.
  queueMicrotask(() => {
    for (const type of ['change', 'connection']) bell.client.addEventListener(type, show);
    show();
  });

  cut.addEventListener('click', () => {
    const isOn = cut.getAttribute('aria-checked') !== 'true';
    cut.setAttribute('aria-checked', String(isOn));
    cut.textContent = isOn ? 'Connected' : 'Disconnected';
    if (isOn) bell.resume();
    else bell.pause();
  });
}

function line(row) {
  const element = document.createElement('li');
  element.textContent = row.title;
  element.toggleAttribute('data-read', row.is_read);
  return element;
}

// --- lines to copy ---------------------------------------------------------------------------------------------------

for (const block of document.querySelectorAll('pre')) makeCopyable(block);

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
