// Records of the domain name system as `node:dns` gives them, out of their data.
import { RecordType } from '../dns-records/index.js';

/** A kind of record that is asked for. */
export interface RecordKind {
  /** RFC 1035 and its successors number it so. */
  readonly type: number;
  /** What Node.js calls the question in errors. */
  readonly syscall: string;
  /** Makes of a record's data what Node.js gives. It throws RangeError over data that ends too early. */
  read(data: RecordReader): unknown;
  /** Whether there is one of them, and no list. */
  readonly isOne?: true;
}

const [NAPTR, TLSA, CAA] = [35, 52, 257];
/** From Node.js 24 on some records say what they are. */
const isTyped = Number(process.versions.node.split('.')[0]) >= 24;
const typed = (type: string): { readonly type?: string } => (isTyped ? { type } : {});

/** Reads the data of a record, in which names are written out. */
export class RecordReader {
  #at = 0;
  readonly #view: DataView;

  constructor(private readonly data: Uint8Array) {
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  /** Whether all of it was read. */
  get isOver(): boolean {
    return this.#at >= this.data.length;
  }

  number(bits: 8 | 16 | 32): number {
    const at = this.#at;
    this.#at += bits / 8;
    if (bits === 8) return this.#view.getUint8(at);
    return bits === 16 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  /** A name, without the dot at its end. */
  name(): string {
    const labels: string[] = [];
    for (let length = this.number(8); length > 0; length = this.number(8)) {
      labels.push(this.#bytes(length).toString('latin1').replace(/[.\\]/g, '\\$&'));
    }
    return labels.join('.');
  }

  /** A text behind its length, a character for each byte. */
  text(): string {
    return this.#bytes(this.number(8)).toString('latin1');
  }

  /** What is left. */
  rest(): Buffer {
    return this.#bytes(this.data.length - this.#at);
  }

  #bytes(length: number): Buffer {
    if (length < 0 || this.#at + length > this.data.length) throw new RangeError('a record is cut off');
    const { buffer, byteOffset } = this.data;
    this.#at += length;
    return Buffer.from(buffer, byteOffset + this.#at - length, length);
  }
}

function texts(data: RecordReader): string[] {
  const found: string[] = [];
  while (!data.isOver) found.push(data.text());
  return found;
}

function certificationAuthority(data: RecordReader): unknown {
  const critical = data.number(8);
  const tag = data.text();
  return { critical, ...typed('CAA'), [tag]: data.rest().toString() };
}

/** What each method asks for, by what follows `resolve` in its name. */
export const RECORD_KINDS: Readonly<Record<string, RecordKind>> = {
  Caa: { type: CAA, syscall: 'queryCaa', read: certificationAuthority },
  Cname: { type: RecordType.CNAME, syscall: 'queryCname', read: (data) => data.name() },
  Mx: {
    type: RecordType.MX,
    syscall: 'queryMx',
    read(data) {
      const priority = data.number(16);
      return { exchange: data.name(), priority, ...typed('MX') };
    },
  },
  Naptr: {
    type: NAPTR,
    syscall: 'queryNaptr',
    read(data) {
      const [order, preference] = [data.number(16), data.number(16)];
      const [flags, service, regexp] = [data.text(), data.text(), data.text()];
      return { flags, service, regexp, replacement: data.name(), order, preference };
    },
  },
  Ns: { type: RecordType.NS, syscall: 'queryNs', read: (data) => data.name() },
  Ptr: { type: RecordType.PTR, syscall: 'queryPtr', read: (data) => data.name() },
  Soa: {
    type: RecordType.SOA,
    syscall: 'querySoa',
    isOne: true,
    read(data) {
      const [nsname, hostmaster] = [data.name(), data.name()];
      const [serial, refresh, retry, expire, minttl] = Array.from({ length: 5 }, () => data.number(32));
      return { nsname, hostmaster, serial, refresh, retry, expire, minttl };
    },
  },
  Srv: {
    type: RecordType.SRV,
    syscall: 'querySrv',
    read(data) {
      const [priority, weight, port] = [data.number(16), data.number(16), data.number(16)];
      return { name: data.name(), port, priority, weight, ...typed('SRV') };
    },
  },
  Tlsa: {
    type: TLSA,
    syscall: 'queryTlsa',
    read(data) {
      const [certUsage, selector, match] = [data.number(8), data.number(8), data.number(8)];
      return { certUsage, selector, match, data: new Uint8Array(data.rest()).buffer };
    },
  },
  Txt: { type: RecordType.TXT, syscall: 'queryTxt', read: texts },
};
