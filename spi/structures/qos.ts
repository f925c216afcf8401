// Quality of service.
import { nested, structure, type TableCodec } from './codec.js';
import { u32 } from './fields.js';
import { WSABUF } from './buffers.js';

/** The traffic of one direction. */
export interface FLOWSPEC {
  TokenRate: number;
  TokenBucketSize: number;
  PeakBandwidth: number;
  Latency: number;
  DelayVariation: number;
  ServiceType: number;
  MaxSduSize: number;
  MinimumPolicedSize: number;
}

/** Codec of FLOWSPEC (32 bytes). */
export const FLOWSPEC: TableCodec<FLOWSPEC> = structure<FLOWSPEC>('FLOWSPEC', 32, [
  ['TokenRate', 0, u32],
  ['TokenBucketSize', 4, u32],
  ['PeakBandwidth', 8, u32],
  ['Latency', 12, u32],
  ['DelayVariation', 16, u32],
  ['ServiceType', 20, u32],
  ['MaxSduSize', 24, u32],
  ['MinimumPolicedSize', 28, u32],
]);

/** The quality of service that a connection wants or has. */
export interface QOS {
  SendingFlowspec: FLOWSPEC;
  ReceivingFlowspec: FLOWSPEC;
  ProviderSpecific: WSABUF;
}

/** Codec of QOS (72 bytes). */
export const QOS: TableCodec<QOS> = structure<QOS>('QOS', 72, [
  ['SendingFlowspec', 0, nested(FLOWSPEC)],
  ['ReceivingFlowspec', 32, nested(FLOWSPEC)],
  ['ProviderSpecific', 64, nested(WSABUF)],
]);
