// What faults people ask for, and what is made of that.
import {
  WSAEACCES,
  WSAECONNABORTED,
  WSAECONNREFUSED,
  WSAECONNRESET,
  WSAEHOSTDOWN,
  WSAEHOSTUNREACH,
  WSAENETDOWN,
  WSAENETUNREACH,
  WSAETIMEDOUT,
} from '../../../spi/index.js';
import {
  checkOptions,
  FLAG,
  isObject,
  numberThat,
  oneOf,
  SEED,
  textThat,
  type OptionRule,
} from '../../../spi/option-check.js';

/** What may go wrong. */
export type FaultKind =
  'refuse' | 'reset' | 'stall' | 'slice' | 'corrupt' | 'truncate' | 'drop' | 'duplicate' | 'delay';

/** What is sent (`up`), or what is received (`down`). */
export type FaultDirection = 'up' | 'down';

/** The errors by which a connect may be refused. */
export type RefusalName = keyof typeof REFUSALS;

const REFUSALS = {
  WSAECONNREFUSED,
  WSAETIMEDOUT,
  WSAEHOSTUNREACH,
  WSAENETUNREACH,
  WSAEHOSTDOWN,
  WSAENETDOWN,
  WSAECONNRESET,
  WSAECONNABORTED,
  WSAEACCES,
} as const;

/** One fault: what goes wrong, of which connections, and where. */
export interface FaultRule {
  readonly fault: FaultKind;
  /** The probability, from 0 to 1, that a connection, or each datagram, meets it; 1 if absent. */
  readonly rate?: number;
  /** Which connection alone, counted from 1, those that connect and those that are accepted each for themselves; or which datagram socket. */
  readonly connection?: number;
  /** Each so manyth connection alone. */
  readonly every?: number;
  /** The side of the connection: `client` for those that connect, `server` for those that are accepted; both if absent. */
  readonly role?: 'client' | 'server';
  /** What is sent or what is received; chance decides if absent, and `slice` and datagrams meet it in both. */
  readonly direction?: FaultDirection;
  /** When so many bytes have gone in that direction; chance takes one of the first `within` if absent, `slice` the first. */
  readonly byte?: number;
  /** Milliseconds after the connection was made, in place of `byte`; of `refuse` those that the connect takes. */
  readonly after?: number;
  /** Which datagram alone of a socket in that direction, counted from 1. */
  readonly datagram?: number;
  /** Milliseconds for which it lasts: of `delay` as in the options, of `stall` for good if absent. */
  readonly for?: number;
  /** The most bytes of a slice; as in the options if absent. */
  readonly size?: number;
  /** The error of `refuse`; as in the options if absent. */
  readonly error?: RefusalName;
}

/** Faults: those of each kind by their rates, and others by rules. */
export interface FaultSettings {
  /** The probability, from 0 to 1, that a connect is refused, or a caller that is accepted reset. */
  readonly refuse?: number;
  /** The probability that a connection is reset. */
  readonly reset?: number;
  /** The probability that a direction of a connection stands still from some byte on; of datagrams, that it does from this one on. */
  readonly stall?: number;
  /** The probability that a connection goes in small pieces. */
  readonly slice?: number;
  /** The probability that a bit of a connection, or of each datagram, is another one. */
  readonly corrupt?: number;
  /** The probability that a direction of a connection ends early, or that a datagram is cut. */
  readonly truncate?: number;
  /** The probability that a datagram is lost. */
  readonly drop?: number;
  /** The probability that a datagram arrives twice. */
  readonly duplicate?: number;
  /** The probability that a direction of a connection, or a datagram, is late. */
  readonly delay?: number;
  /** Milliseconds that a delay lasts, from 0 to 2³¹; 100 if absent. */
  readonly hold?: number;
  /** The most bytes of a slice, 1 or more; 16 if absent. */
  readonly size?: number;
  /** Bytes of a connection within which chance takes the place, 1 or more; 65,536 if absent. */
  readonly within?: number;
  /** The error of connects that are refused; `WSAECONNREFUSED` if absent. */
  readonly error?: RefusalName;
  /** The side of connections; both if absent. */
  readonly role?: 'client' | 'server';
  /** What is sent (`up`), or what is received (`down`); both if absent. */
  readonly direction?: FaultDirection;
  /** Faults at exact places. */
  readonly rules?: readonly FaultRule[];
}

/** A rule with all defaults filled in. */
export interface PlannedRule extends FaultRule {
  readonly rate: number;
  readonly hold: number;
  readonly size: number;
  readonly within: number;
  readonly code: number;
}

const PROBABILITY = numberThat((value) => value >= 0 && value <= 1, 'a probability from 0 to 1, such as 0.01 for 1 %');
const TIME = numberThat((value) => value >= 0 && value <= 2 ** 31, 'milliseconds from 0 to 2147483648');
const COUNT = numberThat((value) => Number.isSafeInteger(value) && value >= 1, 'a whole number, 1 or more');
const PLACE = numberThat((value) => Number.isSafeInteger(value) && value >= 0, 'a whole number of bytes, 0 or more');
const REFUSAL = oneOf(...Object.keys(REFUSALS));

/** The kinds, in the order in which what goes wrong at one place does. */
export const FAULT_KINDS: readonly FaultKind[] = [
  'refuse',
  'delay',
  'slice',
  'corrupt',
  'duplicate',
  'drop',
  'stall',
  'truncate',
  'reset',
];

const RULE_RULES: Readonly<Record<keyof FaultRule, OptionRule>> = {
  fault: oneOf(...FAULT_KINDS),
  rate: PROBABILITY,
  connection: COUNT,
  every: COUNT,
  role: oneOf('client', 'server'),
  direction: oneOf('up', 'down'),
  byte: PLACE,
  after: TIME,
  datagram: COUNT,
  for: TIME,
  size: COUNT,
  error: REFUSAL,
};

/** The places that a fault never comes to: connections have no datagrams, nor a place before they are there. */
const MEANINGLESS: Readonly<Partial<Record<FaultKind, readonly (keyof FaultRule)[]>>> = {
  refuse: ['byte', 'datagram'],
  reset: ['datagram'],
  slice: ['datagram'],
  drop: ['byte'],
  duplicate: ['byte'],
};

const RATES = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, PROBABILITY])) as Record<FaultKind, OptionRule>;

/** The options of `faults.set`. */
export const SETTING_RULES: Readonly<Record<keyof FaultSettings, OptionRule>> = {
  ...RATES,
  hold: TIME,
  size: COUNT,
  within: COUNT,
  error: REFUSAL,
  role: RULE_RULES.role,
  direction: RULE_RULES.direction,
  rules: { fits: Array.isArray, expected: "a list of rules such as { fault: 'reset', byte: 100 }" },
};

/** The options of the layer. */
export const OPTION_RULES: Readonly<Record<string, OptionRule>> = {
  ...SETTING_RULES,
  seed: SEED,
  standby: FLAG,
  onFault: { fits: (value) => typeof value === 'function', expected: 'a function' },
  name: textThat((value) => value !== '' && value.length <= 128, 'a name of 1 to 128 characters'),
};

/**
 * Makes rules of what was asked for.
 *
 * @param caller whose options they are, for messages
 * @throws TypeError for a rule that cannot be so; it names rule and member
 */
export function rulesOf(caller: string, settings: FaultSettings): PlannedRule[] {
  const { hold = 100, size = 16, within = 65_536, error = 'WSAECONNREFUSED', role, direction } = settings;
  const rules: FaultRule[] = [];
  for (const fault of FAULT_KINDS) {
    const rate = settings[fault] ?? 0;
    if (rate > 0) rules.push({ fault, rate, ...(role && { role }), ...(direction && { direction }) });
  }
  (settings.rules ?? []).forEach((rule, at) => {
    const where = `${caller}: rule ${at + 1}`;
    if (!isObject(rule)) throw new TypeError(`${where} is an object such as { fault: 'reset', byte: 100 }`);
    checkOptions(where, rule, RULE_RULES);
    if (rule.fault === undefined) throw new TypeError(`${where}: \`fault\` must be ${RULE_RULES.fault.expected}`);
    if (rule.byte !== undefined && rule.after !== undefined) {
      throw new TypeError(`${where} has a \`byte\` and an \`after\`: a fault comes at the one or the other`);
    }
    const idle = MEANINGLESS[rule.fault]?.find((member) => rule[member] !== undefined);
    if (idle !== undefined) throw new TypeError(`${where}: \`${idle}\` says nothing of "${rule.fault}": leave it out`);
    rules.push({ ...rule });
  });
  return rules.map((rule) => ({
    ...rule,
    rate: rule.rate ?? 1,
    hold: rule.for ?? (rule.fault === 'stall' ? Infinity : hold),
    size: rule.size ?? size,
    within,
    code: REFUSALS[rule.error ?? error],
  }));
}
