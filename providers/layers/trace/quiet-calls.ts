import type { LayerContext } from '../../../chain/index.js';
import { SOCKET_ERROR, type Ref, type WSPPROC_TABLE } from '../../../spi/index.js';
import { addressText, networkEventNames } from '../../../tracing/index.js';
import type { RecordHead } from './record-ring.js';
import type { RecordSequence } from './record-sequence.js';

/** The functions that are called for each transfer. */
type QuietSlot = 'lpWSPSend' | 'lpWSPRecv' | 'lpWSPSendTo' | 'lpWSPRecvFrom' | 'lpWSPEnumNetworkEvents';

/**
 * The functions that are called for each transfer, recorded without an object or an array for a call: there are a million calls a
 * second.
 *
 * @param layer the layer's name in the records
 * @param records where they go
 */
export function quietCalls(
  { host, lower }: LayerContext,
  layer: string,
  records: RecordSequence,
): Pick<WSPPROC_TABLE, QuietSlot> {
  const { clock } = host;
  const head = (name: string): RecordHead => ({ layer, kind: 'call', name });
  const heads = {
    WSPSend: head('WSPSend'),
    WSPRecv: head('WSPRecv'),
    WSPSendTo: head('WSPSendTo'),
    WSPRecvFrom: head('WSPRecvFrom'),
    WSPEnumNetworkEvents: head('WSPEnumNetworkEvents'),
  };

  /** @param detail the words for what came of the call, if it did not fail */
  const end = (
    sequence: number,
    depth: number,
    began: number,
    result: number | undefined,
    detail: string,
    bytes: number,
    lpErrno: Ref<number>,
  ): void => {
    const took = clock.now() - began;
    // A function that throws has no result, and no bytes.
    if (result === SOCKET_ERROR || result === undefined)
      records.end(sequence, depth, took, detail, NaN, lpErrno.value, result ?? NaN);
    else records.end(sequence, depth, took, detail, bytes, 0, result);
  };

  return {
    lpWSPSend(s, buffers, count, lpBytes, flags, overlapped, routine, thread, lpErrno) {
      const { depth } = records;
      const began = clock.now();
      const sequence = records.begin(heads.WSPSend, s, began);
      let result: number | undefined;
      try {
        return (result = lower.lpWSPSend(s, buffers, count, lpBytes, flags, overlapped, routine, thread, lpErrno));
      } finally {
        end(sequence, depth, began, result, '', countIn(lpBytes), lpErrno);
      }
    },
    lpWSPRecv(s, buffers, count, lpBytes, lpFlags, overlapped, routine, thread, lpErrno) {
      const { depth } = records;
      const began = clock.now();
      const sequence = records.begin(heads.WSPRecv, s, began);
      let result: number | undefined;
      try {
        return (result = lower.lpWSPRecv(s, buffers, count, lpBytes, lpFlags, overlapped, routine, thread, lpErrno));
      } finally {
        end(sequence, depth, began, result, '', countIn(lpBytes), lpErrno);
      }
    },
    lpWSPSendTo(s, buffers, count, lpBytes, flags, to, tolen, overlapped, routine, thread, lpErrno) {
      const { depth } = records;
      const began = clock.now();
      const sequence = records.begin(heads.WSPSendTo, s, began);
      const { lpWSPSendTo } = lower;
      let result: number | undefined;
      try {
        result = lpWSPSendTo(s, buffers, count, lpBytes, flags, to, tolen, overlapped, routine, thread, lpErrno);
        return result;
      } finally {
        const detail = to instanceof Uint8Array ? addressText(to, tolen) : '';
        end(sequence, depth, began, result, detail, countIn(lpBytes), lpErrno);
      }
    },
    lpWSPRecvFrom(s, buffers, count, lpBytes, lpFlags, from, fromlen, overlapped, routine, thread, lpErrno) {
      const { depth } = records;
      const began = clock.now();
      const sequence = records.begin(heads.WSPRecvFrom, s, began);
      const { lpWSPRecvFrom } = lower;
      let result: number | undefined;
      try {
        result = lpWSPRecvFrom(
          s,
          buffers,
          count,
          lpBytes,
          lpFlags,
          from,
          fromlen,
          overlapped,
          routine,
          thread,
          lpErrno,
        );
        return result;
      } finally {
        const detail = result === 0 && from instanceof Uint8Array ? addressText(from, fromlen?.value ?? 0) : '';
        end(sequence, depth, began, result, detail, countIn(lpBytes), lpErrno);
      }
    },
    lpWSPEnumNetworkEvents(s, hEvent, happened, lpErrno) {
      const { depth } = records;
      const began = clock.now();
      const sequence = records.begin(heads.WSPEnumNetworkEvents, s, began);
      let result: number | undefined;
      try {
        return (result = lower.lpWSPEnumNetworkEvents(s, hEvent, happened, lpErrno));
      } finally {
        const detail = result === 0 ? networkEventNames(happened.lNetworkEvents) : '';
        end(sequence, depth, began, result, detail, NaN, lpErrno);
      }
    },
  };
}

function countIn(lpBytes: Ref<number> | null): number {
  return lpBytes === null ? 0 : lpBytes.value;
}
