// Guards of the types that layers are written with, checked by `npm run types`. Nothing of this is run.
import { expectTypeOf } from 'vitest';
import {
  createWs2_32,
  type LPWSPSTARTUP,
  type Ref,
  type SOCKET,
  type WSABUF,
  type WSAPROTOCOL_INFO,
  type WSPPROC_TABLE,
} from 'ws2spi';
import {
  createWSPStartup,
  defineLayer,
  PassThroughProvider,
  stack,
  unstack,
  type Codec,
  type CodecOutput,
  type CodecConnection,
  type FilterRequest,
  type Layer,
  type LayerContext,
} from 'ws2spi/chain';
import { connectedPair, createTestInstance, verifyCodec, type TestInstance } from 'ws2spi/testkit';

const ws2 = createWs2_32();

// ---- Hooks are inferred ----

const layer = defineLayer({
  name: 'all',
  version: '1.2.3',
  connect(request) {
    expectTypeOf(request).toEqualTypeOf<FilterRequest>();
    request.port = 80;
    // @ts-expect-error -- the socket cannot be another
    request.socket = 4;
    return 0;
  },
  accept: (request) => request.refuse(),
  bind: () => undefined,
  codec(connection) {
    expectTypeOf(connection).toEqualTypeOf<CodecConnection>();
    return {
      send(bytes, output) {
        expectTypeOf(bytes).toEqualTypeOf<Uint8Array>();
        expectTypeOf(output).toEqualTypeOf<CodecOutput>();
      },
      receive: (bytes, output) => output.decoded(bytes),
    };
  },
  overrides: {
    WSPSend(lower, s, lpBuffers, dwBufferCount, lpNumberOfBytesSent, ...rest) {
      expectTypeOf(lower).toEqualTypeOf<WSPPROC_TABLE>();
      expectTypeOf(s).toEqualTypeOf<SOCKET>();
      expectTypeOf(lpBuffers).toEqualTypeOf<WSABUF[]>();
      expectTypeOf(lpNumberOfBytesSent).toEqualTypeOf<Ref<number> | null>();
      return lower.lpWSPSend(s, lpBuffers, dwBufferCount, lpNumberOfBytesSent, ...rest);
    },
  },
});
expectTypeOf(layer).toEqualTypeOf<Layer>();
expectTypeOf(layer.WSPStartup).toEqualTypeOf<LPWSPSTARTUP>();
defineLayer({
  name: 'from context',
  overrides: (context) => {
    expectTypeOf(context).toEqualTypeOf<LayerContext>();
    return { WSPListen: (lower, s, backlog, lpErrno) => lower.lpWSPListen(s, Math.min(backlog, 5), lpErrno) };
  },
});

expectTypeOf(stack(ws2, [layer])).toEqualTypeOf<WSAPROTOCOL_INFO[]>();
expectTypeOf(unstack).parameter(1).toEqualTypeOf<readonly WSAPROTOCOL_INFO[]>();

() => {
  // @ts-expect-error -- a layer has a name
  defineLayer({ connect: () => 0 });
  // @ts-expect-error -- a filter refuses by a number, not by a promise
  defineLayer({ name: 'late', connect: () => Promise.resolve(0) });
  // @ts-expect-error -- a codec has `receive` and `send`
  defineLayer({ name: 'half', codec: () => ({ send: () => undefined }) });
  // @ts-expect-error -- there is no such function
  defineLayer({ name: 'odd', overrides: { WSPTransmit: () => 0 } });
  // @ts-expect-error -- a function of the interface returns a number
  defineLayer({ name: 'text', overrides: { WSPListen: () => 'done' } });
  // @ts-expect-error -- a layer, not its name
  stack(ws2, ['all']);
  // @ts-expect-error -- no such option
  stack(ws2, [layer], { under: 1001 });
};

// ---- The pass-through class ----

class Own extends PassThroughProvider {
  override WSPCloseSocket(s: SOCKET, lpErrno: Ref<number>): number {
    return this.lower.lpWSPCloseSocket(s, lpErrno);
  }
}
expectTypeOf(createWSPStartup('own', (context) => new Own(context))).toEqualTypeOf<LPWSPSTARTUP>();

class Wrong extends PassThroughProvider {
  // @ts-expect-error -- not the arguments of WSPListen
  override WSPListen(s: string): number {
    return s.length;
  }
}
expectTypeOf(Wrong).toBeConstructibleWith({} as LayerContext);

// ---- The test kit ----

expectTypeOf(createTestInstance()).toEqualTypeOf<TestInstance>();
expectTypeOf(connectedPair(ws2).server).toEqualTypeOf<SOCKET>();
expectTypeOf(verifyCodec).toBeCallableWith(layer);
expectTypeOf(verifyCodec).toBeCallableWith(layer, { seed: 1, bytes: 10, rounds: 1 });
expectTypeOf<{ send(): void; receive(): void }>().toExtend<Codec>();
