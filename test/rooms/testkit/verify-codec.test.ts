import { describe, expect, it } from 'vitest';
import { defineLayer, type Codec, type CodecFactory, type CodecConnection } from 'ws2spi/chain';
import { verifyCodec } from 'ws2spi/testkit';

const FEW = { bytes: 400, rounds: 1 };

function layer(codec: CodecFactory) {
  return defineLayer({ name: 'under-test', codec });
}

const xor = (byte: number) => byte ^ 0x55;

/** Length, then that many bytes; `patient` waits for whole frames. */
function frames(patient: boolean): CodecFactory {
  return () => {
    let rest = new Uint8Array();
    return {
      send(bytes, output) {
        for (let at = 0; at < bytes.length; at += 255) {
          const body = bytes.slice(at, at + 255);
          output.encoded(Uint8Array.of(body.length));
          output.encoded(body);
        }
      },
      receive(bytes, output) {
        rest = Buffer.concat([rest, bytes]);
        while (rest.length > 0 && (!patient || rest.length > rest[0]!)) {
          output.decoded(rest.slice(1, rest[0]! + 1));
          rest = rest.slice(rest[0]! + 1);
        }
      },
    };
  };
}

/** Two bytes of length before each frame. It knows drops and whole headers, but no header that is cut behind more than a drop. */
function hasty(): Codec {
  let rest = new Uint8Array();
  return {
    send(bytes, output) {
      for (let at = 0; at < bytes.length; at += 9) {
        const body = bytes.slice(at, at + 9);
        output.encoded(Uint8Array.of(0, body.length, ...body));
      }
    },
    receive(bytes, output) {
      const isDrop = bytes.length === 1 && rest.length < 11;
      rest = Buffer.concat([rest, bytes]);
      while (rest.length > 1 && rest.length >= 2 + rest[1]!) {
        output.decoded(rest.slice(2, 2 + rest[1]!));
        rest = rest.slice(2 + rest[1]!);
      }
      if (!isDrop && rest.length === 1) rest = new Uint8Array();
    },
  };
}

describe('verifyCodec', () => {
  it.each<[string, Codec, RegExp]>([
    [
      '`encoded` and `decoded` the wrong way round',
      { send: (bytes, output) => output.decoded(bytes), receive: (bytes, output) => output.encoded(bytes) },
      /ended after 0 of 400 bytes: the codec gave output.encoded nothing, which is what "send" hands on by/,
    ],
    [
      'an echo of what comes',
      { send: (bytes, output) => output.encoded(bytes), receive: (bytes, output) => output.encoded(bytes) },
      /ended after 0 of 400 bytes: the codec gave output.decoded nothing, which is what "receive" hands on by/,
    ],
  ])('says which function handed on nothing: %s', (_, codec, told) => {
    expect(() =>
      verifyCodec(
        layer(() => codec),
        FEW,
      ),
    ).toThrow(told);
  });

  it.each([undefined, null, 5, 'xor', {}, [], { name: 'xor' }])('refuses %j, which is not a layer', (value) => {
    expect(() => verifyCodec(value as never)).toThrow(/^verifyCodec: the first argument is a layer, as defineLayer/);
  });

  it('refuses the function that makes a layer', () => {
    expect(() => verifyCodec((() => layer(hasty)) as never)).toThrow('not a function: call it, if it makes one');
  });

  it('finds the one place where a cut harms, and says where', () => {
    expect(() => verifyCodec(layer(hasty), { ...FEW, splits: 0 })).not.toThrow();
    expect(() => verifyCodec(layer(hasty), FEW)).toThrow(/seed 1, what each end receives cut in two behind 12 bytes: /);
  });

  it('cuts at every place if it is to', () => {
    let cuts = 0;
    const counting = layer(() => ({
      open: () => void cuts++,
      receive: (bytes, output) => output.decoded(bytes),
      send: (bytes, output) => output.encoded(bytes),
    }));
    verifyCodec(counting, { bytes: 1, rounds: 1, splits: 0 });
    const without = cuts;
    verifyCodec(counting, { bytes: 1, rounds: 1, splits: Infinity });
    // Fifty bytes are cut at 49 places, by a pair of ends each, and carried once uncut.
    expect(cuts - 2 * without).toBe(2 * 50);
  });

  it('passes codecs that are right', () => {
    verifyCodec(
      layer(() => ({
        receive: (bytes, output) => output.decoded(bytes.map(xor)),
        send: (bytes, output) => output.encoded(bytes.map(xor)),
      })),
    );
    verifyCodec(layer(frames(true)), { ...FEW, seed: 9 });
  });

  it('passes a handshake, and a codec that holds bytes back to the end', () => {
    const handshaking = ({ role: side }: CodecConnection): Codec & { held: Uint8Array[]; ready: boolean } => ({
      held: [],
      ready: false,
      handshake: true,
      open: (role, output) => {
        if (role === 'client') output.encoded(Uint8Array.of(0x16));
      },
      receive(bytes, output) {
        let body = bytes;
        if (!this.ready) {
          this.ready = true;
          if (side === 'server') output.encoded(Uint8Array.of(0x16));
          output.ready();
          body = bytes.slice(1);
        }
        if (body.length > 0) output.decoded(body.slice());
      },
      send(bytes) {
        this.held.push(bytes.slice());
      },
      shutdown(how, output) {
        if (how !== 'receive') output.encoded(Buffer.concat(this.held));
      },
    });
    verifyCodec(layer(handshaking), FEW);
  });

  it('finds a codec that takes what comes for whole frames', () => {
    expect(() => verifyCodec(layer(frames(false)), FEW)).toThrow(
      /^verifyCodec: layer "under-test": round 1, seed 1, blocking, all at once, drop by drop on the wire, client to server: (byte|the stream)/,
    );
  });

  it('finds a wrong byte, a missing one and one too many', () => {
    let count = 0;
    const spoils = (spoil: (bytes: Uint8Array) => Uint8Array) =>
      layer(() => {
        count = 0;
        return {
          receive: (bytes, output) => output.decoded(bytes.slice()),
          send(bytes, output) {
            const from = count;
            count += bytes.length;
            output.encoded(from <= 100 && count > 100 ? spoil(bytes.slice()) : bytes.slice());
          },
        };
      });
    const flip = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === 100 ? byte ^ 1 : byte));
    expect(() => verifyCodec(spoils(flip), FEW)).toThrow(/byte 100 of 400 came as 0x[0-9a-f]{2}, sent was 0x/);
    expect(() =>
      verifyCodec(
        spoils((bytes) => bytes.subarray(1)),
        FEW,
      ),
    ).toThrow(/came as|ended after/);
    expect(() =>
      verifyCodec(
        spoils((bytes) => Buffer.concat([bytes, bytes.subarray(0, 1)])),
        FEW,
      ),
    ).toThrow('401 bytes came, 400 were sent');
  });

  it('finds a codec that keeps bytes to itself for ever', () => {
    const keeps = layer(() => ({ receive: () => {}, send: (bytes, output) => output.encoded(bytes.slice()) }));
    expect(() => verifyCodec(keeps, FEW)).toThrow('the stream ended after 0 of 400 bytes');
  });

  it('finds a handshake that never ends, without hanging', () => {
    const shy = layer(() => ({ handshake: true, receive: () => {}, send: () => {} }));
    expect(() => verifyCodec(shy, FEW)).toThrow('connect failed with WSAETIMEDOUT (10060)');
  });

  it('finds a codec that throws, and shows what it threw', () => {
    const throws = layer(() => ({
      receive: () => {
        throw new Error('cannot decode');
      },
      send: (bytes, output) => output.encoded(bytes.slice()),
    }));
    expect(() => verifyCodec(throws, FEW)).toThrow(/reported was: .*\(cannot decode\)/);
  });
});
