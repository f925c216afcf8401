// What name spaces answered, for people and for programs.
import {
  parseSockaddr,
  RESULT_IS_ALIAS,
  RR_FROM_SVCID,
  servent,
  SVCID_DNS,
  SVCID_INET_SERVICEBYNAME,
  type WSAQUERYSETW,
} from '../../spi/index.js';
import { recordText } from '../../providers/namespaces/dns/index.js';
import { heading } from '../style.js';
import type { NameQuestion } from './question.js';

/** One result. */
export interface NameResult {
  readonly name: string;
  readonly isAlias: boolean;
  readonly serviceClass: string | null;
  readonly addresses: readonly string[];
  readonly comment: string | null;
  readonly data: string | null;
  /** The blob, in base64. */
  readonly blob: string | null;
  /** The name-space provider that knew it. */
  readonly provider: string;
}

/** Makes a result of what a query gave. */
export function resultOf(set: WSAQUERYSETW, provider: string, { serviceClass }: NameQuestion): NameResult {
  const { lpBlob: blob, dwOutputFlags = 0 } = set;
  const addresses = (set.lpcsaBuffer ?? []).flatMap(({ RemoteAddr, LocalAddr }) => {
    const bytes = RemoteAddr.lpSockaddr ?? LocalAddr.lpSockaddr;
    return bytes === null ? [] : [addressText(bytes)];
  });
  return {
    name: set.lpszServiceInstanceName ?? '',
    isAlias: (dwOutputFlags & RESULT_IS_ALIAS) !== 0,
    serviceClass: set.lpServiceClassId ?? null,
    addresses: [...new Set(addresses)],
    comment: set.lpszComment ?? null,
    data: dataOf(set, serviceClass),
    blob:
      blob === null || blob === undefined
        ? null
        : Buffer.from(blob.pBlobData.subarray(0, blob.cbSize)).toString('base64'),
    provider,
  };
}

// A service's port, a DNS record as a zone's file has it, or what else is said of it.
function dataOf(set: WSAQUERYSETW, serviceClass: string | null): string | null {
  if (serviceClass === SVCID_INET_SERVICEBYNAME) return portText(set);
  const type = serviceClass === null ? 0 : RR_FROM_SVCID(serviceClass);
  const isRecord = type !== 0 && SVCID_DNS(type) === serviceClass;
  // Those of a host are among the addresses.
  if (isRecord && type !== A && type !== AAAA && set.lpBlob) {
    return recordText(type, set.lpBlob.pBlobData.subarray(0, set.lpBlob.cbSize));
  }
  return (set.lpszQueryString ?? null) || null;
}

const A = 1;
const AAAA = 28;

function addressText(bytes: Uint8Array): string {
  try {
    const { family, address, port } = parseSockaddr(bytes);
    if (port === 0) return address;
    return family === 2 ? `${address}:${port}` : `[${address}]:${port}`;
  } catch {
    return Buffer.from(bytes).toString('hex');
  }
}

function portText({ lpBlob }: WSAQUERYSETW): string | null {
  try {
    if (!lpBlob) return null;
    const { s_port, s_proto } = servent.decode(lpBlob.pBlobData);
    return `${((s_port & 0xff) << 8) | (s_port >> 8)}/${s_proto}`;
  } catch {
    return null;
  }
}

/** A result's lines. */
export function resultLines({ name, isAlias, addresses, comment, data, provider }: NameResult): string[] {
  const details = [...addresses, ...(data === null ? [] : [data]), ...(comment === null ? [] : comment.split('\n'))];
  return [
    `${heading(printable(name))}${isAlias ? ' (alias)' : ''}  from ${provider}`,
    ...details.map((each) => `  ${printable(each)}`),
  ];
}

// What strangers have registered must not steer the terminal.
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
