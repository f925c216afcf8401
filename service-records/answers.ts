// How services that a registry keeps answer questions.
import type { NameSpaceAnswer, NameSpaceItem, NameSpaceQuestion } from '../name-space/index.js';
import { inSlices, type Slices } from '../name-space/slices.js';
import {
  AF_INET,
  AF_INET6,
  formatIPv4,
  formatIPv6,
  servent,
  SVCID_INET_HOSTADDRBYNAME,
  WSANO_DATA,
  type InstanceHost,
  type WSASERVICECLASSINFOW,
} from '../spi/index.js';
import { classPort } from './json.js';
import { contextOf, nameKey, type ServiceRecord } from './record.js';

/** What a name space has that may answer a question: at least what `isAskedFor` says it is asked for. */
export interface KeptServices {
  readonly services: Iterable<ServiceRecord>;
  readonly classes: Iterable<WSASERVICECLASSINFOW>;
}

/**
 * Answers a question from services and classes:
 *
 * - instances of a class, by name or all of them;
 * - hosts by their name, with the port of the class that is asked for if they have none;
 * - a host's name by its address;
 * - ports by the names of classes, and the other way round (getservbyname, GetTypeByName).
 *
 * Where there are very many, it takes several turns of the event loop; what is kept is not to be changed meanwhile.
 */
export function answerQuestion(
  host: Pick<InstanceHost, 'deferToNextTurn'>,
  question: NameSpaceQuestion,
  kept: KeptServices,
  answer: NameSpaceAnswer,
): void {
  inSlices(
    host,
    answers(question, kept, answer),
    () => answer.isOver,
    () => undefined,
  );
}

/** Services that are looked at in one turn, and those that are found. */
const LOOKED_AT_IN_A_TURN = 1000;
const FOUND_IN_A_TURN = 250;

function* answers(question: NameSpaceQuestion, kept: KeptServices, answer: NameSpaceAnswer): Slices<void> {
  let looked = 0;
  if (question.kind === 'service') {
    for (const each of kept.classes) {
      for (const item of classItems(question, each)) answer.found(item);
      if (++looked % FOUND_IN_A_TURN === 0) yield;
    }
    answer.done();
    return;
  }
  const asked: ServiceRecord[] = [];
  for (const record of kept.services) {
    if (isAskedFor(question, record)) asked.push(record);
    if (++looked % LOOKED_AT_IN_A_TURN === 0) yield;
  }
  // A host's entry helps out where no service of the very class is registered.
  const exact = asked.filter(({ serviceClass }) => serviceClass === question.serviceClass);
  const found = exact.length > 0 ? exact : asked;
  const present = found.filter(({ isGone }) => !isGone);
  let told = 0;
  for (const record of present) {
    answer.found(itemOf(record, question));
    if (++told % FOUND_IN_A_TURN === 0) yield;
  }
  if (present.length === 0 && found.length > 0) answer.fail(WSANO_DATA);
  else answer.done();
}

/** Whether a service may be what a question asks for. */
export function isAskedFor(question: NameSpaceQuestion, record: ServiceRecord): boolean {
  const { kind, name, serviceClass, context } = question;
  if (contextOf(context) !== record.context) return false;
  const isHost = record.serviceClass === SVCID_INET_HOSTADDRBYNAME;
  switch (kind) {
    case 'address':
      return isHost && record.addresses.some((each) => addressText(each.RemoteAddr.lpSockaddr) === name);
    case 'host':
      // Without a name, every service of the port.
      if (name === '') return record.serviceClass === serviceClass;
      return (isHost || record.serviceClass === serviceClass) && isNamed(name, record);
    case 'class':
    case 'record':
      return record.serviceClass === serviceClass && (name === '' || isNamed(name, record));
    case 'name':
      return isNamed(name, record);
    default:
      return false;
  }
}

function isNamed(name: string, record: ServiceRecord): boolean {
  return nameKey(name) === nameKey(record.name);
}

function itemOf(record: ServiceRecord, question: NameSpaceQuestion): NameSpaceItem {
  const { name, comment, blob, version, queryString, context, addresses, serviceClass } = record;
  const isHost = serviceClass === SVCID_INET_HOSTADDRBYNAME;
  return {
    name,
    // A host that is asked for with a port answers for that.
    ...(isHost && question.serviceClass !== null ? {} : { serviceClass }),
    // A host's addresses have no transport of their own.
    addresses: isHost ? addresses.flatMap(({ RemoteAddr }) => RemoteAddr.lpSockaddr ?? []) : addresses,
    comment,
    blob,
    version,
    ...(queryString === null ? {} : { queryString }),
    context,
  };
}

function classItems(question: NameSpaceQuestion, info: WSASERVICECLASSINFOW): NameSpaceItem[] {
  const [, wanted = '', asked = ''] = /^(.*?)(?:\/([^/]*))?$/s.exec(question.name) ?? [];
  const name = info.lpszServiceClassName!;
  const serviceClass = info.lpServiceClassId;
  const protocols = (['tcp', 'udp'] as const).filter((each) => asked === '' || each === asked.toLowerCase());
  const isNumber = /^\d+$/.test(wanted);
  const isNamedSo = nameKey(wanted) === nameKey(name);
  const items = protocols.flatMap((protocol): NameSpaceItem[] => {
    const port = classPort(info, protocol);
    if (port === null || !(isNumber ? port === Number(wanted) : isNamedSo)) return [];
    const s_port = ((port & 0xff) << 8) | (port >> 8);
    return [{ name, serviceClass, blob: servent.encode({ s_name: name, s_aliases: [], s_port, s_proto: protocol }) }];
  });
  return items.length === 0 && isNamedSo ? [{ name, serviceClass }] : items;
}

function addressText(address: Uint8Array | null): string | null {
  if (address === null || address[1] !== 0) return null;
  if (address[0] === AF_INET && address.length >= 16) return formatIPv4(address, 4);
  return address[0] === AF_INET6 && address.length >= 28 ? formatIPv6(address.subarray(8, 24)) : null;
}
