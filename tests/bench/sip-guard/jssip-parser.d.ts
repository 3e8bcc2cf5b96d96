/** JsSIP's own types do not cover its parts. */
declare module 'jssip/lib/Parser.js' {
  const parser: { parseMessage(data: string, ua: object): unknown }
  export default parser
}
