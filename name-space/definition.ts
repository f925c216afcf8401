import { kindOf } from '../spi/answers.js';
import type { GUID, LPNSPSTARTUP, WSASERVICECLASSINFOW } from '../spi/index.js';
import { nearestNameAdvice } from '../spi/nearest-name.js';
import type { NameSpaceAnswer } from './look-up.js';
import type { NameSpaceQuestion } from './question.js';
import type { NameSpaceRegistration, RegistrationAnswer } from './registration.js';
import type { ClassAnswer } from './service-classes.js';
import type { NameSpaceSession } from './session.js';
import type { ChangeNotice } from './watch.js';

/** What a name space does. None of it may wait: each answers at once or later. */
export interface NameSpaceHooks {
  /** Looks something up. A function that it returns is called when nobody wants the answer any more. */
  lookup(question: NameSpaceQuestion, answer: NameSpaceAnswer, session: NameSpaceSession): unknown;
  /**
   * Registers a service (RNRSERVICE_REGISTER); one that is there with the same name and class is replaced, unless
   * `registration.isOneOfSeveral`.
   */
  register?(registration: NameSpaceRegistration, answer: RegistrationAnswer, session: NameSpaceSession): unknown;
  /** Takes a service's addresses back (RNRSERVICE_DEREGISTER); its name may be remembered. */
  deregister?(registration: NameSpaceRegistration, answer: RegistrationAnswer, session: NameSpaceSession): unknown;
  /** Forgets a service (RNRSERVICE_DELETE); without this, `deregister` does it. */
  delete?(registration: NameSpaceRegistration, answer: RegistrationAnswer, session: NameSpaceSession): unknown;
  /** Keeps a service class (WSAInstallServiceClass): `answer.done()`, or WSAEALREADY. */
  installClass?(classInfo: WSASERVICECLASSINFOW, answer: ClassAnswer, session: NameSpaceSession): unknown;
  /** Forgets a service class (WSARemoveServiceClass): `answer.done()`, or WSATYPE_NOT_FOUND. */
  removeClass?(serviceClass: GUID, answer: ClassAnswer, session: NameSpaceSession): unknown;
  /** Says what a service class is (WSAGetServiceClassInfo): `answer.done(classInfo)`, or WSATYPE_NOT_FOUND. */
  getClass?(serviceClass: GUID, answer: ClassAnswer, session: NameSpaceSession): unknown;
  /**
   * Tells of changes of an answer, for SIO_NSP_NOTIFY_CHANGE, from now until the function that it returns is called.
   */
  watch?(question: NameSpaceQuestion, changed: ChangeNotice, session: NameSpaceSession): () => void;
  /** The instance does not use the name space any more: the last that is called. Sockets may send one more thing. */
  end?(session: NameSpaceSession): unknown;
}

/** What a name space is. */
export interface NameSpaceDefinition extends Partial<NameSpaceHooks> {
  /** The name space's name, as reports show it; at most 128 characters. */
  readonly name: string;
  /** Which name space it serves, `NS_*`: queries that name another one are not for it. */
  readonly nameSpace: number;
  /** Its version, shown with its name. */
  readonly version?: string;
  /**
   * Begins a use by an instance, and may return hooks that have what this use needs, in place of those beside it. Called
   * at the first query.
   */
  readonly start?: (session: NameSpaceSession) => Partial<NameSpaceHooks> | void;
  /**
   * Milliseconds of the instance's clock after which an answer that does not go on is given up: WSATRY_AGAIN for a
   * look-up, WSAETIMEDOUT for anything else. 30,000 if absent; `Infinity` for no limit.
   */
  readonly timeout?: number;
  /** Whether it has containers; without, whoever asks for them (LUP_CONTAINERS) is told that there are none. */
  readonly containers?: boolean;
  /**
   * Whether `lookup` is called by WSALookupServiceBegin already, which then fails as soon as it does: for what is answered
   * from memory or a file. Without, it is called when the first result is fetched, and not at all if another name space
   * knew the answer.
   */
  readonly looksUpAtBegin?: boolean;
}

/** A name space, ready to be installed. */
export interface NameSpace {
  readonly name: string;
  readonly version: string;
  readonly nameSpace: number;
  /** The name space as a provider: what its module exports. */
  readonly NSPStartup: LPNSPSTARTUP;
}

const HOOKS = [
  'lookup',
  'register',
  'deregister',
  'delete',
  'installClass',
  'removeClass',
  'getClass',
  'watch',
  'end',
] as const satisfies readonly (keyof NameSpaceHooks)[];
const PROPERTIES: readonly string[] = [
  'name',
  'nameSpace',
  'version',
  'start',
  'timeout',
  'containers',
  'looksUpAtBegin',
  ...HOOKS,
];

/**
 * Sees that a definition is one.
 *
 * @throws TypeError that says what to write instead
 */
export function checkDefinition(definition: NameSpaceDefinition): void {
  if (typeof definition !== 'object' || definition === null) {
    throw new TypeError(
      `defineNameSpace: a name space is defined by an object with a name and hooks, not by ${kindOf(definition)}`,
    );
  }
  const { name, nameSpace, version, start, timeout, containers, looksUpAtBegin } = definition;
  if (typeof name !== 'string' || name === '' || name.length > 128) {
    throw new TypeError('defineNameSpace: a name space needs a name of 1 to 128 characters');
  }
  const refuse = (what: string): never => {
    throw new TypeError(`defineNameSpace: name space "${name}" ${what}`);
  };
  for (const property of Object.keys(definition)) {
    if (!PROPERTIES.includes(property)) {
      refuse(`has a "${property}", which is not a hook${nearestNameAdvice(property, PROPERTIES)}`);
    }
  }
  if (typeof nameSpace !== 'number' || nameSpace >>> 0 !== nameSpace || nameSpace === 0) {
    refuse('has a `nameSpace` that is none: it is a number such as NS_DNS, and not NS_ALL');
  }
  if (version !== undefined && typeof version !== 'string') refuse('has a version that is not a string');
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout > 0)) {
    refuse('has a `timeout` that is not a number of milliseconds above 0');
  }
  for (const [key, flag] of Object.entries({ containers, looksUpAtBegin })) {
    if (flag !== undefined && typeof flag !== 'boolean') refuse(`has a \`${key}\` that is not true or false`);
  }
  if (start !== undefined && typeof start !== 'function') refuse('has a "start" that is not a function');
  checkHooks(definition, (what) => refuse(what));
  if (start === undefined && definition.lookup === undefined) refuse('has no `lookup(question, answer)`');
}

/** The hooks of one use: those that `start` returned, and of the definition what it did not. */
export function hooksOf(definition: NameSpaceDefinition, started: unknown): NameSpaceHooks | string {
  const hooks: Record<string, unknown> = {};
  for (const hook of HOOKS) {
    // Bound, so that a definition may be a class's instance.
    if (definition[hook] !== undefined) hooks[hook] = (definition[hook] as () => void).bind(definition);
  }
  if (started !== undefined && started !== null) {
    if (typeof started !== 'object')
      return `returned ${kindOf(started)} from start: it is an object of hooks, or nothing`;
    const names = Object.keys(started);
    const unknown = names.find((name) => !(HOOKS as readonly string[]).includes(name));
    if (unknown !== undefined) {
      return `returned a "${unknown}" from start, which is not a hook${nearestNameAdvice(unknown, HOOKS)}`;
    }
    let fault: string | null = null;
    checkHooks(started, (what) => (fault = what));
    if (fault !== null) return fault;
    for (const hook of HOOKS) {
      const own = (started as Partial<NameSpaceHooks>)[hook];
      if (own !== undefined) hooks[hook] = (own as () => void).bind(started);
    }
  }
  if (hooks['lookup'] === undefined) return 'has no `lookup(question, answer)`, and `start` returned none';
  return hooks as unknown as NameSpaceHooks;
}

function checkHooks(hooks: Partial<NameSpaceHooks>, refuse: (what: string) => void): void {
  for (const hook of HOOKS) {
    const value: unknown = hooks[hook];
    if (value !== undefined && typeof value !== 'function') refuse(`has a "${hook}" that is not a function`);
  }
}
