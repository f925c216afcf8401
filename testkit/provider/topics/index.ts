// What is tried of every provider, in the order in which one is written.
import type { Topic } from '../suite.js';
import { aBlockingSocket } from './blocking.js';
import { shutdown, closesocket, shutdownOfADatagramSocket } from './closing.js';
import { aCompletionPort } from './completion-ports.js';
import { aCompletionRoutine } from './completion-routines.js';
import { aDatagramSocket } from './datagrams.js';
import { duplicates, extensionFunctions } from './extension-functions.js';
import { wsaEventSelectOnData, wsaEventSelectOnDatagramSockets } from './event-select-data.js';
import { wsaEventSelect } from './event-select.js';
import { anyArguments } from './garbage.js';
import { socketHandles } from './handles.js';
import { leftovers } from './leftovers.js';
import { mixedTraffic } from './mixed-traffic.js';
import { aNonblockingSocket, wsaAccept } from './non-blocking.js';
import { overlappedIO, aConnectionUnderLoad } from './overlapped.js';
import { afterASendToAPeerThatHasGone } from './peer-gone.js';
import { wsaPoll, wsaPollOnDatagramSockets } from './poll.js';
import { select, aSocketWhoseConnectFailed, selectOnDatagramSockets } from './select.js';
import { afterReceivingWasShutDown, thePeersEnd, afterTheReceivingOfDatagramsWasShutDown } from './shutdown.js';
import { dripAndFirehose, everySplit, halfClosed } from './splits.js';

/** The topics of the suite. */
export const TOPICS: readonly Topic[] = [
  socketHandles,
  aBlockingSocket,
  aNonblockingSocket,
  wsaAccept,
  select,
  aSocketWhoseConnectFailed,
  selectOnDatagramSockets,
  wsaPoll,
  wsaPollOnDatagramSockets,
  wsaEventSelect,
  wsaEventSelectOnData,
  wsaEventSelectOnDatagramSockets,
  overlappedIO,
  aConnectionUnderLoad,
  aCompletionRoutine,
  aCompletionPort,
  shutdown,
  closesocket,
  shutdownOfADatagramSocket,
  afterReceivingWasShutDown,
  thePeersEnd,
  afterTheReceivingOfDatagramsWasShutDown,
  afterASendToAPeerThatHasGone,
  mixedTraffic,
  everySplit,
  dripAndFirehose,
  halfClosed,
  extensionFunctions,
  duplicates,
  leftovers,
  anyArguments,
  aDatagramSocket,
];
