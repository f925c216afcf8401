// The functions that there are: of the specification, and what Microsoft added. Names alone, by where they stand.

const listed = (names: string): readonly string[] => names.trim().split(/\s+/);

/** Those of "Windows Sockets 2 Application Program Interface", a page each. */
export const SPECIFICATION = listed(`
  accept AcceptEx bind closesocket connect EnumProtocols GetAcceptExSockaddrs GetAddressByName gethostbyaddr gethostbyname
  gethostname GetNameByType getpeername getprotobyname getprotobynumber getservbyname getservbyport GetService getsockname
  getsockopt GetTypeByName htonl htons inet_addr inet_ntoa ioctlsocket listen ntohl ntohs recv recvfrom select send sendto
  SetService setsockopt shutdown socket TransmitFile WSAAccept WSAAddressToString WSAAsyncGetHostByAddr WSAAsyncGetHostByName
  WSAAsyncGetProtoByName WSAAsyncGetProtoByNumber WSAAsyncGetServByName WSAAsyncGetServByPort WSAAsyncSelect
  WSACancelAsyncRequest WSACancelBlockingCall WSACleanup WSACloseEvent WSAConnect WSACreateEvent WSADuplicateSocket
  WSAEnumNameSpaceProviders WSAEnumNetworkEvents WSAEnumProtocols WSAEventSelect WSAGetLastError WSAGetOverlappedResult
  WSAGetQOSByName WSAGetServiceClassInfo WSAGetServiceClassNameByServiceClassId WSAHtonl WSAHtons WSAInstallServiceClass
  WSAIoctl WSAIsBlocking WSAJoinLeaf WSALookupServiceBegin WSALookupServiceEnd WSALookupServiceNext WSANtohl WSANtohs WSARecv
  WSARecvDisconnect WSARecvEx WSARecvFrom WSARemoveServiceClass WSAResetEvent WSASend WSASendDisconnect WSASendTo
  WSASetBlockingHook WSASetEvent WSASetLastError WSASetService WSASocket WSAStartup WSAStringToAddress WSAUnhookBlockingHook
  WSAWaitForMultipleEvents`);

/** Those of winsock2.h, ws2tcpip.h and mswsock.h that came later. */
export const MICROSOFT = listed(`
  ConnectEx DisconnectEx freeaddrinfo FreeAddrInfo FreeAddrInfoEx gai_strerror getaddrinfo GetAddrInfo GetAddrInfoEx
  GetAddrInfoExCancel GetAddrInfoExOverlappedResult GetHostNameW getnameinfo GetNameInfo htond htonf htonll inet_ntop inet_pton
  InetNtop InetPton ntohd ntohf ntohll SetAddrInfoEx TransmitPackets WSAConnectByList WSAConnectByName
  WSAEnumNameSpaceProvidersEx WSAGetServiceClassNameByClassId WSANSPIoctl WSAPoll WSAProviderConfigChange WSARecvMsg
  WSASendMsg`);

/** Those that configure the catalogs (ws2spi.h, sporder.h). */
export const CATALOG = listed(`
  WSCDeinstallProvider WSCEnableNSProvider WSCEnumProtocols WSCGetApplicationCategory WSCGetProviderInfo WSCGetProviderPath
  WSCInstallNameSpace WSCInstallNameSpaceEx WSCInstallProvider WSCInstallProvider64_32 WSCInstallProviderAndChains
  WSCInstallProviderAndChains64_32 WSCInstallQOSTemplate WSCRemoveQOSTemplate WSCSetApplicationCategory WSCSetProviderInfo
  WSCUnInstallNameSpace WSCUpdateProvider WSCWriteNameSpaceOrder WSCWriteProviderOrder`);

/** The same for the 32-bit catalog. */
export const CATALOG_32 = listed(`
  WSCDeinstallProvider32 WSCEnableNSProvider32 WSCEnumNameSpaceProviders32 WSCEnumNameSpaceProvidersEx32 WSCEnumProtocols32
  WSCGetProviderInfo32 WSCGetProviderPath32 WSCInstallNameSpace32 WSCInstallNameSpaceEx32 WSCSetProviderInfo32
  WSCUnInstallNameSpace32 WSCUpdateProvider32 WSCWriteNameSpaceOrder32 WSCWriteProviderOrder32`);

/** Those of port reservations (iphlpapi.h). */
export const RESERVATIONS = listed(`
  CreatePersistentTcpPortReservation CreatePersistentUdpPortReservation DeletePersistentTcpPortReservation
  DeletePersistentUdpPortReservation LookupPersistentTcpPortReservation LookupPersistentUdpPortReservation`);

/** Functions that have an A and a W form too. */
export const IN_BOTH_WIDTHS = listed(`
  EnumProtocols GetAddressByName GetNameByType GetService GetTypeByName SetService WSAAddressToString WSADuplicateSocket
  WSAEnumNameSpaceProviders WSAEnumNameSpaceProvidersEx WSAEnumProtocols WSAGetServiceClassInfo
  WSAGetServiceClassNameByClassId WSAInstallServiceClass WSALookupServiceBegin WSALookupServiceNext WSASetService WSASocket
  WSAStringToAddress WSAConnectByName`);
