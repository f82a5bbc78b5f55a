// Paste into the console of http://localhost:8000/ while `make run` is running: prints the unread notifications of
// user 123, then each new one as it is created. Try `python manage.py mock_events` in a second terminal.
const ws = new WebSocket('ws://localhost:8000/notifications/ws/123');
ws.addEventListener('message', e => console.log(JSON.parse(e.data)));
