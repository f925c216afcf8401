// The hook in NODE_OPTIONS.

/** The hook's module: the one of this package, wherever the program that it comes into lies. */
export function hookUrl(): string {
  return new URL('../register/index.js', import.meta.url).href;
}

/** Whether programs that are started with these options have the hook. */
export function isHooked(nodeOptions: string | undefined): boolean {
  return nodeOptions !== undefined && (nodeOptions.includes(hookUrl()) || nodeOptions.includes('ws2spi/register'));
}

/** `NODE_OPTIONS` with the hook before what there is already. */
export function withHook(nodeOptions: string | undefined): string {
  if (isHooked(nodeOptions)) return nodeOptions!;
  const hook = `--import=${hookUrl()}`;
  return nodeOptions === undefined || nodeOptions.trim() === '' ? hook : `${hook} ${nodeOptions}`;
}
