// What the layers of a connection have carried, as SIO_LAYER_TRAFFIC tells it.
import { SIO_LAYER_TRAFFIC, WSAEFAULT, type CountOrNegatedCode } from '../../spi/index.js';

/** What one layer has carried. */
export interface LayerTraffic {
  readonly name: string;
  /** Bytes that went below it. */
  readonly sent: number;
  /** Bytes that came from below it. */
  readonly received: number;
}

/** The most bytes that an answer from below has. */
const ROOM = 16 * 1024;
let scratch: Uint8Array | null = null;

/**
 * Answers SIO_LAYER_TRAFFIC: these layers, and those below.
 *
 * @param ask puts the question to the socket below
 */
export function tellTraffic(
  own: readonly LayerTraffic[],
  ask: (code: number, output: Uint8Array, room: number) => CountOrNegatedCode,
  output: Uint8Array | null,
  room: number,
): CountOrNegatedCode {
  if (output === null) return -WSAEFAULT;
  scratch ??= new Uint8Array(ROOM);
  const below = ask(SIO_LAYER_TRAFFIC, scratch, ROOM);
  const rest = below > 2 ? Buffer.from(scratch.buffer, 1, below - 1).toString() : ']';
  const text = `${JSON.stringify(own).slice(0, -1)}${below > 2 ? ',' : ''}${rest}`;
  const length = Buffer.byteLength(text);
  if (length > room || length > output.length) return -WSAEFAULT;
  Buffer.from(output.buffer, output.byteOffset, output.byteLength).write(text);
  return length;
}
