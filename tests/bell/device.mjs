// A device in Node for tests in Python: `node device.mjs http://127.0.0.1:8000 7`. It prints what it hears, one JSON a line,
// and does what it is told on its input: ["mark", "read", {"ids": [1]}], ["pause"], ["resume"], ["rows"].

import { createInterface } from 'node:readline';

import { InboxClient } from './module.mjs';

const [endpoint, userId] = process.argv.slice(2);
const client = new InboxClient({ endpoint, userId });
const say = (...words) => console.log(JSON.stringify(words));

client.addEventListener('notification', ({ detail }) => say('heard', detail.notification.title));
client.addEventListener('connection', ({ detail }) => say('connection', detail.state));
await client.start();

for await (const line of createInterface({ input: process.stdin })) {
  const [verb, ...rest] = JSON.parse(line);
  if (verb === 'mark') client.mark(...rest).then((changed) => say('changed', changed));
  else if (verb === 'rows') say('rows', client.store.view.unread, client.store.list().map((row) => row.title));
  else client[verb](...rest);
}
client.stop();
