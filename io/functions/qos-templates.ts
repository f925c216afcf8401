// WSPGetQOSByName: the qualities of service that have names.
import {
  QOS_NOT_SPECIFIED,
  SERVICETYPE_CONTROLLEDLOAD,
  SERVICETYPE_GUARANTEED,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOTSOCK,
  type FLOWSPEC,
  type LPWSPGETQOSBYNAME,
  type QosTemplate,
} from '../../spi/index.js';
import type { SocketTable } from '../socket/index.js';

/** The quality of service that a well-known kind of medium needs, the same in both directions. */
interface BuiltInTemplate {
  readonly name: string;
  /** Bytes per second, the headers of IP, UDP and RTP counted in (40 bytes for every packet). */
  readonly TokenRate: number;
  readonly TokenBucketSize: number;
  readonly PeakBandwidth: number;
  readonly ServiceType: number;
  readonly MaxSduSize: number;
  readonly MinimumPolicedSize: number;
}

// One packet every 20 ms (G723.1: 30 ms), twice the rate while it catches up, room for two packets in the bucket.
function audio(name: string, payload: number, packetsPerSecond: number): BuiltInTemplate {
  const packet = payload + 40;
  const rate = Math.ceil(packet * packetsPerSecond);
  return {
    name,
    TokenRate: rate,
    TokenBucketSize: 2 * packet,
    PeakBandwidth: 2 * rate,
    ServiceType: SERVICETYPE_GUARANTEED,
    MaxSduSize: packet,
    MinimumPolicedSize: packet,
  };
}

// A bucket of half a second, for the pictures that hold all of the scene, in packets as large as Ethernet takes them.
function video(name: string, bitsPerSecond: number): BuiltInTemplate {
  const rate = Math.ceil(bitsPerSecond / 8);
  return {
    name,
    TokenRate: rate,
    TokenBucketSize: Math.ceil(rate / 2),
    PeakBandwidth: 2 * rate,
    ServiceType: SERVICETYPE_CONTROLLEDLOAD,
    MaxSduSize: 1500,
    MinimumPolicedSize: 128,
  };
}

/**
 * The templates that are built in: those that Windows has, by their names. The figures are ours, worked out from the bit
 * rates of the codecs; they are not those of Windows.
 */
const QOS_TEMPLATES: readonly BuiltInTemplate[] = [
  audio('G711', 160, 50),
  audio('G723.1', 24, 100 / 3),
  audio('G729', 20, 50),
  video('H263QCIF', 64_000),
  video('H263CIF', 384_000),
  video('H261QCIF', 64_000),
  video('H261CIF', 384_000),
  audio('GSM6.10', 33, 50),
];

/** Makes `WSPGetQOSByName` over a table of sockets. */
export function createQosTemplateProcedures(table: SocketTable) {
  const lpWSPGetQOSByName: LPWSPGETQOSBYNAME = (s, lpQOSName, lpQOS, lpErrno) => {
    if (table.find(s) === undefined) return refuse(lpErrno, WSAENOTSOCK);
    const { buf, len } = lpQOSName;
    const name = nameIn(buf, len);
    const installed = table.host.qosTemplates(table.entry.ProviderId);
    if (name === '') return writeNames(namesOf(installed), buf, len) || refuse(lpErrno, WSAEFAULT);
    if (lpQOS === null) return refuse(lpErrno, WSAEFAULT);
    const isMeant = (each: { readonly name: string }): boolean => each.name.toUpperCase() === name.toUpperCase();
    const own = installed.find(isMeant);
    if (own !== undefined) {
      Object.assign(lpQOS, own.qos);
      return true;
    }
    const template = QOS_TEMPLATES.find(isMeant);
    if (template === undefined) return refuse(lpErrno, WSAEINVAL);
    lpQOS.SendingFlowspec = flowspecOf(template);
    lpQOS.ReceivingFlowspec = flowspecOf(template);
    lpQOS.ProviderSpecific = { len: 0, buf: new Uint8Array(0) };
    return true;
  };
  return { lpWSPGetQOSByName };
}

function refuse(lpErrno: { value: number }, error: number): false {
  lpErrno.value = error;
  return false;
}

/** The text up to the first NUL, or to the end. */
function nameIn(buf: Uint8Array, len: number): string {
  const bytes = buf.subarray(0, len);
  const end = bytes.indexOf(0);
  return String.fromCharCode(...(end < 0 ? bytes : bytes.subarray(0, end)));
}

/** The names of all templates: those that are built in, and those that were installed beside them. */
function namesOf(installed: readonly QosTemplate[]): string[] {
  const names = QOS_TEMPLATES.map(({ name }) => name);
  const known = new Set(names.map((name) => name.toUpperCase()));
  return [...names, ...installed.map(({ name }) => name).filter((name) => !known.has(name.toUpperCase()))];
}

/** Writes names, each with its NUL, and one NUL more; false when there is no room for that. */
function writeNames(names: readonly string[], buf: Uint8Array, len: number): boolean {
  const text = `${names.map((name) => `${name}\0`).join('')}\0`;
  if (text.length > len) return false;
  for (let i = 0; i < text.length; i++) buf[i] = text.charCodeAt(i);
  return true;
}

function flowspecOf({ name: _, ...figures }: BuiltInTemplate): FLOWSPEC {
  return { ...figures, Latency: QOS_NOT_SPECIFIED, DelayVariation: QOS_NOT_SPECIFIED };
}
