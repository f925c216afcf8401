// The ways that systems of the Unix family have in common.
import { join } from 'node:path';
import { NO_PORTS, NO_RECORDS, type Environment, type SystemConventions } from './conventions.js';

function stateFolder(env: Environment, home: string): string {
  return env['XDG_STATE_HOME'] || join(home, '.local', 'state');
}

/** Those of a system of which nothing more is known. */
export const unixConventions: SystemConventions = {
  stateFolder,
  runtimeFolder: (env, home) => env['XDG_RUNTIME_DIR'] || stateFolder(env, home),
  cacheFolder: (env, home) => env['XDG_CACHE_HOME'] || join(home, '.cache'),
  filesHaveModes: true,
  foldersNeedSync: true,
  userFiles: null,
  databaseFiles: () => ({ hosts: '/etc/hosts', services: '/etc/services', protocols: '/etc/protocols' }),
  resolverFile: '/etc/resolv.conf',
  processes: NO_RECORDS,
  ports: NO_PORTS,
  programEndings: () => [''],
  scriptCommand: () => null,
  descriptorPath: () => null,
  openFilesStay: false,
  replacedFilesLoseNames: true,
};
