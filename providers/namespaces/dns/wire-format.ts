// The package that writes and reads DNS' wire format. It is loaded with the first question: nobody else pays for it.
import { loadPart } from '../../../host/load-part.js';

/** What is used of `dns-packet`. */
export interface WireFormat {
  encode(packet: {
    readonly type: 'query';
    readonly id: number;
    readonly flags: number;
    readonly questions: readonly { readonly type: string; readonly name: string }[];
    readonly additionals: readonly EdnsRecord[];
  }): Buffer;
  readonly name: {
    decode(buffer: Buffer, offset: number): string;
  };
  readonly RECURSION_DESIRED: number;
}

interface EdnsRecord {
  readonly type: 'OPT';
  readonly name: '.';
  readonly udpPayloadSize: number;
  readonly flags: number;
  readonly options: readonly never[];
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
