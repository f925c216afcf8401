// What /proc tells of processes.
import { readFileSync, readlinkSync } from 'node:fs';
import type { ProcessRecords } from '../conventions.js';

/** What the kernel tells of processes, threads, and the name spaces that their numbers count in. */
export const processRecords: ProcessRecords = {
  space() {
    const processes = linkOf('/proc/self/ns/pid');
    return processes === '' ? null : `${processes} ${linkOf('/proc/self/ns/time')}`.trim();
  },
  boot: () => textOf('/proc/sys/kernel/random/boot_id'),
  machine: () => textOf('/etc/machine-id'),
  areOurs: () => linkOf('/proc/self') === `${process.pid}`,
  thread() {
    const thread = Number(linkOf('/proc/thread-self').split('/').at(-1));
    return thread > 0 ? thread : 0;
  },
  // State and start time are fields 3 and 22, counted behind the name, which may hold anything.
  status(processId, thread) {
    const stat = textOf(`/proc/${processId}/task/${thread}/stat`);
    if (stat === '') return null;
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { ended: fields[0] === 'Z', start: fields[19] ?? '' };
  },
};

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
