// Qualities of service, for tests that ask for them.
import { QOS, QOS_NOT_SPECIFIED, ref, SERVICETYPE_BESTEFFORT, SIO_GET_QOS, SIO_SET_QOS, type FLOWSPEC } from 'ws2spi';
import type { World } from './providers.js';

/** A flow specification that says nothing but what is given. */
export function specification(given: Partial<FLOWSPEC> = {}): FLOWSPEC {
  return {
    TokenRate: QOS_NOT_SPECIFIED,
    TokenBucketSize: QOS_NOT_SPECIFIED,
    PeakBandwidth: QOS_NOT_SPECIFIED,
    Latency: QOS_NOT_SPECIFIED,
    DelayVariation: QOS_NOT_SPECIFIED,
    ServiceType: SERVICETYPE_BESTEFFORT,
    MaxSduSize: QOS_NOT_SPECIFIED,
    MinimumPolicedSize: QOS_NOT_SPECIFIED,
    ...given,
  };
}

/** A quality of service of what is sent, with the provider-specific objects given. */
export function quality(sending: Partial<FLOWSPEC> = {}, objects: Uint8Array[] = []): QOS {
  const buf = Uint8Array.from(Buffer.concat(objects));
  return {
    SendingFlowspec: specification(sending),
    ReceivingFlowspec: specification(),
    ProviderSpecific: { len: buf.length, buf },
  };
}

/** A provider-specific object that is a number. */
export function qosObject(ObjectType: number, value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(ObjectType, 12, value).buffer);
}

/** SIO_SET_QOS; 0 or the last error. */
export function setQuality(world: World, s: number, qos: QOS | Uint8Array): number {
  const input = qos instanceof Uint8Array ? qos : QOS.encode(qos);
  return world.code(world.ws2.WSAIoctl(s, SIO_SET_QOS, input, input.length, null, 0, ref(0), null, null));
}

/** SIO_GET_QOS; the last error where there is none. */
export function qualityOf(world: World, s: number, code: number = SIO_GET_QOS): QOS | number {
  const [output, bytes] = [new Uint8Array(500), ref(0)];
  const error = world.code(world.ws2.WSAIoctl(s, code, null, 0, output, 500, bytes, null, null));
  return error === 0 ? QOS.decode(output.subarray(0, bytes.value)) : error;
}
