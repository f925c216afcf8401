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
  cacheFolder: stateFolder,
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
  programEndings: (env) => (env['PATHEXT'] || '.COM;.EXE;.BAT;.CMD').split(';').filter((ending) => ending !== ''),
  scriptCommand(file, args, env) {
    if (!/\.(?:bat|cmd)$/i.test(file)) return null;
    const line = [forInterpreter(file), ...args.map((word) => forInterpreter(forInterpreter(quoted(word))))].join(' ');
    return { file: env['ComSpec'] || 'cmd.exe', args: ['/d', '/s', '/c', `"${line}"`] };
  },
  descriptorPath: () => null,
  openFilesStay: true,
  replacedFilesLoseNames: false,
};

/** A word in quotation marks, as programs take their command line apart. */
function quoted(word: string): string {
  if (/[\r\n\0]/.test(word))
    throw new Error('a script of the command interpreter cannot be given a word of several lines');
  return `"${word.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\*)$/, '$1$1')}"`;
}

/**
 * Text that the command interpreter takes as it is. It reads what a script hands on with `%*` a second time: so what a script is given
 * goes through this twice.
 */
function forInterpreter(text: string): string {
  return text.replace(/[()\][%!^"`<>&|;, *?]/g, '^$&');
}
