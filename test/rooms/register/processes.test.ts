// Workers, children and clusters of hooked programs: all are on the chain, and what cannot be shared is refused.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { fixture, HOOK, run } from './hooked.js';

const env = { WS2SPI_CATALOG: join(temporaryFolder(), 'none.json') };

it('Workers and children of Node.js are on the chain, whatever options and environment they are given', async () => {
  const { status, output, problems } = await run([...HOOK, fixture('descendants.mjs')], env);
  expect([status, problems]).toEqual([0, '']);
  const found = JSON.parse(output) as Record<string, boolean>;
  expect(Object.keys(found).length).toBe(11);
  expect(Object.entries(found).filter(([, hooked]) => !hooked)).toEqual([]);
});

it('A worker that is terminated in the middle of traffic takes its connections along, and nobody else', async () => {
  const { status, output, problems } = await run([...HOOK, fixture('terminated.mjs')], env);
  expect([status, problems]).toEqual([0, '']);
  expect(JSON.parse(output)).toEqual({ exit: 1, peers: [true, true], still: 'here' });
});

it('Sockets and servers of a chain are not sent to others: the sender is told, and keeps them', async () => {
  const { status, output, problems } = await run([...HOOK, fixture('sent-handles.mjs')], env);
  expect([status, problems]).toEqual([0, '']);
  const { told, codes, kept, event } = JSON.parse(output) as Record<string, unknown>;
  for (const message of told as string[]) {
    expect(message).toMatch(/^this (socket|server) is on a chain of this process and cannot be sent to another one/);
  }
  expect(new Set(codes as string[])).toEqual(new Set(['ERR_INVALID_HANDLE_TYPE']));
  expect([kept, event]).toEqual(['still a socket', true]);
});

it('A descriptor of a socket leads to its chain within the program, to a child it is not given', async () => {
  const { status, output, problems } = await run([...HOOK, fixture('own-descriptors.mjs')], env);
  expect([status, problems]).toEqual([0, '']);
  expect(JSON.parse(output)).toEqual({
    listens: 'hello',
    busy: ['EEXIST', 'EEXIST'],
    datagram: 'to both',
    wrongKind: 'ERR_INVALID_FD_TYPE',
    around: 'EPIPE',
    inherited: ['ERR_INVALID_HANDLE_TYPE', 'ERR_INVALID_HANDLE_TYPE', 'ERR_INVALID_HANDLE_TYPE'],
    afterwards: true,
  });
});

describe.each(['rr', 'none'])('A cluster with the scheduling policy %s', (policy) => {
  it('has workers that listen themselves, share ports, take over from one another, and close by disconnect', async () => {
    const { status, output, problems } = await run([...HOOK, fixture('cluster.mjs'), policy], env);
    expect([status, problems]).toEqual([0, '']);
    expect(JSON.parse(output)).toEqual({
      both: 2,
      samePorts: true,
      sameTickets: true,
      listening: 12,
      inUse: ['EADDRINUSE', 'EADDRINUSE'],
      left: true,
      moved: true,
      code: 0,
      gone: 'ECONNREFUSED',
      reborn: true,
    });
  });
});

it('A program that is forked in another folder finds the hook', () => {
  const program = `require('node:child_process').fork('-', { cwd: ${JSON.stringify(tmpdir())}, execArgv: [...process.execArgv.slice(0, 2), '-e', 'console.log(1)'] })`;
  expect(execFileSync(process.execPath, [...HOOK, '-e', program], { env: { ...process.env, ...env } }).toString()).toBe(
    '1\n',
  );
});
