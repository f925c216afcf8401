// What a provider says of an operation that it completes is checked, as its results are.
import { expect, it, describe } from 'vitest';
import { ref, WSA_IO_PENDING, WSAOVERLAPPED } from 'ws2spi';
import { fakeSocket } from './fake-provider.js';

/** A socket whose provider leaves a WSARecv of 64 bytes pending, and completes it when and how the test says. */
function pendingReceive() {
  const { ws2, fake, s, defects } = fakeSocket();
  const { host } = fake.starts[0]!.upcalls;
  fake.overrides.lpWSPRecv = (_s, _buffers, _count, _bytes, _flags, _overlapped, _routine, _thread, lpErrno) => {
    lpErrno.value = WSA_IO_PENDING;
    return -1;
  };
  const overlapped = new WSAOVERLAPPED();
  overlapped.hEvent = ws2.WSACreateEvent();
  const begin = (): void => {
    const buffers = [{ len: 64, buf: new Uint8Array(64) }];
    expect(ws2.WSARecv(s, buffers, 1, ref(0), ref(0), overlapped, null)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSA_IO_PENDING);
  };
  const complete = (error: unknown, count: unknown, routine: unknown = null, by: unknown = overlapped): void =>
    void host.completeOverlapped(s, by as never, routine as never, null, error as number, count as number, 0);
  return { ws2, s, overlapped, defects, begin, complete };
}

describe('a provider that is not this package’s own', () => {
  it.each([65, -5, NaN, 1.5, '64', null, undefined])('is not believed that it transferred %s of 64 bytes', (count) => {
    const { ws2, overlapped, defects, begin, complete } = pendingReceive();
    begin();
    complete(0, count);
    expect(defects.map(({ message, provider }) => [/bytes for buffers of 64/.test(message), provider])).toEqual([
      [true, defects[0]!.provider],
    ]);
    expect(overlapped.InternalHigh).toBe(0);
    // The application is told, and told of a failure.
    expect(ws2.WSAWaitForMultipleEvents(1, [overlapped.hEvent!], true, 0, false)).toBe(0);
    expect(overlapped.Internal).not.toBe(0);
  });

  it.each([NaN, -1, 'no', null, undefined])('is not believed the error %s', (error) => {
    const { overlapped, defects, begin, complete } = pendingReceive();
    begin();
    complete(error, 5);
    expect(defects).toHaveLength(1);
    expect([overlapped.Internal === 0, overlapped.InternalHigh]).toEqual([false, 0]);
  });

  it.each([null, 7, 'it'])('completes nothing by %s in place of the structure, and is told', (by) => {
    const { overlapped, defects, begin, complete } = pendingReceive();
    begin();
    complete(0, 5, null, by);
    expect(defects.map(({ message }) => message)).toEqual([
      expect.stringContaining('in place of its overlapped structure'),
    ]);
    complete(0, 6);
    expect(overlapped.InternalHigh).toBe(6);
    expect(defects).toHaveLength(1);
  });

  it.each([7, 'routine', {}])('calls no routine that is %o: that is told, and the event set', (routine) => {
    const { ws2, overlapped, defects, begin, complete } = pendingReceive();
    begin();
    complete(0, 5, routine);
    expect(defects.map(({ message }) => message)).toEqual([expect.stringContaining('in place of its routine')]);
    expect(ws2.WSAWaitForMultipleEvents(1, [overlapped.hEvent!], true, 0, true)).toBe(0);
    expect(overlapped.InternalHigh).toBe(5);
  });

  it('completes an operation once; the second time is ignored and reported', () => {
    const { overlapped, defects, begin, complete } = pendingReceive();
    begin();
    complete(0, 5);
    complete(0, 7);
    expect(overlapped.InternalHigh).toBe(5);
    expect(defects.map(({ message }) => message)).toEqual([expect.stringContaining('not pending')]);
  });

  it('completes nothing that was never begun', () => {
    const { overlapped, defects, complete } = pendingReceive();
    complete(0, 5);
    expect(overlapped.InternalHigh).toBe(0);
    expect(defects).toHaveLength(1);
  });

  it('may complete the same structure again once it was begun again, with every count that can be', () => {
    const { overlapped, defects, begin, complete } = pendingReceive();
    for (const count of [0, 1, 64]) {
      begin();
      complete(0, count);
      expect([overlapped.Internal, overlapped.InternalHigh]).toEqual([0, count]);
    }
    expect(defects).toEqual([]);
  });
});
