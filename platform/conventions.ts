// What programs do otherwise from system to system without calling its sockets.

import { PortSet, type PortRange } from './port-set.js';

/** Variables of the environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** An operating system's ways with files, users, names and processes. No native code is needed, but on Windows for what processes are. */
export interface SystemConventions {
  /**
   * The folder in which a user's programs keep what they have to remember.
   *
   * @param env the environment, which may name another
   * @param home the user's home folder
   */
  stateFolder(env: Environment, home: string): string;
  /**
   * The folder for what means nothing once the system was restarted.
   *
   * @param env the environment, which may name another
   * @param home the user's home folder
   */
  runtimeFolder(env: Environment, home: string): string;
  /**
   * The folder in which a user's programs keep what they can make again.
   *
   * @param env the environment, which may name another
   * @param home the user's home folder
   */
  cacheFolder(env: Environment, home: string): string;
  /** Files have an owner, a group and a mode that says what these and others may do. */
  readonly filesHaveModes: boolean;
  /** The names in a folder are on the disk only once the folder was written there, as a file is. */
  readonly foldersNeedSync: boolean;
  /** Where users and groups are written down; `null` where no files tell who all the members of a group are. */
  readonly userFiles: UserFiles | null;
  /**
   * The files that hosts, services and protocols are written down in.
   *
   * @param env the environment, which may say where the system is
   */
  databaseFiles(env: Environment): { readonly hosts: string; readonly services: string; readonly protocols: string };
  /** The file that names the name servers; `null` where there is none, and the system has to be asked. */
  readonly resolverFile: string | null;
  /** What the system tells of its processes. */
  readonly processes: ProcessRecords;
  /** Which ports the system gives out by itself. */
  readonly ports: SystemPorts;
  /**
   * What may follow a program's name in the name of its file, in the order in which it is tried.
   *
   * @param env the environment, which may say so
   */
  programEndings(env: Environment): readonly string[];
  /**
   * How to start a script that the system hands to its command interpreter, and does not start by itself.
   *
   * @param file the script
   * @param args what it is given, word by word
   * @param env the environment, which may name the interpreter
   * @returns the interpreter with its one line, which nobody may quote again; `null` for what the system starts
   * @throws Error when a word cannot be given to a script
   */
  scriptCommand(
    file: string,
    args: readonly string[],
    env: Environment,
  ): { readonly file: string; readonly args: readonly string[] } | null;
  /** The path by which what a descriptor of this process stands for is opened once more; `null` where there is none. */
  descriptorPath(descriptor: number): string | null;
  /** A file that somebody has open may be neither moved nor removed, nor another put in its place. */
  readonly openFilesStay: boolean;
  /** A file in whose place another was put has no name any more, for those who have it open. */
  readonly replacedFilesLoseNames: boolean;
}

/** Which ports of TCP and UDP a system gives to sockets that do not ask for one. */
export interface SystemPorts {
  /** The range that they are chosen from. */
  automatic(): PortRange;
  /** Those that it was told never to choose; none where it does not tell. */
  reserved(): PortSet;
  /**
   * Tells it which ports never to choose.
   *
   * @throws the system's error: EACCES for who may not, ENOENT where it cannot be told
   */
  reserve(ports: PortSet): void;
  /** The file that it is told in, for messages. */
  readonly path: string;
  /** Whether all that keeps a TCP port from being had are connections that are over, and remembered for a while. */
  isOnlyRemembered(port: number): boolean;
}

/** The files of users and groups, in the form of passwd(5), group(5) and nsswitch.conf(5). */
export interface UserFiles {
  readonly passwd: string;
  readonly group: string;
  /** Says where else users and groups come from; without the file, from nowhere. */
  readonly sources: string;
  /** Sources that know nobody whom the files do not name. */
  readonly localSources: ReadonlySet<string>;
  /** The least number of a group that is made for a user; those below are the system's. */
  readonly firstUserGroup: number;
}

/**
 * What a system tells of processes, and of what their numbers count in. An empty text, or 0, stands for what it does
 * not tell.
 */
export interface ProcessRecords {
  /** What process numbers and start times count in, where there may be several; `null` when it cannot be told. */
  space(): string | null;
  /** The run of the system, from one start to the next. */
  boot(): string;
  /** The machine, by a number that is to be kept secret. */
  machine(): string;
  /** Whether `status` goes by the numbers that this process goes by. */
  areOurs(): boolean;
  /** The system's number of the calling thread. */
  thread(): number;
  /**
   * How a thread of a process is.
   *
   * @returns whether it has ended, and when it started, as the system counts; `null` when there is none, or it is hidden
   */
  status(processId: number, thread: number): { readonly ended: boolean; readonly start: string } | null;
}

/** Of a system that tells nothing of its ports: the range is that which was agreed on for all of them (RFC 6335). */
export const NO_PORTS: SystemPorts = {
  automatic: () => ({ first: 49_152, last: 65_535 }),
  reserved: () => new PortSet(),
  reserve() {
    throw Object.assign(new Error('this system cannot be told'), { code: 'ENOENT', syscall: 'open' });
  },
  path: 'the list of ports that the system leaves alone',
  isOnlyRemembered: () => false,
};

/** Of a system that tells nothing of its processes. */
export const NO_RECORDS: ProcessRecords = {
  space: () => '',
  boot: () => '',
  machine: () => '',
  areOurs: () => false,
  thread: () => 0,
  status: () => null,
};
