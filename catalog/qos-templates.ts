// How the catalog's file keeps templates of quality of service.
import { GUID, type FLOWSPEC, type QOS, type QosTemplate } from '../spi/index.js';
import { isInteger, isMembers } from './rules.js';

/** A template, as the file has it. */
export interface CatalogQosTemplate {
  /** The GUID of the provider whose template it is. */
  provider: GUID;
  name: string;
  SendingFlowspec: FLOWSPEC;
  ReceivingFlowspec: FLOWSPEC;
  /** The provider-specific buffer in base64; absent when it is empty. */
  ProviderSpecific?: string;
}

/** The longest name of a template, in characters. */
export const MAX_QOS_NAME = 255;

const MEMBERS: readonly (keyof FLOWSPEC)[] = [
  'TokenRate',
  'TokenBucketSize',
  'PeakBandwidth',
  'Latency',
  'DelayVariation',
  'ServiceType',
  'MaxSduSize',
  'MinimumPolicedSize',
];

/** Copies a flow specification; `null` for what is none. In C -1 is the same as QOS_NOT_SPECIFIED. */
export function copySpecification(value: unknown): FLOWSPEC | null {
  if (!isMembers(value)) return null;
  const copy: Partial<FLOWSPEC> = {};
  for (const member of MEMBERS) {
    const figure = value[member];
    if (!isInteger(-0x8000_0000, 0xffff_ffff)(figure)) return null;
    copy[member] = (figure as number) >>> 0;
  }
  return copy as FLOWSPEC;
}

/** Whether two names are those of one template: names are known in any case. */
export function isSameQosName(one: string, other: string): boolean {
  return one.toUpperCase() === other.toUpperCase();
}

/**
 * The templates of a provider. What is damaged in the file is no template.
 *
 * @param kept what the catalog has for `qosTemplates`
 */
export function qosTemplatesOf(kept: unknown, providerId: GUID): QosTemplate[] {
  if (!Array.isArray(kept)) return [];
  return kept.flatMap((row: unknown) => {
    if (!isMembers(row) || typeof row['provider'] !== 'string' || typeof row['name'] !== 'string') return [];
    if (GUID.parse(row['provider']) !== GUID.parse(providerId)) return [];
    const [sending, receiving] = [
      copySpecification(row['SendingFlowspec']),
      copySpecification(row['ReceivingFlowspec']),
    ];
    if (sending === null || receiving === null) return [];
    const text = row['ProviderSpecific'];
    const buf = Uint8Array.from(typeof text === 'string' ? Buffer.from(text, 'base64') : []);
    const ProviderSpecific = { len: buf.length, buf };
    const qos: QOS = { SendingFlowspec: sending, ReceivingFlowspec: receiving, ProviderSpecific };
    return [{ name: row['name'], qos }];
  });
}
