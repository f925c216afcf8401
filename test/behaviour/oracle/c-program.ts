// Writes the scenarios down as a program in C: `support.c`, one function per scenario, and a main that runs one of
// them.
import { FUNCTIONS, type Kind, type Kinds, type Result, type Signature } from './functions.js';
import type { Scenario, Step } from './scenario.js';
import { BAD, Bytes, Name, NameOf, Variable, type Buffer, type Input, type Integer } from './values.js';

const CONSTANTS: Record<string, string> = { SHORT: 'SHORT_WAIT', LONG: 'LONG_WAIT' };

/** Statements to go before a call, and the call's arguments. */
interface Context {
  readonly number: number;
  readonly before: string[];
  readonly after: string[];
}

const quoted = (text: string): string =>
  `"${Array.from(text, (letter) => letter.charCodeAt(0))
    .map((byte) => `\\${byte.toString(8).padStart(3, '0')}`)
    .join('')}"`;

function integer(value: Integer | null): string {
  if (value === null) return '0';
  if (value instanceof Variable) return value.name;
  if (typeof value === 'number') return value < 0 ? `(${value})` : `${value}${value > 0x7fffffff ? 'u' : ''}`;
  return `(${value
    .split(/([|+])/)
    .map((part) => CONSTANTS[part] ?? part)
    .join('')})`;
}

function input(value: Input): string {
  if (value === null) return 'NULL';
  if (value === BAD) return 'BAD';
  if (typeof value === 'string') return `(void *)${quoted(value)}`;
  if (value instanceof Bytes) return `(void *)"${value.hex.replaceAll(/../g, (pair) => `\\x${pair}`)}"`;
  if (value instanceof NameOf) return `name_of((SOCKET)${value.socket.name})`;
  if (value instanceof Name) {
    const port = value.port instanceof Variable ? `port_of((SOCKET)${value.port.name})` : String(value.port);
    return `ip(${JSON.stringify(value.address)}, ${port}, ${value.family ?? 2})`;
  }
  return value.type === 'room' ? `(void *)${value.name}` : `(void *)&${value.name}`;
}

const shown = (room: Variable): string => `out_room("${room.label}", ${room.name}, ${room.size});`;

// WSABUFs outlive their step, in a static array.
function buffers(value: readonly Buffer[] | null, context: Context, name: string): string {
  if (value === null) return 'NULL';
  const array = `${name}_${context.number}`;
  context.before.push(`static WSABUF ${array}[${Math.max(value.length, 1)}];`);
  value.forEach((element, index) => {
    const { len, buf } =
      typeof element === 'string'
        ? { len: element.length, buf: element }
        : element instanceof Variable
          ? { len: element.size, buf: element }
          : element;
    context.before.push(`${array}[${index}].len = ${len}; ${array}[${index}].buf = ${input(buf)};`);
    if (buf instanceof Variable) context.after.push(shown(buf));
  });
  return array;
}

type Argument<K extends Kind> = (value: Kinds[K], context: Context, parameter: string) => string;

const ARGUMENTS: { readonly [K in Kind]: Argument<K> } = {
  int: integer,
  socket: (value) => `(SOCKET)${integer(value)}`,
  handle: (value) => `(void *)(ULONG_PTR)${integer(value)}`,
  in: input,
  room(value, context) {
    if (value instanceof Variable) context.after.push(shown(value));
    return input(value);
  },
  ref(value, context) {
    if (value === null) return 'NULL';
    if (value === BAD) return 'BAD';
    const variable = value as Variable;
    context.after.push(`out_ref("${variable.label}", ${variable.name});`);
    return `(void *)&${variable.name}`;
  },
  set(value, context, parameter) {
    if (value === null) return 'NULL';
    const name = `${parameter}_${context.number}`;
    context.before.push(`static fd_set ${name};`);
    context.after.push(`out_set("${parameter}", &${name});`);
    const sockets = value.map((s) => `(SOCKET)${integer(s)}`).join(', ');
    return `fill_set(&${name}, ${value.length}, (SOCKET[]){${sockets === '' ? '0' : sockets}})`;
  },
  timeval: (value) => (value === null ? 'NULL' : `milliseconds(${integer(value)})`),
  buffers,
  overlapped: (value) => (value === null ? 'NULL' : `(void *)&${value.name}`),
  routine: (value) => value ?? 'NULL',
  condition: (value) => (value === null ? 'NULL' : `condition(${value})`),
  events: (value) =>
    value === null ? 'NULL' : `(HANDLE[]){${value.map((event) => `(HANDLE)(ULONG_PTR)${integer(event)}`).join(', ')}}`,
  polls(value, context, parameter) {
    if (value === null) return 'NULL';
    const name = `${parameter}_${context.number}`;
    const elements = value.map(({ fd, events }) => `{(SOCKET)${integer(fd)}, ${integer(events)}, 0}`);
    context.before.push(`WSAPOLLFD ${name}[] = {${elements.join(', ')}};`);
    context.after.push(`out_polls("${parameter}", ${name}, ${value.length});`);
    return name;
  },
  text: (value) => (value === null ? 'NULL' : quoted(value)),
  outtext(value, context, parameter) {
    if (value === null) return 'NULL';
    const name = `${parameter}_${context.number}`;
    context.before.push(`static char ${name}[512]; memset(${name}, 0xEE, sizeof ${name});`);
    context.after.push(`out_text("${parameter}", ${name});`);
    return name;
  },
  information: (value) =>
    value === null
      ? 'NULL'
      : `info_of((SOCKET)${value.of.name}, ${[value.family, value.type, value.protocol].map((n) => n ?? 'KEEP').join(', ')})`,
  message(value, context, parameter) {
    if (value === null) return 'NULL';
    const name = `${parameter}_${context.number}`;
    const array = buffers(value.buffers, context, 'buffers');
    context.before.push(
      `static WSAMSG ${name}; ${name}.name = ${input(value.name ?? null)}; ${name}.namelen = ${value.namelen ?? 0};`,
      `${name}.lpBuffers = ${array}; ${name}.dwBufferCount = ${value.buffers.length}; ${name}.dwFlags = ${integer(value.flags ?? 0)};`,
      `${name}.Control.len = ${value.controlLength ?? value.control?.size ?? 0}; ${name}.Control.buf = ${input(value.control ?? null)};`,
    );
    if (value.name instanceof Variable) context.after.push(shown(value.name));
    if (value.control) context.after.push(shown(value.control));
    context.after.push(
      `out_ref("namelen", ${name}.namelen); out_ref("Control.len", ${name}.Control.len); out_ref("dwFlags", ${name}.dwFlags);`,
    );
    return `&${name}`;
  },
  headAndTail(value, context, parameter) {
    if (value === null) return 'NULL';
    const name = `${parameter}_${context.number}`;
    const half = (text: string | null): string => `${input(text)}, ${text?.length ?? 0}`;
    context.before.push(`static TRANSMIT_FILE_BUFFERS ${name} = {${half(value.head)}, ${half(value.tail)}};`);
    return `&${name}`;
  },
};

/** How a result is kept: its C type, and what ends the step. */
const RESULTS: Record<Result, { readonly type: string; readonly end: string }> = {
  status: { type: 'int', end: 'end_number' },
  int: { type: 'int', end: 'end_number' },
  bool: { type: 'int', end: 'end_number' },
  wait: { type: 'unsigned', end: 'end_number' },
  address: { type: 'unsigned', end: 'end_number' },
  text: { type: 'const char *', end: 'end_text' },
  words: { type: 'const char *', end: 'end_text' },
  socket: { type: 'int', end: 'end_number' },
  event: { type: 'ULONG_PTR', end: 'end_number' },
  window: { type: 'ULONG_PTR', end: 'end_number' },
  port: { type: 'ULONG_PTR', end: 'end_number' },
  task: { type: 'ULONG_PTR', end: 'end_number' },
  file: { type: 'ULONG_PTR', end: 'end_number' },
  none: { type: '', end: 'end_number' },
};

function statement(step: Step, number: number): string {
  const signature: Signature = FUNCTIONS[step.function];
  const context: Context = { number, before: [], after: [] };
  const given = step.arguments.map((value, index) => {
    const [parameter, kind] = signature.parameters[index]!.split(' ') as [string, Kind];
    const argument = ARGUMENTS[kind] as Argument<Kind>;
    const text = argument(value as never, context, parameter);
    return signature.own && kind === 'handle' ? `(ULONG_PTR)${text}` : text;
  });
  if (signature.refs === 'overlapped') {
    // The last of them is an overlapped structure, by its number.
    const last = context.after.length - 1;
    context.after[last] = context.after[last]!.replace('out_ref', 'out_overlapped');
  }
  const call = `${signature.own ? 'own_' : ''}${step.function}(${given.join(', ')})`;
  const { type, end } = RESULTS[signature.result];
  const kept =
    type === ''
      ? `${call}; int result = 0;`
      : `${type} result = (${type})${signature.result === 'text' || signature.result === 'words' ? '' : '(ULONG_PTR)'}${call};`;
  return [
    '  {',
    ...context.before.map((line) => `    ${line}`),
    `    begin(${number});`,
    `    ${kept}`,
    '    int error = after();',
    ...(step.result === null ? [] : [`    ${step.result.name} = (ULONG_PTR)(LONG_PTR)result;`]),
    ...context.after.map((line) => `    ${line}`),
    `    ${end}(result, error);`,
    '  }',
  ].join('\n');
}

function declaration(variable: Variable): string {
  const { name, type, size, fill } = variable;
  if (type === 'handle') return `  static ULONG_PTR ${name};`;
  if (type === 'number') return `  static int ${name};`;
  if (type === 'room')
    return `  static unsigned char ${name}[${Math.max(size, 1)}]; memset(${name}, ${fill}, sizeof ${name});`;
  return `  static OV ${name} = {.id = ${name.slice(2)}};`;
}

// First values may be other variables', so they are set when the first step that uses them comes.
function initialise(scenario: Scenario, variable: Variable): string {
  const initial = scenario.initial.get(variable) ?? 0;
  return variable.type === 'number'
    ? `  ${variable.name} = ${integer(initial)};`
    : `  ${variable.name}.o.hEvent = (HANDLE)(ULONG_PTR)${integer(initial)};`;
}

function uses(value: unknown, variable: Variable): boolean {
  if (value === variable) return true;
  return typeof value === 'object' && value !== null && Object.values(value).some((part) => uses(part, variable));
}

function scenarioFunction(scenario: Scenario, index: number): string {
  const waiting = new Set(scenario.variables.filter(({ type }) => type === 'number' || type === 'overlapped'));
  const lines = scenario.variables.map(declaration);
  scenario.steps.forEach((step, number) => {
    for (const variable of waiting) {
      if (!uses(step.arguments, variable)) continue;
      waiting.delete(variable);
      lines.push(initialise(scenario, variable));
    }
    lines.push(statement(step, number));
  });
  return [
    `/* ${scenario.group}: ${scenario.title.replaceAll('*/', '* /')} */`,
    `static void scenario_${index}(void) {`,
    ...(scenario.started ? ['  WSADATA data;', '  WSAStartup(0x0202, &data);'] : []),
    ...lines,
    '}',
  ].join('\n');
}

/**
 * Writes a program that carries out one scenario, whose index is its argument.
 *
 * @param support the text of `support.c`
 */
export function programOf(scenarios: readonly Scenario[], support: string): string {
  return [
    support,
    ...scenarios.map(scenarioFunction),
    `static void (*const SCENARIOS[])(void) = {${scenarios.map((_, index) => `scenario_${index}`).join(', ')}};`,
    'int main(int count, char **arguments) {',
    '  _setmode(1, _O_BINARY);',
    '  SCENARIOS[atoi(arguments[1])]();',
    '  puts("end");',
    '  fflush(stdout);',
    '  ExitProcess(0);',
    '}',
    '',
  ].join('\n\n');
}
