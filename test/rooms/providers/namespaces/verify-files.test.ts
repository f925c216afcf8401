import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { verifyFiles } from 'ws2spi/providers/namespaces/files';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { writeFiles } from './fixtures.js';

it('Lines of the files that are left out are named, by file and number', () => {
  const files = writeFiles();
  const found = verifyFiles(files).map(({ path, line, fault }) => [path, line, fault]);
  expect(found).toEqual([
    [files.hosts, 9, expect.stringContaining('"not-an-address broken" is not an address')],
    [files.hosts, 10, expect.stringContaining('"192.0.2.9" is not an address and the names')],
    [files.services, 7, expect.stringContaining('"huge  70000/tcp" is not a name, and a port')],
    [files.services, 8, expect.stringContaining('"bad" is not')],
  ]);
});

it('A file that is not there is no fault; one that cannot be read is', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'hosts'));
  writeFileSync(join(folder, 'services'), '');
  const found = verifyFiles({
    hosts: join(folder, 'hosts'),
    services: join(folder, 'services'),
    protocols: join(folder, 'no'),
  });
  expect(found).toEqual([
    { path: join(folder, 'hosts'), line: 0, fault: expect.stringContaining('cannot be read') as string },
  ]);
});
