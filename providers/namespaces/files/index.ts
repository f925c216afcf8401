/**
 * The name-space provider of the hosts, services and protocols files.
 *
 * @module
 */
import { hostname } from 'node:os';
import { defineNameSpace, type NameSpaceQuestion } from '../../../name-space/index.js';
import { inSlices } from '../../../name-space/slices.js';
import { systemConventions } from '../../../platform/systems.js';
import { checkOptions, textThat, type OptionRule } from '../../../spi/option-check.js';
import { NS_DNS, type LPNSPSTARTUP } from '../../../spi/index.js';
import { faultsOf, type FileFault } from './faults.js';
import { OpenFiles } from './open-files.js';
import { answer as findAnswer, filesFor, type Databases } from './query.js';

export type { FileFault } from './faults.js';
export { SVCID_WS2SPI_PROTOCOLBYNAME } from './query.js';

/** Where the provider finds what it serves; the system's own files for what is left out. */
export interface FilesNameSpaceOptions {
  /** Path of the hosts file; without one there, `localhost` and the machine's own name are known. */
  readonly hosts?: string;
  /** Path of the services file; without one there, those of Windows are known. */
  readonly services?: string;
  /** Path of the protocols file. */
  readonly protocols?: string;
  /** The machine's name; what the system says if absent. */
  readonly hostname?: string;
  /** The name space that the provider is installed for; NS_DNS if absent. */
  readonly nameSpace?: number;
}

const PATH = textThat((path) => path !== '', 'a path');

const RULES: Readonly<Record<keyof FilesNameSpaceOptions, OptionRule>> = {
  hosts: PATH,
  services: PATH,
  protocols: PATH,
  hostname: textThat(() => true, 'a name'),
  nameSpace: { fits: Number.isInteger, expected: 'a number such as NS_DNS' },
};

/** The files to read: those that the options name, and the system's own. */
function databaseFiles(options: Pick<FilesNameSpaceOptions, 'hosts' | 'services' | 'protocols'>): {
  readonly hosts: string;
  readonly services: string;
  readonly protocols: string;
} {
  const { hosts, services, protocols } = systemConventions().databaseFiles(process.env);
  return {
    hosts: options.hosts ?? hosts,
    services: options.services ?? services,
    protocols: options.protocols ?? protocols,
  };
}

/**
 * Makes a provider of given files. A file is read at the first query, and again when it has changed: 10 ms later at the latest, by the
 * instance's clock; a query with LUP_FLUSHCACHE has it read at once. A large one is read in several turns of the event loop: whoever asks
 * meanwhile waits for it.
 *
 * @param options where the files are
 * @returns the provider's NSPStartup, which may be called any number of times; each call has its own state
 */
export function createFilesNameSpace(options: FilesNameSpaceOptions = {}): LPNSPSTARTUP {
  checkOptions('createFilesNameSpace', options, RULES);
  return (lpProviderId, lpnspRoutines) => {
    // A machine without a name has one that can be resolved all the same (specification: gethostname).
    const ownName = (): string => (options.hostname ?? hostname()) || 'localhost';
    const files = new OpenFiles(lpnspRoutines.host, databaseFiles(options), ownName);
    const { NSPStartup } = defineNameSpace({
      name: 'files',
      nameSpace: options.nameSpace ?? NS_DNS,
      looksUpAtBegin: true,
      lookup(question, answer) {
        files.whenRead(filesFor(question), question.isFresh, (databases) => {
          const isOver = (): boolean => answer.isOver;
          inSlices(lpnspRoutines.host, findAnswer(databases, question), isOver, (found) => {
            const isStill = sameFiles(files, databases, question);
            if (isStill !== null) answer.holdsWhile(isStill);
            if (typeof found === 'number') {
              answer.fail(found);
              return;
            }
            answer.found(found);
            answer.done();
          });
        });
      },
      end: () => files.end(),
    });
    return NSPStartup(lpProviderId, lpnspRoutines);
  };
}

/** Starts the provider of the system's own files (specification: NSPStartup). */
export const NSPStartup: LPNSPSTARTUP = createFilesNameSpace();

// Whether what the answer was read of is as it was; null for what is rarely asked.
function sameFiles(
  files: OpenFiles,
  { hosts, services, hostName }: Databases,
  { kind, queryString }: NameSpaceQuestion,
): (() => boolean) | null {
  if (queryString !== '') return null;
  if (kind === 'service') return () => files.services.now === services;
  if (kind === 'address') return () => files.hosts.now === hosts;
  if (kind !== 'host' && kind !== 'own host') return null;
  return () => files.hosts.now === hosts && files.hostName() === hostName;
}

/**
 * Names the lines of the files that are left out, because they say nothing sensible: the first hundred of each file, and how
 * many more there are.
 *
 * @param options where the files are
 */
export function verifyFiles(
  options: Pick<FilesNameSpaceOptions, 'hosts' | 'services' | 'protocols'> = {},
): FileFault[] {
  const { hosts, services, protocols } = databaseFiles(options);
  return [...faultsOf('hosts', hosts), ...faultsOf('services', services), ...faultsOf('protocols', protocols)];
}
