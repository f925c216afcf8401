// Blocks of pcapng (draft-ietf-opsawg-pcapng), in little-endian order. Packets' own blocks are written in place, by `packet-blocks.ts`.

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const NAME_RESOLUTION = 4;
const INTERFACE_STATISTICS = 5;
const DECRYPTION_SECRETS = 10;

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const LINKTYPE_RAW = 101;
/** Secrets of TLS, as lines of an NSS key log: `TLSK`. */
const TLS_KEY_LOG = 0x544c534b;

// Options: of any block, then each block's own.
const OPT_ENDOFOPT = 0;
/** The number of the option that is a comment, of any block. */
export const OPT_COMMENT = 1;
const SHB_OS = 3;
const SHB_USERAPPL = 4;
const IF_NAME = 2;
const IF_DESCRIPTION = 3;
const IF_TSRESOL = 9;
const ISB_IFDROP = 5;

const NRB_RECORD_IPV4 = 1;
const NRB_RECORD_IPV6 = 2;

/** What a text of an option may have at most. */
const MOST_TEXT = 0xffff;

type Option = readonly [code: number, value: Uint8Array];

/** The number of bytes with those that fill the last 32 bits up. */
export function padded(length: number): number {
  return (length + 3) & ~3;
}

/** The text of an option, no longer than one may be. */
export function optionText(text: string): Uint8Array {
  const bytes = Buffer.from(text);
  return bytes.length <= MOST_TEXT ? bytes : bytes.subarray(0, MOST_TEXT);
}

function optionBytes(options: readonly Option[]): Uint8Array {
  const present = options.filter(([, value]) => value.length > 0);
  if (present.length === 0) return new Uint8Array(0);
  const bytes = Buffer.alloc(present.reduce((sum, [, value]) => sum + 4 + padded(value.length), 4));
  let at = 0;
  for (const [code, value] of present) {
    bytes.writeUInt16LE(code, at);
    bytes.writeUInt16LE(value.length, at + 2);
    bytes.set(value, at + 4);
    at += 4 + padded(value.length);
  }
  bytes.writeUInt32LE(OPT_ENDOFOPT, at);
  return bytes;
}

function block(type: number, body: Uint8Array, options: readonly Option[] = []): Uint8Array {
  const rest = optionBytes(options);
  const length = 12 + padded(body.length) + rest.length;
  const bytes = Buffer.alloc(length);
  bytes.writeUInt32LE(type, 0);
  bytes.writeUInt32LE(length, 4);
  bytes.set(body, 8);
  bytes.set(rest, 8 + padded(body.length));
  bytes.writeUInt32LE(length, length - 4);
  return bytes;
}

/**
 * A section header: what follows is of one program on one system.
 *
 * @param program what wrote it
 */
export function sectionHeader(system: string, program: string): Uint8Array {
  const body = Buffer.alloc(16);
  body.writeUInt32LE(BYTE_ORDER_MAGIC, 0);
  body.writeUInt16LE(1, 4);
  body.writeUInt16LE(0, 6);
  // Nobody knows how long it will be.
  body.writeBigInt64LE(-1n, 8);
  return block(SECTION_HEADER, body, [
    [SHB_OS, optionText(system)],
    [SHB_USERAPPL, optionText(program)],
  ]);
}

/**
 * An interface, whose packets begin with their IP header, and have times in nanoseconds.
 *
 * @param snaplen the most bytes of a packet; 0 for all
 */
export function interfaceDescription(name: string, description: string, snaplen: number): Uint8Array {
  const body = Buffer.alloc(8);
  body.writeUInt16LE(LINKTYPE_RAW, 0);
  body.writeUInt32LE(snaplen, 4);
  return block(INTERFACE_DESCRIPTION, body, [
    [IF_NAME, optionText(name)],
    [IF_DESCRIPTION, optionText(description)],
    [IF_TSRESOL, Uint8Array.of(9)],
  ]);
}

/**
 * How many packets of an interface were lost.
 *
 * @param id its number in the section
 * @param dropped below 2^53
 */
export function interfaceStatistics(id: number, dropped: number): Uint8Array {
  // No time: that of the last packet tells as much.
  const body = Buffer.alloc(12);
  body.writeUInt32LE(id, 0);
  const count = Buffer.alloc(8);
  count.writeBigUInt64LE(BigInt(dropped));
  return block(INTERFACE_STATISTICS, body, [[ISB_IFDROP, count]]);
}

/**
 * The name of an address.
 *
 * @param address four bytes or sixteen
 */
export function nameResolution(address: Uint8Array, name: string): Uint8Array {
  const text = Buffer.from(name);
  const length = address.length + text.length + 1;
  const body = Buffer.alloc(4 + padded(length) + 4);
  body.writeUInt16LE(address.length === 4 ? NRB_RECORD_IPV4 : NRB_RECORD_IPV6, 0);
  body.writeUInt16LE(length, 2);
  body.set(address, 4);
  body.set(text, 4 + address.length);
  return block(NAME_RESOLUTION, body);
}

/** Secrets of TLS, which packets behind this block are decrypted with. */
export function decryptionSecrets(lines: string): Uint8Array {
  const secrets = Buffer.from(lines);
  const body = Buffer.alloc(8 + secrets.length);
  body.writeUInt32LE(TLS_KEY_LOG, 0);
  body.writeUInt32LE(secrets.length, 4);
  body.set(secrets, 8);
  return block(DECRYPTION_SECRETS, body);
}

/** How many of the first bytes are whole blocks. */
export function wholeBlocks(bytes: Uint8Array, most: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at + 8 <= most) {
    const length = view.getUint32(at + 4, true);
    if (at + length > most) break;
    at += length;
  }
  return at;
}
