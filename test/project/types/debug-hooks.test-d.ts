// Guards of the types of hooks, checked by `npm run types`. Nothing of this is run.
import { expectTypeOf } from 'vitest';
import { createWs2_32, type SOCKET, type WSABUF } from 'ws2spi';

const ws2 = createWs2_32();

ws2.debug.hook({
  match: 'send',
  before(call) {
    expectTypeOf(call.function).toEqualTypeOf<'send'>();
    expectTypeOf(call.arguments.s).toEqualTypeOf<SOCKET>();
    call.prevent(5);
    call.redirect((s, buf, len) => s + len + (buf?.length ?? 0));
    // @ts-expect-error it has no such argument
    void call.arguments.lpBuffers;
    // @ts-expect-error it returns a number
    call.prevent('five');
  },
  after(call) {
    expectTypeOf(call.result).toEqualTypeOf<number>();
  },
});

ws2.debug.hook({
  match: ['WSPSend', 'connect'],
  before(call) {
    if (call.function === 'WSPSend') expectTypeOf(call.arguments.lpBuffers).toEqualTypeOf<WSABUF[]>();
    else expectTypeOf(call.arguments.name).toEqualTypeOf<Uint8Array>();
  },
});

ws2.debug.hook({
  match: /^WSP/,
  before: (call) => expectTypeOf(call.arguments).toEqualTypeOf<Record<string, unknown>>(),
});

// @ts-expect-error there is no such function
ws2.debug.hook({ match: 'sned', before() {} });
