// GUIDs of the extension functions that SIO_GET_EXTENSION_FUNCTION_POINTER finds, and of two name spaces (mswsock.h).
import type { GUID } from '../structures/guid.js';

/** AcceptEx. */
export const WSAID_ACCEPTEX: GUID = 'B5367DF1-CBAC-11CF-95CA-00805F48A192';
/** ConnectEx. */
export const WSAID_CONNECTEX: GUID = '25A207B9-DDF3-4660-8EE9-76E58C74063E';
/** DisconnectEx. */
export const WSAID_DISCONNECTEX: GUID = '7FDA2E11-8630-436F-A031-F536A6EEC157';
/** GetAcceptExSockaddrs. */
export const WSAID_GETACCEPTEXSOCKADDRS: GUID = 'B5367DF2-CBAC-11CF-95CA-00805F48A192';
/** TransmitFile. */
export const WSAID_TRANSMITFILE: GUID = 'B5367DF0-CBAC-11CF-95CA-00805F48A192';
/** TransmitPackets. */
export const WSAID_TRANSMITPACKETS: GUID = 'D9689DA0-1F90-11D3-9971-00C04F68C876';
/** WSARecvMsg. */
export const WSAID_WSARECVMSG: GUID = 'F689D7C8-6F1F-436B-8A53-E54FE351C322';
/** WSASendMsg. */
export const WSAID_WSASENDMSG: GUID = 'A441E712-754F-43CA-84A7-0DEE44CF606D';
/** WSAPoll. */
export const WSAID_WSAPOLL: GUID = '18C76F85-DC66-4964-972E-23C27238312B';
/** The name space of network location awareness. */
export const NLA_NAMESPACE_GUID: GUID = '6642243A-3BA8-4AA6-BAA5-2E0BD71FDD83';
/** The service class of network location awareness. */
export const NLA_SERVICE_CLASS_GUID: GUID = '0037E515-B5C9-4A43-BADA-8B48A87AD239';
