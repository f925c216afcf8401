import { AF_INET, AF_INET6, sockaddr_in, sockaddr_in6, type WSABUF } from '../../index.js';

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

/** What is in buffers, as text, with dots for NUL. */
export function textOf(...buffers: { buf: Uint8Array }[]): string {
  return Buffer.concat(buffers.map(({ buf }) => buf))
    .toString('latin1')
    .replaceAll('\0', '.');
}
