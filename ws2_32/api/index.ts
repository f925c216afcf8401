/**
 * The functions of the API, a file per area of the specification, and those of Win32.
 *
 * @module
 */
export { createAddressTextFunctions, type AddressTextFunctions } from './address-text.js';
export { createAddressFunctions, type AddressFunctions } from './addresses.js';
export { createBlockingHookFunctions, type BlockingHookFunctions } from './blocking-hooks.js';
export { createByteOrderFunctions, type ByteOrderFunctions } from './byte-order.js';
export { createConnectionFunctions, type ConnectionFunctions } from './connections.js';
export { createEnumerationFunctions, type EnumerationFunctions } from './enumerate.js';
export { createEnumProtocolsFunctions, type EnumProtocolsFunctions } from './enum-protocols.js';
export { createEventFunctions, type EventFunctions } from './events.js';
export { createExtensionFunctions, type ExtensionFunctions } from './extensions.js';
export { createHostFunctions, type HostFunctions } from './host-functions.js';
export { createOptionFunctions, type OptionFunctions } from './options.js';
export { createOverlappedFunctions, type OverlappedFunctions } from './overlapped.js';
export {
  createPortReservationFunctions,
  type PortReservationContext,
  type PortReservationFunctions,
} from './port-reservations.js';
export { createQosFunctions, type QosFunctions } from './qos.js';
export { createReceiveExFunctions, type ReceiveExFunctions } from './receive-ex.js';
export { createSelectFunctions, type SelectFunctions } from './select.js';
export { createReceiveFunctions, type ReceiveFunctions } from './receive.js';
export { createSendFunctions, type SendFunctions } from './send.js';
export { createSocketFunctions, type SocketFunctions } from './sockets.js';
export { createStartupFunctions, type StartupFunctions } from './startup.js';
