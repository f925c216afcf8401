import { AF_INET, AF_INET6, seededRandom, sockaddr_in, sockaddr_in6, type WSABUF } from '../../index.js';

/** An address of this machine alone. */
export function loopback(port = 0, family: number = AF_INET): Uint8Array {
  return family === AF_INET6 ? sockaddr_in6('::1', port) : sockaddr_in('127.0.0.1', port);
}

/** A WSABUF over text, bytes, or room for so many bytes. */
export function buffer(content: string | number | Uint8Array): WSABUF {
  const buf =
    typeof content === 'number'
      ? new Uint8Array(content)
      : typeof content === 'string'
        ? Buffer.from(content)
        : content;
  return { len: buf.length, buf };
}

const NOISE = (() => {
  const random = seededRandom(9);
  return Uint8Array.from({ length: 65_536 }, () => random.next() * 256);
})();

/** Bytes of no pattern that a layer could make less of: what is to fill a connection fills it under compression too. */
export function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += NOISE.length) bytes.set(NOISE.subarray(0, length - at), at);
  return bytes;
}

/** What is in buffers, as text, with dots for NUL. */
export function textOf(...buffers: { buf: Uint8Array }[]): string {
  return Buffer.concat(buffers.map(({ buf }) => buf))
    .toString('latin1')
    .replaceAll('\0', '.');
}
