// Paste into the console of http://localhost:8000/ while `make run` is running: prints the frames of user 123's inbox,
// first a welcome and the newest notifications, then each change. Try `python manage.py mock_events` in a terminal.
const ws = new WebSocket('ws://localhost:8000/notifications/ws/123');
ws.addEventListener('message', e => console.log(JSON.parse(e.data)));
