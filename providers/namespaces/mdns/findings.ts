// From records to what was found: which records a goal needs, and the items that they make.
import { RecordType, reverseName } from '../../../dns-records/index.js';
import type { NameSpaceItem } from '../../../name-space/index.js';
import { formatIPv4, formatIPv6, IPPROTO_TCP, IPPROTO_UDP } from '../../../spi/index.js';
import { sockaddrOf } from '../../../spi/socket-names.js';
import type { Goal } from './goals.js';
import { ALL_TYPES, behindFirstLabel, instanceName, keyOf, shownName, shownType, type ServiceName } from './names.js';
import { portOf, setKey, type MdnsRecord } from './records.js';
import type { ServiceTypes } from './service-types.js';
import { linesOf } from './text-data.js';

/** A record that holds now. */
export interface HeldRecord {
  readonly record: MdnsRecord;
  /** The interface that it came from, for link-local addresses of IPv6. */
  readonly scope: number;
}

/** What is known. */
export interface Knowledge {
  /** The records of a name and type. */
  find(name: string, type: number): readonly HeldRecord[];
  /** Whether it is known that a name has no records of a type. */
  isNone(name: string, type: number): boolean;
  readonly serviceTypes: ServiceTypes;
}

/** The records of a name and type, as something that is to be known. */
export interface Need {
  readonly name: string;
  readonly type: number;
}

/** One thing that was found. */
export interface Finding {
  readonly item: NameSpaceItem;
  /** Tells it from others. */
  readonly key: string;
  /** Whether everything is known of it; if not, whether it is of use as it is. */
  readonly isComplete: boolean;
  readonly isOfUse: boolean;
}

/** What is known of a goal, and what else is to be known. */
export interface Findings {
  readonly needs: readonly Need[];
  readonly found: readonly Finding[];
  /** Whether it is known that there is nothing, though the name is there. */
  readonly isNone: boolean;
}

/** Instances of one type that are followed; there are never more, whatever is sent. */
const MOST_INSTANCES = 1024;

/** Looks how far a goal is reached. */
export function findingsOf(goal: Goal, knowledge: Knowledge): Findings {
  switch (goal.kind) {
    case 'host':
      return hostFindings(goal.name, goal.types, knowledge);
    case 'address':
      return addressFindings(goal.bytes, knowledge);
    case 'service':
      return serviceFindings(goal.service, goal.types, knowledge);
    case 'instances':
      return instanceFindings(goal.service, goal.types, goal.isByName, knowledge);
    case 'types':
      return typeFindings(knowledge);
    case 'records':
      return recordFindings(goal.name, goal.type, knowledge);
  }
}

interface Addresses {
  readonly needs: readonly Need[];
  readonly addresses: readonly Uint8Array[];
  readonly isComplete: boolean;
}

function addressesOf(name: string, types: readonly number[], knowledge: Knowledge): Addresses {
  const addresses = new Map<string, Uint8Array>();
  let isComplete = true;
  for (const type of types) {
    const held = knowledge.find(name, type);
    if (held.length === 0 && !knowledge.isNone(name, type)) isComplete = false;
    for (const { record, scope } of held) {
      const address = scopedSockaddr(record.data, scope);
      addresses.set(address.join('.'), address);
    }
  }
  return { needs: types.map((type) => ({ name, type })), addresses: [...addresses.values()], isComplete };
}

function scopedSockaddr(bytes: Uint8Array, scope: number): Uint8Array {
  const sockaddr = sockaddrOf(bytes);
  const isLinkLocal = bytes.length === 16 && bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0x80;
  if (isLinkLocal) new DataView(sockaddr.buffer).setUint32(24, scope, true);
  return sockaddr;
}

function hostFindings(name: string, types: readonly number[], knowledge: Knowledge): Findings {
  const { needs, addresses, isComplete } = addressesOf(name, types, knowledge);
  const found =
    addresses.length === 0 ? [] : [{ item: { name, addresses }, key: keyOf(name), isComplete, isOfUse: true }];
  return { needs, found, isNone: isComplete && addresses.length === 0 };
}

function addressFindings(bytes: Uint8Array, knowledge: Knowledge): Findings {
  const name = reverseName(bytes);
  const found = knowledge.find(name, RecordType.PTR).map(({ record, scope }) => ({
    item: { name: record.target!, addresses: [scopedSockaddr(bytes, scope)] },
    key: keyOf(record.target!),
    isComplete: true,
    isOfUse: true,
  }));
  // One address is one host's: further names are other names of it.
  const [first, ...others] = found;
  const needs = [{ name, type: RecordType.PTR }];
  if (first === undefined) return { needs, found, isNone: knowledge.isNone(name, RecordType.PTR) };
  const aliases = others.map(({ item }) => item.name);
  return { needs, found: [{ ...first, item: { ...first.item, aliases } }], isNone: false };
}

function serviceFindings(service: ServiceName, types: readonly number[], knowledge: Knowledge): Findings {
  const { instance, type } = service;
  const name = instanceName(instance, type);
  const needs: Need[] = [
    { name, type: RecordType.SRV },
    { name, type: RecordType.TXT },
  ];
  const [srv] = knowledge.find(name, RecordType.SRV);
  const [txt] = knowledge.find(name, RecordType.TXT);
  if (srv === undefined) return { needs, found: [], isNone: knowledge.isNone(name, RecordType.SRV) };
  const addresses = addressesOf(srv.record.target!, types, knowledge);
  needs.push(...addresses.needs);
  const isTextKnown = txt !== undefined || knowledge.isNone(name, RecordType.TXT);
  const item: NameSpaceItem = {
    ...itemOf(srv.record.name, type, knowledge),
    addresses: addresses.addresses,
    protocol: /\._tcp\./i.test(type) ? IPPROTO_TCP : IPPROTO_UDP,
    port: portOf(srv.record),
    comment: txt === undefined ? null : linesOf(txt.record.data),
    blob: txt === undefined ? null : txt.record.data,
  };
  return {
    needs,
    found: [
      {
        item,
        key: keyOf(name),
        isComplete: isTextKnown && addresses.isComplete,
        isOfUse: addresses.addresses.length > 0 || types.length === 0,
      },
    ],
    isNone: false,
  };
}

function itemOf(name: string, type: string, { serviceTypes }: Knowledge): NameSpaceItem {
  return {
    name: shownName(name),
    serviceClass: serviceTypes.classOf(type),
    queryString: shownType(type),
  };
}

function instanceFindings(
  service: ServiceName,
  types: readonly number[],
  isByName: boolean,
  knowledge: Knowledge,
): Findings {
  const { type, browsed } = service;
  const needs: Need[] = [{ name: browsed, type: RecordType.PTR }];
  const found: Finding[] = [];
  const seen = new Set<string>();
  for (const { record } of knowledge.find(browsed, RecordType.PTR)) {
    const name = record.target!;
    const key = keyOf(name);
    // What is no instance of the type has no business here.
    if (seen.has(key) || keyOf(behindFirstLabel(name)) !== keyOf(type) || seen.size >= MOST_INSTANCES) continue;
    seen.add(key);
    if (isByName) {
      found.push({ item: itemOf(name, type, knowledge), key, isComplete: true, isOfUse: true });
      continue;
    }
    const instance = name.slice(0, name.indexOf('.')).replaceAll('\x01', '.');
    const one = serviceFindings({ instance, type, browsed: type }, types, knowledge);
    needs.push(...one.needs);
    found.push(one.found[0] ?? { item: itemOf(name, type, knowledge), key, isComplete: false, isOfUse: false });
  }
  return { needs, found, isNone: false };
}

function typeFindings(knowledge: Knowledge): Findings {
  const found = new Map<string, Finding>();
  for (const { record } of knowledge.find(ALL_TYPES, RecordType.PTR)) {
    const type = record.target!;
    if (!/^_[^.]+\._(?:tcp|udp)\.local$/i.test(type) || found.size >= MOST_INSTANCES) continue;
    const name = shownType(type);
    const item = { name, serviceClass: knowledge.serviceTypes.classOf(type), isContainer: true, context: name };
    found.set(keyOf(type), { item, key: keyOf(type), isComplete: true, isOfUse: true });
  }
  return { needs: [{ name: ALL_TYPES, type: RecordType.PTR }], found: [...found.values()], isNone: false };
}

function recordFindings(name: string, type: number, knowledge: Knowledge): Findings {
  const needs = [{ name, type }];
  const held = knowledge.find(name, type);
  if (held.length === 0) return { needs, found: [], isNone: knowledge.isNone(name, type) };
  const found = held.map(({ record, scope }, at) => {
    const isAddress = type === RecordType.A || type === RecordType.AAAA;
    const item: NameSpaceItem = {
      name: shownName(record.target ?? record.name),
      ...(isAddress ? { addresses: [scopedSockaddr(record.data, scope)] } : { blob: record.data }),
      ...(type === RecordType.SRV ? { port: portOf(record) } : {}),
      comment: commentOf(record),
    };
    return { item, key: `${setKey(name, type)} ${at}`, isComplete: true, isOfUse: true };
  });
  return { needs, found, isNone: false };
}

function commentOf({ type, data }: MdnsRecord): string | null {
  switch (type) {
    case RecordType.A:
      return formatIPv4(data);
    case RecordType.AAAA:
      return formatIPv6(data);
    case RecordType.TXT:
      return linesOf(data);
    default:
      return null;
  }
}
