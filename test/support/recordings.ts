// Recordings that tests make and play.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { AF_INET, AF_INET6, sockaddr_in, sockaddr_in6 } from 'ws2spi';
import { record, type RecordOptions } from 'ws2spi/providers/layers/record';
import { replay, type ReplayOptions } from 'ws2spi/providers/layers/replay';
import { NO_LAYERS, World, type Base } from './providers.js';
import { temporaryFolder } from './temporary-folder.js';

let made = 0;

/** The path of a recording that is not there yet. */
export function newRecording(): string {
  return join(temporaryFolder(), `${++made}.rec`);
}

/** Writes a recording by hand; the first line is put before it. */
export function writtenRecording(lines: string): string {
  const file = newRecording();
  writeFileSync(file, `ws2spi-recording 1\n${lines}`);
  return file;
}

/** Runs a body in a world that is recorded, over TCP and UDP. Returns the text of the recording. */
export function recorded(
  file: string,
  body: (world: World) => void,
  options: Partial<RecordOptions> = {},
  base: Base = 'memory',
): string {
  const world = new World(base, NO_LAYERS);
  world.stack([record({ file, ...options })], true);
  body(world);
  end(world);
  return readFileSync(file, 'utf8');
}

/** Runs a body in a world that plays a recording. */
export function replayed(
  file: string,
  body: (world: World) => void,
  options: Partial<ReplayOptions> = {},
  base: Base = 'memory',
): void {
  const world = new World(base, NO_LAYERS);
  world.stack([replay({ file, ...options })], true);
  body(world);
  end(world);
}

/** Closes a world; of native ones the file is still open then, which a count of descriptors would tell. */
function end(world: World): void {
  if (!world.native) return world.close();
  expect(world.takeDefects()).toEqual([]);
  world.abandon();
}

/** A name on another machine, which no test reaches. */
export function elsewhere(port: number, family: number = AF_INET): Uint8Array {
  return family === AF_INET6 ? sockaddr_in6('2001:db8::7', port) : sockaddr_in('192.0.2.7', port);
}

export { AF_INET };
