// From what servers said to the items of a query: hosts, names of addresses, and records of other types.
import { RecordType } from '../../../dns-records/index.js';
import {
  IPPROTO_TCP,
  IPPROTO_UDP,
  SOCK_DGRAM,
  SOCK_STREAM,
  WSANO_RECOVERY,
  type InstanceHost,
} from '../../../spi/index.js';
import { sockaddrOf } from '../../../spi/socket-names.js';
import type { NameSpaceAddress, NameSpaceAnswer, NameSpaceItem, NameSpaceQuestion } from '../../../name-space/index.js';
import { inSlices, type Slices } from '../../../name-space/slices.js';
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

/** Records that are told of in one turn. */
export const TOLD_IN_A_TURN = 250;
/**
 * Addresses in one answer: each of very many services may be at a host that has very many, and they would be as many as one times the
 * other. Services behind so many have none; whoever uses them looks them up.
 */
const MOST_ADDRESSES = 8192;

/** Answers with records, an item each: the best first where they say which is better. Of very many, some in each turn. */
export function answerRecords(
  host: Pick<InstanceHost, 'deferToNextTurn'>,
  answer: NameSpaceAnswer,
  question: NameSpaceQuestion,
  lookedUp: LookedUp,
  targets: ReadonlyMap<string, readonly Uint8Array[]>,
): void {
  inSlices(
    host,
    tellRecords(answer, question, lookedUp, targets),
    () => answer.isOver,
    () => answer.done(),
  );
}

function* tellRecords(
  answer: NameSpaceAnswer,
  question: NameSpaceQuestion,
  { name, found }: LookedUp,
  targets: ReadonlyMap<string, readonly Uint8Array[]>,
): Slices<void> {
  const { records, chain } = found[0]!;
  let room = MOST_ADDRESSES;
  let told = 0;
  for (const record of records) {
    const addresses =
      question.recordType === RecordType.SRV ? (targets.get(record.target?.toLowerCase() ?? '') ?? []) : null;
    if (addresses !== null) room -= addresses.length;
    const item: NameSpaceItem = {
      name: chain.at(-1) ?? name,
      blob: record.data,
      ...(addresses === null ? {} : serviceOf(record, name, room < 0 ? [] : addresses)),
    };
    answer.found(item);
    told += 1 + (addresses?.length ?? 0);
    if (told < TOLD_IN_A_TURN) continue;
    told = 0;
    yield;
  }
}

/** The names that services are at; none for one that is decidedly not there (RFC 2782). */
export function targetsOf(found: Found): readonly string[] {
  const names = found.records.flatMap(({ target }) => (target !== null && isHostName(target) ? target : []));
  return [...new Set(names.map((each) => each.toLowerCase()))];
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
function serviceOf({ data }: ResourceRecord, name: string, hosts: readonly Uint8Array[]): NameSpaceItem {
  const isDatagram = /(?:^|\.)_udp(?:\.|$)/i.test(name);
  const transport = isDatagram
    ? { socketType: SOCK_DGRAM, protocol: IPPROTO_UDP }
    : { socketType: SOCK_STREAM, protocol: IPPROTO_TCP };
  const addresses = hosts.map((bare): NameSpaceAddress => {
    const address = bare.slice();
    // The port is in network order on both sides.
    address[2] = data[4]!;
    address[3] = data[5]!;
    return { ...transport, address };
  });
  return { addresses };
}
