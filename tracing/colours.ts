/** Whether text is to be coloured: as FORCE_COLOR says, else as NO_COLOR says, else on terminals. */
export function wantsColours(isTerminal: boolean): boolean {
  const { FORCE_COLOR: forced, NO_COLOR: none = '', TERM: terminal } = process.env;
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return none === '' && isTerminal && terminal !== 'dumb';
}
