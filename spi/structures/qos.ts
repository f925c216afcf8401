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

/** A quality of service by its name. */
export interface QosTemplate {
  readonly name: string;
  readonly qos: QOS;
}

/** What every object of the provider-specific buffer begins with. */
export interface QOS_OBJECT_HDR {
  ObjectType: number;
  /** Bytes of the object, this header counted in. */
  ObjectLength: number;
}

/** Codec of QOS_OBJECT_HDR (8 bytes). */
export const QOS_OBJECT_HDR: TableCodec<QOS_OBJECT_HDR> = structure<QOS_OBJECT_HDR>('QOS_OBJECT_HDR', 8, [
  ['ObjectType', 0, u32],
  ['ObjectLength', 4, u32],
]);

/** What becomes of traffic beyond the specification. */
export interface QOS_SD_MODE {
  ObjectHdr: QOS_OBJECT_HDR;
  /** One of TC_NONCONF_*. */
  ShapeDiscardMode: number;
}

/** Codec of QOS_SD_MODE (12 bytes). */
export const QOS_SD_MODE: TableCodec<QOS_SD_MODE> = structure<QOS_SD_MODE>('QOS_SD_MODE', 12, [
  ['ObjectHdr', 0, nested(QOS_OBJECT_HDR)],
  ['ShapeDiscardMode', 8, u32],
]);

/** The rate at which traffic is shaped. */
export interface QOS_SHAPING_RATE {
  ObjectHdr: QOS_OBJECT_HDR;
  /** Bytes per second. */
  ShapingRate: number;
}

/** Codec of QOS_SHAPING_RATE (12 bytes). */
export const QOS_SHAPING_RATE: TableCodec<QOS_SHAPING_RATE> = structure<QOS_SHAPING_RATE>('QOS_SHAPING_RATE', 12, [
  ['ObjectHdr', 0, nested(QOS_OBJECT_HDR)],
  ['ShapingRate', 8, u32],
]);

/** The differentiated-services field of the packets. */
export interface QOS_DS_CLASS {
  ObjectHdr: QOS_OBJECT_HDR;
  /** 0 to 63. */
  DSField: number;
}

/** Codec of QOS_DS_CLASS (12 bytes). */
export const QOS_DS_CLASS: TableCodec<QOS_DS_CLASS> = structure<QOS_DS_CLASS>('QOS_DS_CLASS', 12, [
  ['ObjectHdr', 0, nested(QOS_OBJECT_HDR)],
  ['DSField', 8, u32],
]);

/** The priority of the packets on the link. */
export interface QOS_TRAFFIC_CLASS {
  ObjectHdr: QOS_OBJECT_HDR;
  /** 0 to 7. */
  TrafficClass: number;
}

/** Codec of QOS_TRAFFIC_CLASS (12 bytes). */
export const QOS_TRAFFIC_CLASS: TableCodec<QOS_TRAFFIC_CLASS> = structure<QOS_TRAFFIC_CLASS>('QOS_TRAFFIC_CLASS', 12, [
  ['ObjectHdr', 0, nested(QOS_OBJECT_HDR)],
  ['TrafficClass', 8, u32],
]);
