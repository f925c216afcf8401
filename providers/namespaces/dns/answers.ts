// From what servers said to the items of a query: hosts, names of addresses, and records of other types.
import { RecordType } from '../../../dns-records/index.js';
import { IPPROTO_TCP, IPPROTO_UDP, SOCK_DGRAM, SOCK_STREAM, WSANO_RECOVERY } from '../../../spi/index.js';
import { sockaddrOf } from '../../../spi/socket-names.js';
import type { NameSpaceAddress, NameSpaceAnswer, NameSpaceItem, NameSpaceQuestion } from '../../../name-space/index.js';
import type { LookedUp } from './name-lookup.js';
import { isHostName } from './names.js';
import type { ResourceRecord } from './reply-message.js';
import type { Found } from './resolver.js';

/** Ends a query that failed, or whose answer is not fit to be shown; false when it goes on. */
export function failed(answer: NameSpaceAnswer, { error }: LookedUp): boolean {
  if (error !== 0) answer.fail(error);
  return error !== 0;
}

/** Answers with a host's addresses. */
export function answerHost(answer: NameSpaceAnswer, lookedUp: LookedUp): void {
  if (failed(answer, lookedUp)) return;
  const { found, name: asked } = lookedUp;
  let names: { name: string; aliases: readonly string[] } | null = null;
  const addresses: Uint8Array[] = [];
  for (const each of found) {
    if (each.error !== 0) continue;
    names ??= namesOf(asked, each);
    for (const record of each.records) addresses.push(addressOf(record));
  }
  const { name, aliases } = names!;
  if (!isHostName(name) || !aliases.every(isHostName)) return answer.fail(WSANO_RECOVERY);
  answer.found({ name, aliases, addresses });
  answer.done();
}

/** Answers with the names of an address. */
export function answerAddress(answer: NameSpaceAnswer, lookedUp: LookedUp, address: Uint8Array): void {
  if (failed(answer, lookedUp)) return;
  // Whoever has the address chooses what is said here; it may be shown on a terminal, or compared.
  const names = lookedUp.found[0]!.records.flatMap(({ target }) =>
    target !== null && isHostName(target) ? target : [],
  );
  const [name, ...aliases] = names;
  if (name === undefined) return answer.fail(WSANO_RECOVERY);
  answer.found({ name, aliases, addresses: [address] });
  answer.done();
}

/** Answers with records, an item each: the best first where they say which is better. */
export function answerRecords(
  answer: NameSpaceAnswer,
  question: NameSpaceQuestion,
  { name, found }: LookedUp,
  targets: ReadonlyMap<string, readonly Uint8Array[]>,
): void {
  const { records, chain } = found[0]!;
  for (const record of records) {
    const item: NameSpaceItem = {
      name: chain.at(-1) ?? name,
      blob: record.data,
      ...(question.recordType === RecordType.SRV ? serviceOf(record, name, targets) : {}),
    };
    answer.found(item);
  }
  answer.done();
}

/** The names that services are at; none for one that is decidedly not there (RFC 2782). */
export function targetsOf(found: Found): readonly string[] {
  const names = found.records.flatMap(({ target }) => (target !== null && isHostName(target) ? target : []));
  return [...new Set(names.map((each) => each.toLowerCase()))];
}

/**
 * Puts records in the order in which they are to be used: mail exchangers by preference, services by priority, and among
 * equals by chance, those with more weight sooner (RFC 2782).
 *
 * @param random from 0 up to but not including 1
 */
export function inOrderOfUse(records: readonly ResourceRecord[], type: number, random: () => number): ResourceRecord[] {
  if (type === RecordType.MX) return records.toSorted((a, b) => u16(a.data, 0) - u16(b.data, 0));
  if (type !== RecordType.SRV) return [...records];
  const left = records.toSorted((a, b) => u16(a.data, 0) - u16(b.data, 0) || u16(a.data, 2) - u16(b.data, 2));
  const ordered: ResourceRecord[] = [];
  while (left.length > 0) {
    const priority = u16(left[0]!.data, 0);
    const equals = left.filter(({ data }) => u16(data, 0) === priority);
    const total = equals.reduce((sum, { data }) => sum + u16(data, 2), 0);
    let drawn = Math.floor(random() * (total + 1));
    const chosen = equals.find(({ data }) => (drawn -= u16(data, 2)) <= 0)!;
    ordered.push(chosen);
    left.splice(left.indexOf(chosen), 1);
  }
  return ordered;
}

/** The SOCKADDR of an address record, with port 0. */
export function addressOf({ data }: ResourceRecord): Uint8Array {
  return sockaddrOf(data);
}

// The true name, and those that stand for it, the one that was asked for first.
function namesOf(asked: string, { chain }: Found): { name: string; aliases: readonly string[] } {
  if (chain.length === 0) return { name: asked, aliases: chain };
  return { name: chain.at(-1)!, aliases: [asked, ...chain.slice(0, -1)] };
}

// Where a service is: its name says the transport (`_ldap._tcp.example.com`).
function serviceOf(
  { data, target }: ResourceRecord,
  name: string,
  targets: ReadonlyMap<string, readonly Uint8Array[]>,
): NameSpaceItem {
  const isDatagram = /(?:^|\.)_udp(?:\.|$)/i.test(name);
  const transport = isDatagram
    ? { socketType: SOCK_DGRAM, protocol: IPPROTO_UDP }
    : { socketType: SOCK_STREAM, protocol: IPPROTO_TCP };
  const addresses = (targets.get(target?.toLowerCase() ?? '') ?? []).map((bare): NameSpaceAddress => {
    const address = bare.slice();
    // The port is in network order on both sides.
    address[2] = data[4]!;
    address[3] = data[5]!;
    return { ...transport, address };
  });
  return { addresses };
}

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}
