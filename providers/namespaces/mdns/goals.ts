// What a question is after.
import type { NameSpaceQuestion } from '../../../name-space/index.js';
import {
  AF_INET,
  AF_INET6,
  LUP_RETURN_ADDR,
  LUP_RETURN_BLOB,
  LUP_RETURN_COMMENT,
  parseIPv4,
  parseIPv6,
} from '../../../spi/index.js';
import { instanceName, readHostName, readServiceName, type ServiceName } from './names.js';
import type { ServiceTypes } from './service-types.js';

/** What is looked for. */
export type Goal =
  /** A host's addresses, of the families in `types`. */
  | { readonly kind: 'host'; readonly name: string; readonly types: readonly number[] }
  /** The host that an address is of. */
  | { readonly kind: 'address'; readonly bytes: Uint8Array }
  /** One instance of a service. */
  | { readonly kind: 'service'; readonly service: ServiceName; readonly types: readonly number[] }
  /** All instances of a type, by name alone or with all that there is to know of them. */
  | {
      readonly kind: 'instances';
      readonly service: ServiceName;
      readonly types: readonly number[];
      readonly isByName: boolean;
    }
  /** The types that there are. */
  | { readonly kind: 'types' }
  /** The records of a name. */
  | { readonly kind: 'records'; readonly name: string; readonly type: number };

const TYPE_OF_FAMILY = [
  [AF_INET, 1],
  [AF_INET6, 28],
] as const;

/**
 * Says what a question is after.
 *
 * @returns `null` when it is none for multicast DNS
 */
export function goalOf(question: NameSpaceQuestion, serviceTypes: ServiceTypes): Goal | null {
  const { kind, name, families } = question;
  const types = TYPE_OF_FAMILY.filter(([family]) => families.length === 0 || families.includes(family)).map(
    ([, type]) => type,
  );
  switch (kind) {
    case 'own host':
      return null;
    case 'address': {
      const bytes = parseIPv4(name) ?? parseIPv6(name.split('%')[0]!);
      return bytes === null ? null : { kind: 'address', bytes };
    }
    case 'record': {
      const host = readServiceName(name) === null ? readHostName(name) : fullName(name);
      return host === null ? null : { kind: 'records', name: host, type: question.recordType };
    }
    case 'containers':
      // Types hold nothing that can be looked into.
      return name === '' && question.context === '' && question.queryString === '' ? { kind: 'types' } : null;
    case 'service':
      // Ports and protocols by name are the files' business, unless it is an instance that is named.
      return name.startsWith('_') || !name.includes('._') ? null : serviceGoal(question, serviceTypes, types);
    default:
      return serviceGoal(question, serviceTypes, types) ?? hostGoal(question, types);
  }
}

function fullName(text: string): string | null {
  const service = readServiceName(text);
  if (service === null) return null;
  return service.instance === '' ? service.browsed : nameOfInstance(service);
}

/** The name of an instance that was read. */
function nameOfInstance({ instance, type }: ServiceName): string {
  return instanceName(instance, type);
}

function hostGoal({ kind, name }: NameSpaceQuestion, types: readonly number[]): Goal | null {
  if (kind === 'class') return null;
  const host = readHostName(name);
  return host === null || types.length === 0 ? null : { kind: 'host', name: host, types };
}

function serviceGoal(question: NameSpaceQuestion, serviceTypes: ServiceTypes, types: readonly number[]): Goal | null {
  const service = serviceOf(question, serviceTypes);
  if (service === null) return null;
  if (service.instance !== '') return { kind: 'service', service, types };
  const details = LUP_RETURN_ADDR | LUP_RETURN_BLOB | LUP_RETURN_COMMENT;
  return { kind: 'instances', service, types, isByName: (question.flags & details) === 0 };
}

/**
 * The service that is meant: the name says all of it, or an instance whose type the query string, the context or the service
 * class says.
 */
export function serviceOf(
  {
    name,
    queryString,
    context,
    serviceClass,
  }: {
    readonly name: string;
    readonly queryString: string | null;
    readonly context: string | null;
    readonly serviceClass: string | null;
  },
  serviceTypes: ServiceTypes,
): ServiceName | null {
  const whole = readServiceName(name);
  if (whole !== null) return whole;
  for (const text of [queryString, context, serviceTypes.typeOf(serviceClass)]) {
    const type = text === null || text === '' ? null : readServiceName(text);
    if (type === null) continue;
    if (type.instance !== '') continue;
    if (name === '' || name === '*') return type;
    // A host is no instance, though what it serves was said.
    return readHostName(name) === null ? readServiceName(`${name}.${type.type}`) : null;
  }
  return null;
}
