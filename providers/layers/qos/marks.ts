// How the packets of each service are marked.
import type { Flow } from '../../../io/index.js';
import {
  QOS_DS_CLASS,
  QOS_OBJECT_DS_CLASS,
  QOS_OBJECT_TRAFFIC_CLASS,
  QOS_TRAFFIC_CLASS,
  SERVICETYPE_BESTEFFORT,
  SERVICETYPE_CONTROLLEDLOAD,
  SERVICETYPE_GUARANTEED,
  SERVICETYPE_QUALITATIVE,
  type QOS,
} from '../../../spi/index.js';

/** The mark of each service; those left out are not marked. */
export interface ServiceMarks {
  readonly bestEffort?: number;
  readonly controlledLoad?: number;
  readonly guaranteed?: number;
  readonly qualitative?: number;
}

/** The mark of each service, or `false` for none. */
export type Marking = ServiceMarks | false;

const NAMES: ReadonlyMap<number, keyof ServiceMarks> = new Map([
  [SERVICETYPE_BESTEFFORT, 'bestEffort'],
  [SERVICETYPE_CONTROLLEDLOAD, 'controlledLoad'],
  [SERVICETYPE_GUARANTEED, 'guaranteed'],
  [SERVICETYPE_QUALITATIVE, 'qualitative'],
]);

function markOf(marking: Marking, service: number): number | undefined {
  const name = NAMES.get(service);
  return marking === false || name === undefined ? undefined : marking[name];
}

/**
 * Adds the marks of a flow's service to its provider-specific buffer, save those that the program has chosen itself.
 *
 * @returns another QOS, or the same where there is nothing to add
 */
export function withMarks(
  qos: QOS,
  flow: Flow,
  { dscp, priority }: { readonly dscp: Marking; readonly priority: Marking },
): QOS {
  const service = flow.sending.ServiceType;
  const objects: Uint8Array[] = [];
  const DSField = flow.dsField >= 0 ? undefined : markOf(dscp, service);
  if (DSField !== undefined) {
    const ObjectHdr = { ObjectType: QOS_OBJECT_DS_CLASS, ObjectLength: QOS_DS_CLASS.size };
    objects.push(QOS_DS_CLASS.encode({ ObjectHdr, DSField }));
  }
  const TrafficClass = flow.trafficClass >= 0 ? undefined : markOf(priority, service);
  if (TrafficClass !== undefined) {
    const ObjectHdr = { ObjectType: QOS_OBJECT_TRAFFIC_CLASS, ObjectLength: QOS_TRAFFIC_CLASS.size };
    objects.push(QOS_TRAFFIC_CLASS.encode({ ObjectHdr, TrafficClass }));
  }
  if (objects.length === 0) return qos;
  // Before the program's own, which may end its list.
  const buf = Buffer.concat([...objects, flow.providerSpecific]);
  return { ...qos, ProviderSpecific: { len: buf.length, buf } };
}
