import { join } from 'node:path';
import { NO_PORTS, type Environment, type SystemConventions } from '../conventions.js';
import { processRecords } from './process-records.js';

function stateFolder(env: Environment, home: string): string {
  return env['LOCALAPPDATA'] || join(home, 'AppData', 'Local');
}

/** Those of Windows. */
export const windowsConventions: SystemConventions = {
  stateFolder,
  runtimeFolder: stateFolder,
  // It has access control lists, which Node.js does not show.
  filesHaveModes: false,
  foldersNeedSync: false,
  userFiles: null,
  databaseFiles(env) {
    const folder = join(env['SystemRoot'] || 'C:\\Windows', 'System32\\drivers\\etc');
    return { hosts: join(folder, 'hosts'), services: join(folder, 'services'), protocols: join(folder, 'protocol') };
  },
  resolverFile: null,
  processes: processRecords,
  ports: NO_PORTS,
  descriptorPath: () => null,
  openFilesStay: true,
  replacedFilesLoseNames: false,
};
