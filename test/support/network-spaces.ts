// Two network namespaces that a cable joins: two hosts, which nothing leaves.
import { execFileSync, spawnSync } from 'node:child_process';

/** Why there can be no cable here; `undefined` when there can. */
export const noCable: string | undefined =
  process.platform !== 'linux' || process.geteuid?.() !== 0
    ? 'only root can make network namespaces'
    : spawnSync('unshare', ['--mount', '--net', 'ip', 'link', 'add', 'type', 'veth']).status === 0
      ? undefined
      : 'network namespaces cannot be made here';

let made = 0;

/** The two hosts: 10.77.0.1 is ours, 10.77.0.2 theirs, and fd77::1 and fd77::2. */
export class NetworkSpaces {
  readonly ours: string;
  readonly theirs: string;

  constructor() {
    const name = `ws2spi-${process.pid}-${++made}`;
    this.ours = `${name}a`;
    this.theirs = `${name}b`;
  }

  /** Lays the cable, which both call `cable`. */
  lay(): void {
    const { ours, theirs } = this;
    for (const space of [ours, theirs]) execFileSync('ip', ['netns', 'add', space]);
    const pair = ['type', 'veth', 'peer', 'name', 'cable', 'netns', theirs];
    execFileSync('ip', ['-n', ours, 'link', 'add', 'cable', ...pair]);
    for (const [space, host] of [
      [ours, 1],
      [theirs, 2],
    ] as const) {
      execFileSync('ip', ['-n', space, 'address', 'add', `10.77.0.${host}/24`, 'dev', 'cable']);
      // Without asking whether somebody else has it, which takes a while.
      execFileSync('ip', ['-n', space, 'address', 'add', `fd77::${host}/64`, 'dev', 'cable', 'nodad']);
      for (const device of ['lo', 'cable']) execFileSync('ip', ['-n', space, 'link', 'set', device, 'up']);
    }
    // Until both ends know of each other, what is sent is lost.
    for (const space of [ours, theirs]) {
      while (!`${execFileSync('ip', ['-n', space, 'link', 'show', 'cable'])}`.includes('state UP'));
    }
  }

  /** Takes everything away. */
  remove(): void {
    for (const space of [this.ours, this.theirs]) spawnSync('ip', ['netns', 'delete', space]);
  }
}
