// A program that the kernel runs for each datagram: it lets those pass that are sent to groups of the socket's own.

/** What the program has to know of a group that a socket is in. */
export interface FilteredGroup {
  /** The IPv4 address, as a number. */
  readonly group: number;
  /** The interface's index; 0 for any. */
  readonly interfaceIndex: number;
  /** Whether the sources are those wanted, not those blocked. */
  readonly including: boolean;
  /** IPv4 addresses, as numbers. */
  readonly sources: readonly number[];
}

/** The most instructions that a program may have. */
export const MOST_INSTRUCTIONS = 4096;
/** Bytes of a `struct sock_filter`: the instruction, two relative jumps, a number. */
export const INSTRUCTION_SIZE = 8;

/** An instruction: what it does, how many to skip when a comparison holds and when it does not, and its number. */
export type Instruction = readonly [code: number, whenEqual: number, otherwise: number, value: number];

const LOAD_WORD = 0x20;
const LOAD_BYTE = 0x30;
const AND = 0x54;
const JUMP = 0x05;
const JUMP_EQUAL = 0x15;
const RETURN = 0x06;

// Where a program finds the network's header, and the index of the interface that a packet came by.
const NETWORK_HEADER = -0x100000;
const SOURCE = NETWORK_HEADER + 12;
const DESTINATION = NETWORK_HEADER + 16;
const INTERFACE = -0x1000 + 8;

const PASS: Instruction = [RETURN, 0, 0, 0xffff_ffff];
const DROP: Instruction = [RETURN, 0, 0, 0];
/** A conditional jump skips at most 255. */
const MOST_COMPARISONS = 250;

/**
 * Makes the program. Everything passes that is not IPv4, or not sent to a group.
 *
 * @param groups what the socket is in
 * @returns the instructions, in order
 */
export function groupFilter(groups: readonly FilteredGroup[]): Instruction[] {
  const program: Instruction[] = [
    [LOAD_BYTE, 0, 0, NETWORK_HEADER],
    [AND, 0, 0, 0xf0],
    [JUMP_EQUAL, 1, 0, 0x40],
    PASS,
    [LOAD_WORD, 0, 0, DESTINATION],
    [AND, 0, 0, 0xf000_0000],
    [JUMP_EQUAL, 1, 0, 0xe000_0000],
    PASS,
  ];
  const plain = new Map<number, number[]>();
  for (const { group, interfaceIndex, including, sources } of groups) {
    if (sources.length === 0 && !including) {
      plain.set(interfaceIndex, [...(plain.get(interfaceIndex) ?? []), group]);
      continue;
    }
    const [found, notFound] = including ? [PASS, DROP] : [DROP, PASS];
    const body = when(DESTINATION, group, [...whenAny(SOURCE, sources, found), notFound]);
    program.push(...whenInterface(interfaceIndex, body));
  }
  for (const [index, addresses] of plain) program.push(...whenInterface(index, whenAny(DESTINATION, addresses, PASS)));
  program.push(DROP);
  return program;
}

function whenInterface(index: number, body: readonly Instruction[]): readonly Instruction[] {
  return index === 0 ? body : when(INTERFACE, index, body);
}

/** Does what the body says when a word of the packet has a value, and goes on behind it otherwise. */
function when(at: number, value: number, body: readonly Instruction[]): Instruction[] {
  return [[LOAD_WORD, 0, 0, at], [JUMP_EQUAL, 1, 0, value], [JUMP, 0, 0, body.length], ...body];
}

/** Ends with a verdict when a word of the packet has one of the values. */
function whenAny(at: number, values: readonly number[], verdict: Instruction): Instruction[] {
  const instructions: Instruction[] = [[LOAD_WORD, 0, 0, at]];
  for (let first = 0; first < values.length; first += MOST_COMPARISONS) {
    const some = values.slice(first, first + MOST_COMPARISONS);
    some.forEach((value, index) => instructions.push([JUMP_EQUAL, some.length - index, 0, value]));
    instructions.push([JUMP, 0, 0, 1], verdict);
  }
  return instructions;
}
