// Services as they stand on the server, read in as few questions as it takes.
import type { NameSpaceQuestion } from '../../../name-space/index.js';
import {
  classFromJson,
  isAskedFor,
  recordKey,
  recordText,
  type KeptServices,
  type ServiceRecord,
} from '../../../service-records/index.js';
import { inSlices, type Slices } from '../../../name-space/slices.js';
import {
  SVCID_INET_HOSTADDRBYNAME,
  type GUID,
  type InstanceHost,
  type WSASERVICECLASSINFOW,
} from '../../../spi/index.js';
import { refusalFailure, RedisFailure, type RedisConnection } from './connection.js';
import type { RedisKeys } from './keys.js';
import { mergedRecord, readPart } from './parts.js';
import { RedisError, type Reply } from './resp.js';

/** Told of what was asked for, or why it is not known. */
export type Told<T> = (result: T | RedisFailure) => void;

/** The most services that one question is answered with, and the most parts that they are read of. */
const MOST_SERVICES = 10_000;
/** Those that are read in one turn. */
const PARTS_IN_A_TURN = 500;

/** A part of a service, and where it stands. */
export interface FoundPart {
  readonly owner: string;
  readonly key: string;
  readonly record: ServiceRecord;
}

/** Reads services and classes from a server. */
export class RedisReader {
  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: RedisKeys,
    private readonly host: Pick<InstanceHost, 'deferToNextTurn'>,
  ) {}

  /** What may answer a question. */
  kept(question: NameSpaceQuestion, told: Told<KeptServices>): void {
    if (question.kind === 'service') {
      this.#classes((classes) => told(classes instanceof RedisFailure ? classes : { services: [], classes }));
      return;
    }
    this.#records(question, (records) => {
      if (records instanceof RedisFailure) {
        told(records);
        return;
      }
      this.#services(records, (services) => {
        told(services instanceof RedisFailure ? services : { services, classes: [] });
      });
    });
  }

  /** What answers a question, in a form that can be compared. */
  fingerprint(question: NameSpaceQuestion, told: Told<string>): void {
    this.kept(question, (kept) => {
      if (kept instanceof RedisFailure) {
        told(kept);
        return;
      }
      this.#inSlices(fingerprintOf(question, kept), told);
    });
  }

  /** A service class. */
  classInfo(id: GUID, told: Told<WSASERVICECLASSINFOW | null>): void {
    this.#ask([['HGET', this.keys.classes, id]], (replies) => {
      told(replies instanceof RedisFailure ? replies : parsed(replies[0]!, classFromJson));
    });
  }

  /** Whether a class has services. */
  isUsed(id: GUID, told: Told<boolean>): void {
    this.#ask([['SMEMBERS', this.keys.ofClass(id)]], (replies) => {
      if (replies instanceof RedisFailure) {
        told(replies);
        return;
      }
      this.#services(textsOf(replies[0]!).slice(0, MOST_SERVICES), (services) => {
        told(services instanceof RedisFailure ? services : services.some(({ isGone }) => !isGone));
      });
    });
  }

  /** The parts of a service, those that are gone left out. */
  parts(record: string, told: Told<readonly FoundPart[]>): void {
    this.#partsOf([record], (found) => told(found instanceof RedisFailure ? found : (found.get(record) ?? [])));
  }

  #classes(told: Told<WSASERVICECLASSINFOW[]>): void {
    this.#ask([['HVALS', this.keys.classes]], (replies) => {
      if (replies instanceof RedisFailure) {
        told(replies);
        return;
      }
      told(textsOf(replies[0]!).flatMap((text) => parsed(text, classFromJson) ?? []));
    });
  }

  // The keys of the services that may be meant.
  #records(question: NameSpaceQuestion, told: Told<readonly string[]>): void {
    const { kind, name, serviceClass, context } = question;
    const { keys } = this;
    const classes = new Set<GUID>(serviceClass === null ? [] : [serviceClass]);
    if (kind === 'host') classes.add(SVCID_INET_HOSTADDRBYNAME);
    if (kind === 'containers' || kind === 'own host') told([]);
    else if (kind === 'address') this.#members([keys.ofClass(SVCID_INET_HOSTADDRBYNAME)], told);
    else if (serviceClass === null) this.#members([keys.ofName(name)], told);
    else if (name === '')
      this.#members(
        [...classes].map((id) => keys.ofClass(id)),
        told,
      );
    else told([...classes].map((id) => recordKey({ name, serviceClass: id, context })));
  }

  #members(sets: readonly string[], told: Told<readonly string[]>): void {
    this.#ask(
      sets.map((set) => ['SMEMBERS', set]),
      (replies) => told(replies instanceof RedisFailure ? replies : replies.flatMap(textsOf).slice(0, MOST_SERVICES)),
    );
  }

  #services(records: readonly string[], told: Told<ServiceRecord[]>): void {
    this.#partsOf(records, (found) => {
      if (found instanceof RedisFailure) told(found);
      else this.#inSlices(merged(found), told);
    });
  }

  #partsOf(records: readonly string[], told: Told<ReadonlyMap<string, readonly FoundPart[]>>): void {
    this.#ask(
      records.map((record) => ['SMEMBERS', this.keys.owners(record)]),
      (owners) => {
        if (owners instanceof RedisFailure) {
          told(owners);
          return;
        }
        const places = records
          .flatMap((record, place) =>
            textsOf(owners[place]!)
              .slice(0, MOST_SERVICES)
              .sort()
              .map((owner) => ({ record, owner, key: this.keys.part(record, owner) })),
          )
          .slice(0, MOST_SERVICES);
        const read = places.length === 0 ? [] : [['MGET', ...places.map(({ key }) => key)]];
        this.#ask(read, (replies) => {
          if (replies instanceof RedisFailure) {
            told(replies);
            return;
          }
          this.#inSlices(readParts(places, (replies[0] ?? []) as readonly Reply[]), told);
        });
      },
    );
  }

  #inSlices<T>(work: Slices<T>, told: Told<T>): void {
    inSlices(this.host, work, () => false, told);
  }

  #ask(commands: readonly (readonly string[])[], told: Told<readonly Reply[]>): void {
    this.connection.send(commands, (replies) => {
      const refusal = replies instanceof RedisFailure ? undefined : replies.find((each) => each instanceof RedisError);
      told(refusal === undefined ? replies : refusalFailure(refusal));
    });
  }
}

/** A part of a service that is asked for. */
interface PartPlace {
  readonly record: string;
  readonly owner: string;
  readonly key: string;
}

function* readParts(
  places: readonly PartPlace[],
  texts: readonly Reply[],
): Slices<ReadonlyMap<string, readonly FoundPart[]>> {
  const found = new Map<string, FoundPart[]>();
  for (const [place, { record, owner, key }] of places.entries()) {
    if (place % PARTS_IN_A_TURN === PARTS_IN_A_TURN - 1) yield;
    const part = readPart(texts[place]);
    // What stands elsewhere than where it belongs is somebody's mischief.
    if (part === null || recordKey(part) !== record) continue;
    const parts = found.get(record);
    if (parts === undefined) found.set(record, [{ owner, key, record: part }]);
    else parts.push({ owner, key, record: part });
  }
  return found;
}

function* merged(found: ReadonlyMap<string, readonly FoundPart[]>): Slices<ServiceRecord[]> {
  const services: ServiceRecord[] = [];
  let read = 0;
  for (const parts of found.values()) {
    const service = mergedRecord(parts.map(({ record }) => record));
    if (service !== null) services.push(service);
    if ((read += parts.length) < PARTS_IN_A_TURN) continue;
    read = 0;
    yield;
  }
  return services;
}

function* fingerprintOf(question: NameSpaceQuestion, { services, classes }: KeptServices): Slices<string> {
  const texts: string[] = [];
  let looked = 0;
  for (const each of services) {
    if (isAskedFor(question, each)) texts.push(recordText(each));
    if (++looked % PARTS_IN_A_TURN === 0) yield;
  }
  return `${texts.join()}/${JSON.stringify([...classes])}`;
}

function textsOf(reply: Reply): string[] {
  return Array.isArray(reply) ? (reply as readonly Reply[]).filter((each) => typeof each === 'string') : [];
}

function parsed<T>(text: Reply, read: (value: unknown) => T | null): T | null {
  if (typeof text !== 'string') return null;
  try {
    return read(JSON.parse(text));
  } catch {
    return null;
  }
}
