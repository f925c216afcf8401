// How a provider and WinSock meet: what each hands to the other.
import type { InstanceHost } from './instance-host.js';
import type { WSAPROTOCOL_INFOW, WSPDATA } from './structures/index.js';
import type { WSPPROC_TABLE } from './transport-provider.js';
import type {
  LPWPUCLOSEEVENT,
  LPWPUCLOSESOCKETHANDLE,
  LPWPUCLOSETHREAD,
  LPWPUCREATEEVENT,
  LPWPUCREATESOCKETHANDLE,
  LPWPUFDISSET,
  LPWPUGETPROVIDERPATH,
  LPWPUMODIFYIFSHANDLE,
  LPWPUOPENCURRENTTHREAD,
  LPWPUPOSTMESSAGE,
  LPWPUQUERYBLOCKINGCALLBACK,
  LPWPUQUERYSOCKETHANDLECONTEXT,
  LPWPUQUEUEAPC,
  LPWPURESETEVENT,
  LPWPUSETEVENT,
} from './upcalls.js';

/** WinSock's fifteen upcalls (ws2spi.h: WSPUPCALLTABLE), and what a provider here needs beyond them. */
export interface WSPUPCALLTABLE {
  lpWPUCloseEvent: LPWPUCLOSEEVENT;
  lpWPUCloseSocketHandle: LPWPUCLOSESOCKETHANDLE;
  lpWPUCreateEvent: LPWPUCREATEEVENT;
  lpWPUCreateSocketHandle: LPWPUCREATESOCKETHANDLE;
  lpWPUFDIsSet: LPWPUFDISSET;
  lpWPUGetProviderPath: LPWPUGETPROVIDERPATH;
  lpWPUModifyIFSHandle: LPWPUMODIFYIFSHANDLE;
  lpWPUPostMessage: LPWPUPOSTMESSAGE;
  lpWPUQueryBlockingCallback: LPWPUQUERYBLOCKINGCALLBACK;
  lpWPUQuerySocketHandleContext: LPWPUQUERYSOCKETHANDLECONTEXT;
  lpWPUQueueApc: LPWPUQUEUEAPC;
  lpWPUResetEvent: LPWPURESETEVENT;
  lpWPUSetEvent: LPWPUSETEVENT;
  lpWPUOpenCurrentThread: LPWPUOPENCURRENTTHREAD;
  lpWPUCloseThread: LPWPUCLOSETHREAD;
  /** What an instance offers its providers beyond the fifteen. */
  host: InstanceHost;
}

/** The names of the upcall table's fifteen members, in the order of ws2spi.h. */
export const WSPUPCALL_NAMES = [
  'lpWPUCloseEvent',
  'lpWPUCloseSocketHandle',
  'lpWPUCreateEvent',
  'lpWPUCreateSocketHandle',
  'lpWPUFDIsSet',
  'lpWPUGetProviderPath',
  'lpWPUModifyIFSHandle',
  'lpWPUPostMessage',
  'lpWPUQueryBlockingCallback',
  'lpWPUQuerySocketHandleContext',
  'lpWPUQueueApc',
  'lpWPUResetEvent',
  'lpWPUSetEvent',
  'lpWPUOpenCurrentThread',
  'lpWPUCloseThread',
] as const satisfies readonly (keyof WSPUPCALLTABLE)[];

/**
 * The only function that a transport provider exports: negotiates the version and fills the procedure table
 * (specification: WSPStartup).
 *
 * @param wVersionRequested the highest version of the SPI that the caller can use; the major version is the low byte
 * @param lpWSPData filled with the version that the provider will use and its description
 * @param lpProtocolInfo the entry that is being loaded: a chain's for a layered provider, a base entry's for a base
 *   provider
 * @param UpcallTable WinSock's upcalls, and the instance's host
 * @param lpProcTable filled with the provider's thirty functions
 * @returns 0, or WSASYSNOTREADY, WSAVERNOTSUPPORTED, WSAEINPROGRESS, WSAEPROCLIM or WSAEFAULT
 */
export type LPWSPSTARTUP = (
  wVersionRequested: number,
  lpWSPData: WSPDATA,
  lpProtocolInfo: WSAPROTOCOL_INFOW,
  UpcallTable: WSPUPCALLTABLE,
  lpProcTable: WSPPROC_TABLE,
) => number;
