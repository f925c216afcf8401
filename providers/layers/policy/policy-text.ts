// Policies as texts and objects: what is read of them, and what is wrong with them, to the line and column.
import { nearestNameAdvice } from '../../../spi/nearest-name.js';
import { readNetwork, type Network } from './addresses.js';
import { readHostPattern, type HostPattern } from './host-names.js';
import { JsonFault, lineAndColumn, parseJson, type JsonNode } from './json-text.js';
import { bitOf, DIRECTIONS, PROTOCOLS, type PolicyDirection, type PolicyProtocol, type Rule } from './rules.js';

/** One or several. */
export type OneOrMore<T> = T | readonly T[];

/** A rule of a policy. What it leaves out it does not look at; all that it says has to be so. */
export interface PolicyRule {
  /** What it allows: either this or `deny` is there. `any` is all four. */
  readonly allow?: OneOrMore<PolicyDirection | 'any'>;
  /** What it denies, whatever other rules allow. */
  readonly deny?: OneOrMore<PolicyDirection | 'any'>;
  /** `tcp`, `udp` or `raw`. */
  readonly protocol?: OneOrMore<PolicyProtocol>;
  /** The host's name that is connected or sent to: `api.example.com`, or `*.example.com` for all below it. */
  readonly name?: OneOrMore<string>;
  /**
   * An address or a network: `192.0.2.1`, `10.0.0.0/8`, `2001:db8::/32`. For `accept` it is the caller's, for `bind` one's own.
   */
  readonly address?: OneOrMore<string>;
  /** A port, or some: 443, `"8000-8099"`. For `accept` and `bind` one's own; a bind to 0 has the system choose. */
  readonly port?: OneOrMore<number | string>;
  /** For people. */
  readonly comment?: string;
}

/** The version of policies that is read and written. */
export const POLICY_VERSION = 1;
/** The most rules that a policy may have. */
export const MOST_RULES = 10_000;

/** What is wrong with a policy. */
export class PolicyFault extends Error {
  /** The line, from 1; 0 for a policy that is no text. */
  readonly line: number;
  /** The column, from 1. */
  readonly column: number;

  /** Says what is wrong, and where: `rules.json:3:7: rules[1].port …`. */
  constructor(source: string, text: string | null, at: number, what: string) {
    const { line, column } = text === null ? { line: 0, column: 0 } : lineAndColumn(text, at);
    super(text === null ? `${source}: ${what}` : `${source}:${line}:${column}: ${what}`);
    this.line = line;
    this.column = column;
  }
}

/**
 * Reads the text of a policy.
 *
 * @param source what to call it, such as its file
 * @throws PolicyFault
 */
export function readPolicyText(text: string, source: string): Rule[] {
  return faultsOf(source, text, () => {
    if (text.trim() === '')
      throw new JsonFault(0, 'it is empty: a policy that denies everything is { "version": 1, "rules": [] }');
    return readPolicy(parseJson(text), (at) => lineAndColumn(text, at).line);
  });
}

/**
 * Reads rules that are objects.
 *
 * @throws PolicyFault
 */
export function readRules(rules: readonly PolicyRule[], source: string): Rule[] {
  return faultsOf(source, null, () => {
    return readRuleList(nodeOf(rules, 'rules'), () => 0);
  });
}

function faultsOf<T>(source: string, text: string | null, read: () => T): T {
  try {
    return read();
  } catch (fault) {
    if (fault instanceof JsonFault) throw new PolicyFault(source, text, fault.at, fault.message);
    throw fault;
  }
}

/** The tree of a value that is there already; it has no places. */
function nodeOf(value: unknown, path: string): JsonNode {
  if (typeof value === 'string') return { kind: 'text', at: 0, value };
  if (typeof value === 'number') return { kind: 'number', at: 0, value };
  if (typeof value === 'boolean' || value === null) return { kind: 'word', at: 0, value };
  if (Array.isArray(value)) {
    return { kind: 'list', at: 0, items: value.map((each, place) => nodeOf(each, `${path}[${place}]`)) };
  }
  if (typeof value !== 'object') throw new JsonFault(0, `${path} is a ${typeof value}, which no policy has`);
  const members = Object.entries(value as Record<string, unknown>).map(([name, each]) => {
    // Not what a rule leaves out: it was to hold for something, and would hold for everything.
    if (each === undefined) throw new JsonFault(0, `${path}.${name} is undefined: leave it out, or name something`);
    return [name, { at: 0, value: nodeOf(each, `${path}.${name}`) }] as const;
  });
  return { kind: 'object', at: 0, members: new Map(members) };
}

type LineOf = (at: number) => number;

function readPolicy(node: JsonNode, lineOf: LineOf): Rule[] {
  if (node.kind !== 'object')
    throw new JsonFault(node.at, 'a policy is an object such as { "version": 1, "rules": [] }');
  const version = node.members.get('version')?.value;
  if (version === undefined) throw new JsonFault(node.at, 'there is no "version": write "version": 1');
  if (version.kind !== 'number' || !Number.isInteger(version.value) || version.value < 1) {
    throw new JsonFault(version.at, 'version must be 1');
  }
  // Said first: of what is new in it nothing is known.
  if (version.value > POLICY_VERSION) {
    throw new JsonFault(
      version.at,
      `it is of version ${version.value}, and this ws2spi knows version 1: use a newer one`,
    );
  }
  checkMembers(node, ['version', 'rules', 'comment'], 'a policy');
  const rules = node.members.get('rules')?.value;
  if (rules === undefined) throw new JsonFault(node.at, 'there are no "rules": write "rules": [] to deny everything');
  checkComment(node, 'comment');
  return readRuleList(rules, lineOf);
}

function readRuleList(node: JsonNode, lineOf: LineOf): Rule[] {
  if (node.kind !== 'list') throw new JsonFault(node.at, 'rules must be a list');
  if (node.items.length > MOST_RULES) throw new JsonFault(node.at, `rules are more than ${MOST_RULES}`);
  return node.items.map((each, place) => readRule(each, place, lineOf));
}

const MEMBERS = ['allow', 'deny', 'protocol', 'name', 'address', 'port', 'comment'];

function readRule(node: JsonNode, place: number, lineOf: LineOf): Rule {
  const path = `rules[${place}]`;
  if (node.kind !== 'object') throw new JsonFault(node.at, `${path} must be an object such as { "allow": "connect" }`);
  checkMembers(node, MEMBERS, path);
  checkComment(node, `${path}.comment`);
  const [allow, deny] = [node.members.get('allow'), node.members.get('deny')];
  if ((allow === undefined) === (deny === undefined)) {
    throw new JsonFault(node.at, `${path} must have either "allow" or "deny"`);
  }
  const kind = allow === undefined ? 'deny' : 'allow';
  const directions = readWords((allow ?? deny)!.value, `${path}.${kind}`, DIRECTIONS, 'any');
  const protocol = node.members.get('protocol')?.value;
  const name = node.members.get('name')?.value;
  if (name !== undefined) checkNamed((allow ?? deny)!.value, name, path);
  return {
    number: place + 1,
    line: lineOf(node.at),
    allows: kind === 'allow',
    directions,
    protocols: protocol === undefined ? ~0 : readWords(protocol, `${path}.protocol`, PROTOCOLS, null),
    names: name === undefined ? null : readEach(name, `${path}.name`, readName),
    networks: readOptional(node.members.get('address')?.value, `${path}.address`, readAddress),
    ports: readOptional(node.members.get('port')?.value, `${path}.port`, readPorts)?.flat() ?? null,
  };
}

function checkMembers(node: JsonNode & { kind: 'object' }, known: readonly string[], what: string): void {
  for (const [name, { at }] of node.members) {
    if (!known.includes(name)) throw new JsonFault(at, `${what} has no "${name}"${nearestNameAdvice(name, known)}`);
  }
}

function checkComment(node: JsonNode & { kind: 'object' }, path: string): void {
  const comment = node.members.get('comment')?.value;
  if (comment !== undefined && comment.kind !== 'text') throw new JsonFault(comment.at, `${path} must be a text`);
}

/** Callers and own addresses have no names: a rule that asks for one would never match. */
function checkNamed(directions: JsonNode, name: JsonNode, path: string): void {
  for (const each of directions.kind === 'list' ? directions.items : [directions]) {
    if (each.kind === 'text' && (each.value === 'accept' || each.value === 'bind')) {
      throw new JsonFault(name.at, `${path}.name says where to, and ${each.value} leads nowhere: write "address"`);
    }
  }
}

/** Reads one or several, each by `read`, which returns what is wrong as a text. */
function readEach<T>(node: JsonNode, path: string, read: (node: JsonNode) => { readonly value: T } | string): T[] {
  const isList = node.kind === 'list';
  const nodes = isList ? node.items : [node];
  if (nodes.length === 0) throw new JsonFault(node.at, `${path} is an empty list: leave it out, or name something`);
  return nodes.map((each, place) => {
    const result = read(each);
    if (typeof result !== 'string') return result.value;
    throw new JsonFault(each.at, `${isList ? `${path}[${place}]` : path} ${result}`);
  });
}

function readOptional<T>(
  node: JsonNode | undefined,
  path: string,
  read: (node: JsonNode) => { readonly value: T } | string,
): T[] | null {
  return node === undefined ? null : readEach(node, path, read);
}

/** Reads words of a list as bits; `all` is the word for all of them. */
function readWords(node: JsonNode, path: string, words: readonly string[], all: string | null): number {
  const known = all === null ? words : [...words, all];
  const bits = readEach(node, path, (each) => {
    if (each.kind === 'text' && each.value === all) return { value: ~0 };
    if (each.kind === 'text' && words.includes(each.value)) return { value: bitOf(words, each.value) };
    const given = each.kind === 'text' ? nearestNameAdvice(each.value, known) : '';
    return `must be one of ${known.join(', ')}${given.startsWith(': did') ? given : ''}`;
  });
  return bits.reduce((sum, bit) => sum | bit, 0);
}

function readName(node: JsonNode): { readonly value: HostPattern } | string {
  if (node.kind !== 'text') return 'must be a text';
  const read = readHostPattern(node.value);
  return typeof read === 'string' ? `${JSON.stringify(shortened(node.value))} ${read}` : { value: read.pattern };
}

function readAddress(node: JsonNode): { readonly value: Network } | string {
  if (node.kind !== 'text') return 'must be a text';
  const read = readNetwork(node.value);
  return typeof read === 'string' ? `${JSON.stringify(shortened(node.value))} ${read}` : { value: read };
}

function readPorts(node: JsonNode): { readonly value: readonly [number, number] } | string {
  const text = node.kind === 'number' || node.kind === 'text' ? String(node.value) : '';
  const [, first, last = first] = /^(0|[1-9]\d{0,4})(?:-([1-9]\d{0,4}))?$/.exec(text) ?? [];
  if (first === undefined) return 'must be a port from 0 to 65535, or ports such as "8000-8099"';
  const range = [Number(first), Number(last)] as const;
  if (range[1] > 65_535) return 'is beyond 65535';
  return range[0] > range[1] ? `ends before it begins` : { value: range };
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
