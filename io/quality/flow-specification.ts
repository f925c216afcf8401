// What a flow specification may say, and what comes of it.
import {
  copyOfBytes,
  QOS,
  QOS_NOT_SPECIFIED,
  QOS_OBJECT_DESTADDR,
  QOS_OBJECT_DS_CLASS,
  QOS_OBJECT_END_OF_LIST,
  QOS_OBJECT_SD_MODE,
  QOS_OBJECT_SHAPING_RATE,
  QOS_OBJECT_TRAFFIC_CLASS,
  SERVICE_BESTEFFORT,
  SERVICE_CONTROLLEDLOAD,
  SERVICE_GUARANTEED,
  SERVICE_NO_QOS_SIGNALING,
  SERVICE_NO_TRAFFIC_CONTROL,
  SERVICE_QUALITATIVE,
  SERVICETYPE_BESTEFFORT,
  SERVICETYPE_CONTROLLEDLOAD,
  SERVICETYPE_GUARANTEED,
  SERVICETYPE_NOCHANGE,
  SERVICETYPE_NOTRAFFIC,
  SERVICETYPE_QUALITATIVE,
  TC_NONCONF_BORROW,
  TC_NONCONF_DISCARD,
  TC_NONCONF_SHAPE,
  WSA_QOS_EFLOWSPEC,
  WSA_QOS_EOBJLENGTH,
  WSA_QOS_EPROVSPECBUF,
  WSA_QOS_ESDMODEOBJ,
  WSA_QOS_ESERVICETYPE,
  WSA_QOS_ESHAPERATEOBJ,
  WSA_QOS_EUNKNOWNPSOBJ,
  WSAEFAULT,
  WSAEOPNOTSUPP,
  type FLOWSPEC,
} from '../../spi/index.js';
import type { Flow, FlowConditions } from '../core/index.js';
import { isFigure } from './token-bucket.js';

const NO_BYTES = new Uint8Array(0);

/** What a socket has before anything was asked for (specification: Default Values). */
export const DEFAULT_SPECIFICATION: FLOWSPEC = {
  TokenRate: QOS_NOT_SPECIFIED,
  TokenBucketSize: QOS_NOT_SPECIFIED,
  PeakBandwidth: QOS_NOT_SPECIFIED,
  Latency: QOS_NOT_SPECIFIED,
  DelayVariation: QOS_NOT_SPECIFIED,
  ServiceType: SERVICETYPE_BESTEFFORT,
  MaxSduSize: QOS_NOT_SPECIFIED,
  MinimumPolicedSize: QOS_NOT_SPECIFIED,
};

/** A flow that asks for nothing. */
export const DEFAULT_FLOW: Flow = {
  sending: DEFAULT_SPECIFICATION,
  receiving: DEFAULT_SPECIFICATION,
  excess: TC_NONCONF_SHAPE,
  shapingRate: Infinity,
  dsField: -1,
  trafficClass: -1,
  providerSpecific: NO_BYTES,
  reserved: false,
};

/** Services that may be asked for; SERVICETYPE_NOCHANGE stands for what was there before. */
const SERVICES: ReadonlySet<number> = new Set([
  SERVICETYPE_NOTRAFFIC,
  SERVICETYPE_BESTEFFORT,
  SERVICETYPE_CONTROLLEDLOAD,
  SERVICETYPE_GUARANTEED,
  SERVICETYPE_QUALITATIVE,
]);

/** Services as flags of their own. */
const SERVICE_FLAGS: ReadonlyMap<number, number> = new Map([
  [SERVICE_BESTEFFORT, SERVICETYPE_BESTEFFORT],
  [SERVICE_CONTROLLEDLOAD, SERVICETYPE_CONTROLLEDLOAD],
  [SERVICE_GUARANTEED, SERVICETYPE_GUARANTEED],
  [SERVICE_QUALITATIVE, SERVICETYPE_QUALITATIVE],
]);

const MEMBERS = Object.keys(DEFAULT_SPECIFICATION) as (keyof FLOWSPEC)[];

/**
 * Looks whether a quality of service can be meant, and takes it apart.
 *
 * @param qos what a program gave; its members may be of any kind
 * @param before what SERVICETYPE_NOCHANGE refers to; `null` for the default values
 * @param stream whether the socket is one of bytes, of which none can be discarded
 * @returns the flow; WSAEFAULT for what is no QOS, else the WSA_QOS_E… code that names what cannot be
 */
export function checkFlow(qos: unknown, before: Flow | null, stream: boolean): Flow | number {
  if (!isMembers(qos)) return WSAEFAULT;
  const sending = checkSpecification(qos['SendingFlowspec'], before?.sending);
  if (typeof sending === 'number') return sending;
  const receiving = checkSpecification(qos['ReceivingFlowspec'], before?.receiving);
  if (typeof receiving === 'number') return receiving;
  const objects = takeObjects(qos['ProviderSpecific'], stream);
  return typeof objects === 'number' ? objects : { ...DEFAULT_FLOW, ...objects, sending, receiving };
}

/**
 * As `checkFlow`, of a QOS in its binary layout with what it points to.
 *
 * @param bytes the input of SIO_SET_QOS
 */
export function checkFlowBytes(bytes: Uint8Array, before: Flow | null, stream: boolean): Flow | number {
  if (bytes.length < QOS.size) return WSAEFAULT;
  let qos: QOS;
  try {
    qos = QOS.decode(bytes);
  } catch {
    // The provider-specific buffer does not lie within the input.
    return WSA_QOS_EPROVSPECBUF;
  }
  return checkFlow(qos, before, stream);
}

function isMembers(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function checkSpecification(value: unknown, before: FLOWSPEC = DEFAULT_SPECIFICATION): FLOWSPEC | number {
  if (!isMembers(value)) return WSAEFAULT;
  const taken = { ...DEFAULT_SPECIFICATION };
  for (const member of MEMBERS) {
    const figure = value[member];
    if (typeof figure !== 'number') return WSAEFAULT;
    // In C -1 is the same as QOS_NOT_SPECIFIED.
    if (!Number.isInteger(figure) || figure < -0x8000_0000 || figure > 0xffff_ffff) return WSA_QOS_EFLOWSPEC;
    taken[member] = figure >>> 0;
  }
  const service = serviceOf(taken.ServiceType);
  if (service === SERVICETYPE_NOCHANGE) return before;
  if (!SERVICES.has(service)) return WSA_QOS_ESERVICETYPE;
  taken.ServiceType = service;
  return service === SERVICETYPE_NOTRAFFIC || isSound(taken) ? taken : WSA_QOS_EFLOWSPEC;
}

function serviceOf(type: number): number {
  const bare = (type & ~SERVICE_NO_QOS_SIGNALING) >>> 0;
  if (bare === SERVICE_NO_TRAFFIC_CONTROL) return SERVICETYPE_BESTEFFORT;
  return SERVICE_FLAGS.get(bare) ?? bare;
}

/** Whether the figures go together (RFC 2215: rates and sizes above 0, none beyond what has to hold it). */
function isSound(specification: FLOWSPEC): boolean {
  const { TokenRate, TokenBucketSize, PeakBandwidth, MaxSduSize, MinimumPolicedSize } = specification;
  if (TokenRate === 0 || TokenBucketSize === 0 || PeakBandwidth === 0 || MaxSduSize === 0) return false;
  // A bucket says nothing without what fills it.
  if (!isFigure(TokenRate) && isFigure(TokenBucketSize)) return false;
  if (isReserving(specification) && !isFigure(TokenRate)) return false;
  return (
    notBeyond(TokenRate, PeakBandwidth) &&
    notBeyond(MaxSduSize, TokenBucketSize) &&
    notBeyond(MinimumPolicedSize, MaxSduSize) &&
    notBeyond(MinimumPolicedSize, TokenBucketSize)
  );
}

function notBeyond(less: number, more: number): boolean {
  return !isFigure(less) || !isFigure(more) || less <= more;
}

/** Whether a service is one that capacity is reserved for. */
function isReserving({ ServiceType }: FLOWSPEC): boolean {
  return ServiceType === SERVICETYPE_GUARANTEED || ServiceType === SERVICETYPE_CONTROLLEDLOAD;
}

/** Bytes per second that a direction wants reserved; 0 for none. */
export function reservedRate(specification: FLOWSPEC): number {
  return isReserving(specification) ? specification.TokenRate : 0;
}

/**
 * Whether a network's delays are too long for what a direction asks for: the guaranteed service counts what chance may
 * add, the others do without.
 */
export function exceedsLatency(specification: FLOWSPEC, { latency, delayVariation }: FlowConditions): boolean {
  if (!isReserving(specification) || latency === QOS_NOT_SPECIFIED) return false;
  const guaranteed = specification.ServiceType === SERVICETYPE_GUARANTEED;
  const longest = guaranteed ? latency + delayVariation : latency;
  const { Latency, DelayVariation } = specification;
  if (isFigure(Latency) && longest > Latency) return true;
  return guaranteed && isFigure(DelayVariation) && delayVariation > DelayVariation;
}

/** Whether a flow asks for no more than every provider can give (specification: Best Effort). */
export function isBestEffort(flow: Flow): boolean {
  const effortless = (each: FLOWSPEC): boolean => !isReserving(each) && each.ServiceType !== SERVICETYPE_QUALITATIVE;
  return effortless(flow.sending) && effortless(flow.receiving) && flow.providerSpecific.length === 0;
}

/** The flow as the other end has it: what one sends, the other receives. */
export function mirrored(flow: Flow): Flow {
  return { ...flow, sending: flow.receiving, receiving: flow.sending };
}

/** Whether two flows say the same in every field, so that from one to the other nothing has changed. */
export function saysTheSame(one: Flow, other: Flow): boolean {
  return (
    sameSpecification(one.sending, other.sending) &&
    sameSpecification(one.receiving, other.receiving) &&
    Buffer.compare(one.providerSpecific, other.providerSpecific) === 0
  );
}

function sameSpecification(one: FLOWSPEC, other: FLOWSPEC): boolean {
  const fields = Object.keys(DEFAULT_SPECIFICATION) as (keyof FLOWSPEC)[];
  return fields.every((field) => one[field] === other[field]);
}

type Objects = Pick<Flow, 'excess' | 'shapingRate' | 'dsField' | 'trafficClass' | 'providerSpecific'>;

const HEADER = 8;

function takeObjects(given: unknown, stream: boolean): Objects | number {
  const taken = { ...DEFAULT_FLOW };
  // The structure may be without it.
  if (given === undefined || given === null) return objectsOf(taken);
  if (!isMembers(given) || typeof given['len'] !== 'number') return WSAEFAULT;
  const length = given['len'];
  if (length === 0) return objectsOf(taken);
  const buf = given['buf'];
  if (!(buf instanceof Uint8Array) || !(length > 0 && length <= buf.length)) return WSA_QOS_EPROVSPECBUF;
  const bytes = copyOfBytes(buf, length);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.length;) {
    if (bytes.length - at < HEADER) return WSA_QOS_EOBJLENGTH;
    const type = view.getUint32(at, true);
    const size = view.getUint32(at + 4, true);
    if (size < HEADER || size > bytes.length - at) return WSA_QOS_EOBJLENGTH;
    if (type === QOS_OBJECT_END_OF_LIST) break;
    const error = takeObject(taken, type, size >= HEADER + 4 ? view.getUint32(at + HEADER, true) : null, stream);
    if (error !== 0) return error;
    at += size;
  }
  return objectsOf({ ...taken, providerSpecific: bytes });
}

function objectsOf({ excess, shapingRate, dsField, trafficClass, providerSpecific }: Flow): Objects {
  return { excess, shapingRate, dsField, trafficClass, providerSpecific };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Takes one object: all that are known begin with a number. */
function takeObject(taken: Mutable<Flow>, type: number, value: number | null, stream: boolean): number {
  if (!OBJECTS.has(type)) return WSA_QOS_EUNKNOWNPSOBJ;
  if (value === null) return WSA_QOS_EOBJLENGTH;
  switch (type) {
    case QOS_OBJECT_SD_MODE:
      if (value !== TC_NONCONF_BORROW && value !== TC_NONCONF_SHAPE && value !== TC_NONCONF_DISCARD) {
        return WSA_QOS_ESDMODEOBJ;
      }
      if (stream && value === TC_NONCONF_DISCARD) return WSA_QOS_ESDMODEOBJ;
      taken.excess = value;
      return 0;
    case QOS_OBJECT_SHAPING_RATE:
      if (value === 0) return WSA_QOS_ESHAPERATEOBJ;
      if (isFigure(value)) taken.shapingRate = value;
      return 0;
    case QOS_OBJECT_DS_CLASS:
      taken.dsField = value;
      return value > 63 ? WSA_QOS_EPROVSPECBUF : 0;
    case QOS_OBJECT_TRAFFIC_CLASS:
      taken.trafficClass = value;
      return value > 7 ? WSA_QOS_EPROVSPECBUF : 0;
    default:
      return 0;
  }
}

// QOS_OBJECT_DESTADDR says to whom a flow goes: a socket's peer is who it goes to here.
const OBJECTS: ReadonlySet<number> = new Set([
  QOS_OBJECT_SD_MODE,
  QOS_OBJECT_SHAPING_RATE,
  QOS_OBJECT_DESTADDR,
  QOS_OBJECT_DS_CLASS,
  QOS_OBJECT_TRAFFIC_CLASS,
]);

/**
 * The quality of service as a program sees it: what was not specified is told as the network has it, where that is known.
 *
 * @param flow what was asked for, or agreed; `null` for the default values
 * @param conditions what the network can do just now; `null` where nobody knows
 */
export function describeFlow(flow: Flow | null, conditions: FlowConditions | null): QOS {
  const { sending, receiving, providerSpecific } = flow ?? DEFAULT_FLOW;
  const buf = copyOfBytes(providerSpecific, providerSpecific.length);
  return {
    SendingFlowspec: describeSpecification(sending, conditions),
    ReceivingFlowspec: describeSpecification(receiving, conditions),
    ProviderSpecific: { len: buf.length, buf },
  };
}

function describeSpecification(specification: FLOWSPEC, conditions: FlowConditions | null): FLOWSPEC {
  const told = { ...specification };
  if (conditions === null) return told;
  const { lineRate, latency, delayVariation } = conditions;
  if (told.PeakBandwidth === QOS_NOT_SPECIFIED && lineRate < QOS_NOT_SPECIFIED - 1) {
    told.PeakBandwidth = Math.floor(lineRate);
  }
  if (told.Latency === QOS_NOT_SPECIFIED) told.Latency = latency;
  if (told.DelayVariation === QOS_NOT_SPECIFIED) told.DelayVariation = delayVariation;
  return told;
}

/**
 * Tells a program that was refused what the network could do instead (specification: Quality of Service).
 *
 * @param flow what was asked for
 * @param conditions what there is
 */
export function describeRefusal(flow: Flow, conditions: FlowConditions | null): QOS {
  if (conditions === null) return describeFlow(flow, null);
  const within = (each: FLOWSPEC): FLOWSPEC => {
    if (reservedRate(each) === 0) return each;
    const rate = Math.max(0, Math.min(each.TokenRate, Math.floor(conditions.unreserved)));
    const { latency, delayVariation } = conditions;
    return { ...each, TokenRate: rate, Latency: latency, DelayVariation: delayVariation };
  };
  return describeFlow({ ...flow, sending: within(flow.sending), receiving: within(flow.receiving) }, conditions);
}

/** Why a core that knows nothing of flows cannot take one on; 0 when it asks for nothing of it. */
export function refusalOf(flow: Flow): number {
  const reserves = reservedRate(flow.sending) + reservedRate(flow.receiving) > 0 && !flow.reserved;
  return reserves || flow.dsField >= 0 || flow.trafficClass >= 0 ? WSAEOPNOTSUPP : 0;
}
