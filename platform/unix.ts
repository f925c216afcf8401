// The ways that systems of the Unix family have in common.
import { join } from 'node:path';
import { NO_PORTS, NO_RECORDS, type SystemConventions } from './conventions.js';

/** Those of a system of which nothing more is known. */
export const unixConventions: SystemConventions = {
  stateFolder: (env, home) => env['XDG_STATE_HOME'] || join(home, '.local', 'state'),
  filesHaveModes: true,
  foldersNeedSync: true,
  userFiles: null,
  databaseFiles: () => ({ hosts: '/etc/hosts', services: '/etc/services', protocols: '/etc/protocols' }),
  resolverFile: '/etc/resolv.conf',
  processes: NO_RECORDS,
  ports: NO_PORTS,
  replacedFilesLoseNames: true,
};
