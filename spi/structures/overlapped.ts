// Overlapped operations.
import { structure, type TableCodec } from './codec.js';
import { nullableHandle, u32 } from './fields.js';

/** The state of one overlapped operation; the caller's object is known by identity, its class does not matter. */
export class WSAOVERLAPPED {
  /** The NTSTATUS of the operation, 0x103 while it is pending. */
  Internal = 0;
  /** The number of bytes transferred. */
  InternalHigh = 0;
  Offset = 0;
  OffsetHigh = 0;
  /** The event that is signalled at completion, or none. */
  hEvent: number | null = 0;

  /** The structure's `sizeof` in C. */
  static readonly size = 20;

  /** The structure's bytes. */
  static encode(value: WSAOVERLAPPED): Uint8Array {
    return layout.encode(value);
  }

  /** Writes the structure into `target` and returns the number of bytes written. */
  static encodeInto(value: WSAOVERLAPPED, target: Uint8Array, offset = 0): number {
    return layout.encodeInto(value, target, offset);
  }

  /** Reads a structure. */
  static decode(bytes: Uint8Array, offset = 0): WSAOVERLAPPED {
    return Object.assign(new WSAOVERLAPPED(), layout.decode(bytes, offset));
  }

  /** The table of members. */
  static get fields(): TableCodec<WSAOVERLAPPED>['fields'] {
    return layout.fields;
  }
}

const layout: TableCodec<WSAOVERLAPPED> = structure<WSAOVERLAPPED>('WSAOVERLAPPED', 20, [
  ['Internal', 0, u32],
  ['InternalHigh', 4, u32],
  ['Offset', 8, u32],
  ['OffsetHigh', 12, u32],
  ['hEvent', 16, { ...nullableHandle, read: (input, at) => input.view.getUint32(at, true) }],
]);

/** Says whether an overlapped operation is over: the `HasOverlappedIoCompleted` macro. */
export function HasOverlappedIoCompleted(lpOverlapped: WSAOVERLAPPED): boolean {
  return lpOverlapped.Internal !== 0x103;
}
