// The package that writes and reads DNS' wire format. It is loaded with the first message: nobody else pays for it.
import { loadPart } from '../host/load-part.js';

/** A record as the package writes it: types and data are given as numbers and bytes, so that it need not know them. */
export interface WireRecord {
  readonly name: string;
  readonly type: `UNKNOWN_${number}`;
  readonly flush: boolean;
  readonly ttl: number;
  readonly data: Buffer;
}

/** What tells a server how large an answer may be (RFC 6891). */
export interface EdnsRecord {
  readonly type: 'OPT';
  readonly name: '.';
  readonly udpPayloadSize: number;
  readonly flags: number;
  readonly options: readonly never[];
}

/** A message as the package writes it. */
export interface WireMessage {
  readonly type: 'query' | 'response';
  readonly id: number;
  readonly flags: number;
  readonly questions: readonly { readonly type: `UNKNOWN_${number}`; readonly name: string }[];
  readonly answers?: readonly WireRecord[];
  readonly authorities?: readonly WireRecord[];
  readonly additionals?: readonly (WireRecord | EdnsRecord)[];
}

/** What is used of `dns-packet`. */
export interface WireFormat {
  encode(message: WireMessage): Buffer;
  readonly name: {
    encode(name: string): Buffer;
    decode(buffer: Buffer, offset: number): string;
  };
  readonly RECURSION_DESIRED: number;
  readonly AUTHORITATIVE_ANSWER: number;
  readonly TRUNCATED_RESPONSE: number;
}

let loaded: WireFormat | null = null;

/**
 * The wire format, loaded at the first call.
 *
 * @throws Error when the package is not installed
 */
export function wireFormat(): WireFormat {
  return (loaded ??= loadPart<WireFormat>(import.meta.url, 'dns-packet'));
}
