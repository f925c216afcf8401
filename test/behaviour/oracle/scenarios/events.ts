// Event objects, and waits for them.
import { Group } from '../scenario.js';

export const events = new Group('events');
const { scenario } = events;

scenario('an event object is set and reset', (t) => {
  const e = t.WSACreateEvent();
  t.WSAWaitForMultipleEvents(1, [e], 0, 0, 0);
  t.WSASetEvent(e);
  t.WSAWaitForMultipleEvents(1, [e], 0, 0, 0);
  t.WSAWaitForMultipleEvents(1, [e], 0, 0, 0);
  t.WSAResetEvent(e);
  t.WSAWaitForMultipleEvents(1, [e], 0, 0, 0);
  t.WSACloseEvent(e);
});

scenario('event objects that are none', (t) => {
  t.WSASetEvent(0);
  t.WSAResetEvent(0);
  t.WSACloseEvent(0);
  t.WSASetEvent(0xdeadbec);
  t.WSACloseEvent(0xdeadbec);
  t.WSAWaitForMultipleEvents(1, [0xdeadbec], 0, 0, 0);
});

scenario('a closed event object', (t) => {
  const e = t.WSACreateEvent();
  t.WSACloseEvent(e);
  t.WSASetEvent(e);
  t.WSACloseEvent(e);
  t.WSAWaitForMultipleEvents(1, [e], 0, 0, 0);
});

scenario('a wait for one of several', (t) => {
  const [a, b, c] = [t.event(), t.event(), t.event()];
  t.WSASetEvent(b);
  t.WSAWaitForMultipleEvents(3, [a, b, c], 0, 'LONG', 0);
  t.WSASetEvent(a);
  t.WSAWaitForMultipleEvents(3, [a, b, c], 0, 'LONG', 0);
  t.WSAWaitForMultipleEvents(2, [c, b], 0, 'LONG', 0);
});

scenario('a wait for all', (t) => {
  const [a, b] = [t.event(), t.event()];
  t.WSASetEvent(a);
  t.WSAWaitForMultipleEvents(2, [a, b], 1, 10, 0);
  t.WSASetEvent(b);
  t.WSAWaitForMultipleEvents(2, [a, b], 1, 'LONG', 0);
});

scenario('a wait for nothing', (t) => {
  t.WSAWaitForMultipleEvents(0, null, 0, 0, 0);
  t.WSAWaitForMultipleEvents(0, [0], 0, 0, 0);
});

scenario('a wait for too many', (t) => {
  const e = t.event();
  t.WSAWaitForMultipleEvents(
    65,
    Array.from({ length: 65 }, () => e),
    0,
    0,
    0,
  );
  t.WSAWaitForMultipleEvents(
    64,
    Array.from({ length: 64 }, (_, index) => (index === 0 ? e : t.event())),
    0,
    0,
    0,
  );
});

scenario('a wait for a good and a bad handle', (t) => {
  const e = t.event();
  t.WSASetEvent(e);
  t.WSAWaitForMultipleEvents(2, [e, 0xdeadbec], 0, 0, 0);
});

scenario('a socket is no event object', (t) => {
  const s = t.tcp();
  t.WSASetEvent(s);
});

scenario('an alertable wait runs APCs first', (t) => {
  const e = t.event();
  t.WSASetEvent(e);
  t.queueApc();
  t.WSAWaitForMultipleEvents(1, [e], 0, 0, 0);
  t.WSAWaitForMultipleEvents(1, [e], 0, 'LONG', 1);
  t.WSAWaitForMultipleEvents(1, [e], 0, 'LONG', 1);
});
