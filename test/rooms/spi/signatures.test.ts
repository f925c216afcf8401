import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { createWs2_32, NSP_ROUTINE_NAMES, WSPPROC_NAMES, WSPUPCALL_NAMES } from 'ws2spi';
import {
  API_SIGNATURES,
  failureOf,
  NSP_SIGNATURES,
  NSPV2_SIGNATURES,
  positionOf,
  signatureOf,
  WPU_SIGNATURES,
  WSP_SIGNATURES,
  type Argument,
  type Signature,
} from 'ws2spi/spi/signatures';
import { createNameFunctions } from 'ws2spi/ws2_32/names';
import { createCatalogFunctions } from '../../../dist/catalog/functions.js';

type Named = readonly (readonly [string, Signature])[];

const TABLES: readonly (readonly [what: string, file: string, table: Readonly<Record<string, Signature>>])[] = [
  ['a transport provider', 'spi/transport-provider.ts', WSP_SIGNATURES],
  ['the upcalls', 'spi/upcalls.ts', WPU_SIGNATURES],
  ['a name-space provider', 'spi/name-space-provider.ts', NSP_SIGNATURES],
  ['a name-space provider of version 2', 'spi/name-space-provider-v2.ts', NSPV2_SIGNATURES],
];

interface Declared {
  readonly names: readonly string[];
  readonly types: readonly string[];
}

/** The parameters of the function types that a file declares, by the types' names. */
function declaredIn(file: string): Map<string, Declared> {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  const found = new Map<string, Declared>();
  for (const statement of source.statements) {
    if (!ts.isTypeAliasDeclaration(statement) || !ts.isFunctionTypeNode(statement.type)) continue;
    const { parameters } = statement.type;
    found.set(statement.name.text, {
      names: parameters.map((parameter) => parameter.name.getText(source)),
      types: parameters.map((parameter) => parameter.type!.getText(source)),
    });
  }
  return found;
}

/** The names of a function's parameters, as they stand in its source. */
function parametersOf(name: string, fn: (...args: never[]) => unknown): string[] {
  const text = fn.toString();
  const method = ts.createSourceFile('x.js', `({ ${text} })`, ts.ScriptTarget.Latest);
  const arrow = ts.createSourceFile('x.js', `(${text})`, ts.ScriptTarget.Latest);
  for (const source of [arrow, method]) {
    let names: string[] | null = null;
    const visit = (node: ts.Node): void => {
      if (names === null && ts.isFunctionLike(node)) names = node.parameters.map((p) => p.name.getText(source));
      else ts.forEachChild(node, visit);
    };
    visit(source);
    if ((source as unknown as { parseDiagnostics: unknown[] }).parseDiagnostics.length === 0 && names !== null)
      return names;
  }
  throw new Error(`${name} has no parameters that can be read: ${text.slice(0, 60)}`);
}

describe.each(TABLES)('The signatures of %s', (_what, file, table) => {
  // A provider of version 2 may have routines of version 1 too.
  const declared = new Map([...declaredIn('spi/name-space-provider.ts'), ...declaredIn(file)]);
  const rows: Named = Object.entries(table);

  it.each(rows)('have the arguments of %s as it is declared', (name, { args }) => {
    const { names, types } = declared.get(name.startsWith('lp') ? name.toUpperCase() : `LP${name.toUpperCase()}`)!;
    expect(args.map((argument) => argument.name)).toEqual(names);
    expect(args.map((argument) => argument.optional)).toEqual(types.map((type) => /\| null$/.test(type)));
    expect(args.map((argument) => argument.reference)).toEqual(types.map((type) => /^(Ref<|\{ value)/.test(type)));
  });
});

it('There is a signature for every function of each table, and for no other', () => {
  expect(Object.keys(WSP_SIGNATURES).sort()).toEqual([...WSPPROC_NAMES].sort());
  expect(Object.keys(WPU_SIGNATURES).sort()).toEqual([...WSPUPCALL_NAMES].sort());
  expect(Object.keys(NSP_SIGNATURES).sort()).toEqual([...NSP_ROUTINE_NAMES, 'NSPIoctl'].sort());
});

/** Stands for whatever is asked of it: nothing is done with it here. */
const anything: unknown = new Proxy(() => undefined, { get: () => anything, apply: () => anything });

describe('The signatures of the API', () => {
  using ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
  const functions = Object.entries(ws2).filter(
    (entry): entry is [string, (...args: never[]) => unknown] =>
      typeof entry[1] === 'function' && !['on', 'off', 'lastProblem'].includes(entry[0]),
  );

  it('are those of the functions that an instance has', () => {
    expect(Object.keys(API_SIGNATURES).sort()).toEqual(functions.map(([name]) => name).sort());
  });

  // An instance has stand-ins for these, which load them when they are called.
  const names = createNameFunctions(anything as never, anything as never, anything as never).functions;
  const catalog = createCatalogFunctions(anything as never, anything as never);
  const written = functions.map(([name, fn]) => [name, { ...names, ...catalog }[fn.name] ?? fn] as const);

  it.each(written)('name the arguments of %s', (name, fn) => {
    expect(API_SIGNATURES[name as keyof typeof API_SIGNATURES].args.map((argument) => argument.name)).toEqual(
      parametersOf(name, fn),
    );
  });
});

describe.each([...TABLES.flatMap(([, , table]) => Object.entries(table)), ...Object.entries(API_SIGNATURES)] as Named)(
  'The signature of %s',
  (_name, signature) => {
    const { args } = signature;

    it('names each argument once, and for a length one that has it', () => {
      expect(new Set(args.map(({ name }) => name)).size).toBe(args.length);
      const wrong = (args as readonly Argument[]).filter(({ length }) => {
        const place = args[positionOf(signature, length)];
        return length !== undefined && (place === undefined || !['length', 'count'].includes(place.kind));
      });
      expect(wrong).toEqual([]);
    });

    it('says what comes back through which argument', () => {
      const values = ['socket', 'event', 'window', 'group', 'number', 'code', 'boolean', 'flags', 'length', 'count'];
      expect(
        args.filter(({ kind, direction, reference }) => values.includes(kind) && direction !== 'in' && !reference),
      ).toEqual([]);
    });
  },
);

describe('A signature', () => {
  it('is found by the name of the function and of its place in a table', () => {
    expect(signatureOf('WSPSend')).toBe(WSP_SIGNATURES.lpWSPSend);
    expect(signatureOf('lpWSPSend')).toBe(WSP_SIGNATURES.lpWSPSend);
    expect(signatureOf('WPUCreateEvent')).toBe(WPU_SIGNATURES.lpWPUCreateEvent);
    expect(signatureOf('send')).toBe(API_SIGNATURES.send);
    expect([signatureOf('toString'), signatureOf('sent')]).toEqual([undefined, undefined]);
  });

  it('says by which result its function fails', () => {
    expect(
      ['send', 'WSPAccept', 'AcceptEx', 'WSACreateEvent', 'gethostbyname', 'WSAStartup'].map((name) =>
        failureOf(signatureOf(name)!),
      ),
    ).toEqual([-1, 0xffffffff, false, 0, null, undefined]);
  });
});
