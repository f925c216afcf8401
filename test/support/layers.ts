// Layers that the tests stack: each changes as little as it can of what an application sees.
import {
  createWSPStartup,
  defineLayer,
  PassThroughProvider,
  type Codec,
  type CodecOutput,
  type Layer,
  type LayerContext,
} from 'ws2spi/chain';
import { WSAECONNABORTED, type WSPPROC_TABLE } from 'ws2spi';
import { tls, type TlsOptions } from 'ws2spi/providers/layers/tls';
import { trustedServer } from './certificates/index.js';

/** A layer over a class. */
export function layerOf(name: string, create: (context: LayerContext) => PassThroughProvider): Layer {
  return { name, version: '1.0.0', ifs: true, WSPStartup: createWSPStartup(name, create) };
}

/** Passes everything through, by methods of its own for whatever carries data or changes a socket's state. */
class Overriding extends PassThroughProvider {
  override WSPConnect(...args: Parameters<WSPPROC_TABLE['lpWSPConnect']>): number {
    return super.WSPConnect(...args);
  }
  override WSPRecv(...args: Parameters<WSPPROC_TABLE['lpWSPRecv']>): number {
    return this.lower.lpWSPRecv(...args);
  }
  override WSPRecvFrom(...args: Parameters<WSPPROC_TABLE['lpWSPRecvFrom']>): number {
    return super.WSPRecvFrom(...args);
  }
  override WSPSend(...args: Parameters<WSPPROC_TABLE['lpWSPSend']>): number {
    return super.WSPSend(...args);
  }
  override WSPSendTo(...args: Parameters<WSPPROC_TABLE['lpWSPSendTo']>): number {
    return this.lower.lpWSPSendTo(...args);
  }
  override WSPShutdown(...args: Parameters<WSPPROC_TABLE['lpWSPShutdown']>): number {
    return super.WSPShutdown(...args);
  }
  override WSPCloseSocket(...args: Parameters<WSPPROC_TABLE['lpWSPCloseSocket']>): number {
    return super.WSPCloseSocket(...args);
  }
  override WSPSelect(...args: Parameters<WSPPROC_TABLE['lpWSPSelect']>): number {
    return super.WSPSelect(...args);
  }
  override WSPEventSelect(...args: Parameters<WSPPROC_TABLE['lpWSPEventSelect']>): number {
    return super.WSPEventSelect(...args);
  }
  override WSPEnumNetworkEvents(...args: Parameters<WSPPROC_TABLE['lpWSPEnumNetworkEvents']>): number {
    return super.WSPEnumNetworkEvents(...args);
  }
  override WSPGetOverlappedResult(...args: Parameters<WSPPROC_TABLE['lpWSPGetOverlappedResult']>): boolean {
    return super.WSPGetOverlappedResult(...args);
  }
}

/** A pass-through layer that stands in the way of every call that carries data. */
export function overridingLayer(name = 'overriding'): Layer {
  return layerOf(name, (context) => new Overriding(context));
}

const scrambled = (bytes: Uint8Array, key: number): Uint8Array => bytes.map((byte) => byte ^ key);

/** A codec that scrambles each byte, and hands its bytes on in pieces that are not those it was given. */
export function scramblingLayer(key = 0x55, name = `scrambling ${key}`): Layer {
  return defineLayer({
    name,
    codec: () => ({
      receive(bytes, output) {
        const middle = bytes.length >> 1;
        output.decoded(scrambled(bytes.subarray(0, middle), key));
        output.decoded(scrambled(bytes.subarray(middle), key));
      },
      send(bytes, output) {
        for (let at = 0, size = 1; at < bytes.length; at += size, size = size * 3 + 1) {
          output.encoded(scrambled(bytes.subarray(at, at + size), key));
        }
      },
    }),
  });
}

const HELLO = Uint8Array.from('HELO', (letter) => letter.charCodeAt(0));

/** A codec that is not ready before both sides have said hello. */
export class Hello implements Codec {
  readonly handshake = true;
  #seen = 0;

  open(_role: unknown, output: CodecOutput): void {
    output.encoded(HELLO.slice());
  }

  receive(bytes: Uint8Array, output: CodecOutput): void {
    let at = 0;
    while (this.#seen < HELLO.length && at < bytes.length) {
      if (bytes[at++] !== HELLO[this.#seen++]) return output.failed(WSAECONNABORTED);
      if (this.#seen === HELLO.length) output.ready();
    }
    output.decoded(bytes.subarray(at));
  }

  send(bytes: Uint8Array, output: CodecOutput): void {
    output.encoded(bytes);
  }
}

/** A layer whose connections begin with a hello from each side. */
export function helloLayer(name = 'hello'): Layer {
  return defineLayer({ name, codec: () => new Hello() });
}

/** A codec of datagrams that changes nothing. */
export function datagramLayer(name = 'datagrams as they are'): Layer {
  return defineLayer({
    name,
    datagrams: () => ({
      send: (bytes, _to, output) => output.encoded(bytes),
      receive: (bytes, _from, output) => output.decoded(bytes),
    }),
  });
}

/** TLS between the two ends of a chain: both trust the tests' authority, and the server is certified for loopback. */
export function tlsLayer(options: TlsOptions = {}): Layer {
  // By name: tests connect to more addresses than a certificate has.
  return tls({ ...trustedServer(), servername: 'localhost', ...options });
}

/** A layer that changes nothing, and whose sockets are handles of its own: what needs no work is a codec without any. */
export function nonIfsLayer(name = 'handles of its own'): Layer {
  return defineLayer({
    name,
    codec: () => ({
      send: (bytes, output) => output.encoded(bytes),
      receive: (bytes, output) => output.decoded(bytes),
    }),
  });
}
