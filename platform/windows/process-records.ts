// What Windows tells of processes: by koffi, which is loaded when the first lock is taken, and not before.
import { NO_RECORDS, type ProcessRecords } from '../conventions.js';
import { koffi } from '../koffi.js';

const FUNCTIONS = {
  OpenProcess: 'intptr_t OpenProcess(uint32_t, int, uint32_t)',
  OpenThread: 'intptr_t OpenThread(uint32_t, int, uint32_t)',
  GetProcessTimes: 'int GetProcessTimes(intptr_t, void *, void *, void *, void *)',
  GetThreadTimes: 'int GetThreadTimes(intptr_t, void *, void *, void *, void *)',
  GetProcessIdOfThread: 'uint32_t GetProcessIdOfThread(intptr_t)',
  GetCurrentThreadId: 'uint32_t GetCurrentThreadId()',
  GetLastError: 'uint32_t GetLastError()',
  WaitForSingleObject: 'uint32_t WaitForSingleObject(intptr_t, uint32_t)',
  CloseHandle: 'int CloseHandle(intptr_t)',
} as const;

type Functions = Readonly<Record<keyof typeof FUNCTIONS, (...values: (number | BigUint64Array)[]) => number>>;

const SYNCHRONIZE = 0x10_0000;
const PROCESS_QUERY_LIMITED_INFORMATION = 0x1000;
const THREAD_QUERY_LIMITED_INFORMATION = 0x0800;
const ERROR_INVALID_PARAMETER = 87;
const WAIT_OBJECT_0 = 0;

let opened: Functions | null | undefined;

/** The functions; `null` where koffi cannot be loaded, by which they are called. */
function records(): Functions | null {
  if (opened !== undefined) return opened;
  try {
    const library = koffi().load('kernel32.dll');
    const bound = Object.entries(FUNCTIONS).map(([name, declaration]) => [name, library.func(declaration)] as const);
    opened = Object.fromEntries(bound) as unknown as Functions;
  } catch {
    opened = null;
  }
  return opened;
}

/**
 * Processes and threads, which share one set of numbers: a thread never has the number of a process that lives. They began at a time
 * that is told to 100 nanoseconds, so that number and time together are nobody else's, before a restart of the system and after.
 */
export const processRecords: ProcessRecords = {
  ...NO_RECORDS,
  areOurs: () => records() !== null,
  thread: () => Number(records()?.GetCurrentThreadId() ?? 0),
  status(processId, thread) {
    const functions = records();
    if (functions === null) return null;
    const isProcess = thread === processId;
    const handle = isProcess
      ? Number(functions.OpenProcess(SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION, 0, processId))
      : Number(functions.OpenThread(SYNCHRONIZE | THREAD_QUERY_LIMITED_INFORMATION, 0, thread));
    if (handle === 0) {
      const isHidden = functions.GetLastError() !== ERROR_INVALID_PARAMETER;
      // A process that cannot be seen is not there, for its threads; a thread that cannot be seen may well be.
      return isHidden && !isProcess ? { ended: false, start: '' } : null;
    }
    try {
      if (!isProcess && functions.GetProcessIdOfThread(handle) !== processId) return null;
      // When it began, when it ended, and two times of work, as FILETIMEs.
      const times = [0, 1, 2, 3].map(() => new BigUint64Array(1));
      const told = (isProcess ? functions.GetProcessTimes : functions.GetThreadTimes)(handle, ...times);
      return {
        ended: functions.WaitForSingleObject(handle, 0) === WAIT_OBJECT_0,
        start: told === 0 ? '' : `${times[0]![0]}`,
      };
    } finally {
      functions.CloseHandle(handle);
    }
  },
};
