// RFC 6455, 7.4.1, and the codes registered with IANA since.
const CLOSE_CODES = {
  1000: "normal closure",
  1001: "going away: the server stops, or the page is left",
  1002: "protocol error",
  1003: "unsupported data: this chat is text only",
  1005: "a close frame without a code",
  1006: "no close frame came: the connection was refused or lost",
  1007: "invalid data: the text was not UTF-8",
  1008: "policy violation: such as reading too slowly",
  1009: "message too big",
  1010: "an extension is missing",
  1011: "internal error of the server",
  1012: "service restart",
  1013: "try again later",
  1014: "bad gateway",
  1015: "TLS handshake failed",
};

/** "1001: going away: the server stops, or the page is left" */
export function closeCode(code) {
  const other = code >= 4000 ? "a code of the application's own" : "a registered code";
  return `${code}: ${CLOSE_CODES[code] ?? other}`;
}
