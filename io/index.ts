/**
 * Every I/O model, written once: blocking, non-blocking, `select`, event objects, window messages and overlapped, over
 * a small core of operations that never wait. The native provider, the memory provider and every layer that transforms
 * data supply a core, and get the thirty functions of the service provider interface.
 *
 * @module
 */
export {
  addressSlot,
  DuplicateOffers,
  Readiness,
  State,
  openedAs,
  totalLength,
  type AddressSlot,
  type AddressForm,
  type CoreFactory,
  type CoreNotice,
  type DatagramDetails,
  type Flow,
  type FlowConditions,
  type FlowControl,
  type FlowLimit,
  type FlowReservation,
  type GroupQuality,
  type GroupWaiter,
  type GroupedSocket,
  type GroupMember,
  type GroupPlace,
  type OpenedAs,
  type SocketCore,
  type SocketGroups,
} from './core/index.js';
export { DescriptorEvents, watchDescriptor } from '../host/index.js';
export { baseProviderStartup } from './base-startup.js';
export { createTransportProvider } from './provider.js';
export { socketGroupsOf } from './socket-groups/index.js';
export { NETWORK_EVENTS, type NetworkEventRow, type TransportProviderOptions } from './socket/index.js';
export {
  FLOWS_RESERVED,
  IOCTLS,
  IOCTLS_ELSEWHERE,
  SIO_BEGIN_FLOWS,
  type IoctlElsewhere,
  type IoctlKind,
  type IoctlRow,
} from './ioctls/index.js';
export {
  checkFlow,
  checkFlowBytes,
  exceedsLatency,
  FlowMeter,
  isBestEffort,
  mirrored,
  reservedRate,
  Reservations,
  saysTheSame,
  TokenBucket,
  type Reserver,
} from './quality/index.js';
export {
  InternetIoctls,
  leafIfAsked,
  overlap,
  PortAssignment,
  Sharing,
  sharingConflict,
  SocketReservations,
  widthWithin,
  type LocalInterface,
  type LocalNetwork,
  type PortBinder,
  type PortOwner,
  type SharedAddress,
  type Stack,
} from './internet/index.js';
export {
  foreignOptionError,
  SOCKET_OPTIONS,
  type OptionRow,
  type OptionShape,
  type SocketKind,
} from './options/index.js';
