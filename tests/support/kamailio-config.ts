export type KamailioConfig = {
  webSocketPort: number
  udpPort: number
  /** rtpengine's control port. */
  ngPort: number
  folder: string
  secret: string
  realm: string
  /** Seconds that a registration lasts at most. */
  longestExpiry: number
}

const modulePath = '/usr/lib/x86_64-linux-gnu/kamailio/modules/'
const modules = [
  ...['kex', 'corex', 'tm', 'tmx', 'sl', 'rr', 'pv', 'maxfwd', 'usrloc', 'registrar', 'textops', 'siputils'],
  ...['ctl', 'auth', 'auth_ephemeral', 'nathelper', 'rtpengine', 'xhttp', 'websocket'],
]

const sdpRewrite = 'replace-origin replace-session-connection'
/** Towards a browser: DTLS-SRTP with ICE on one port. */
const toBrowser = `${sdpRewrite} ICE=force UDP/TLS/RTP/SAVPF generate-mid SDES-off no-rtcp-attribute`
const toTrunk = `${sdpRewrite} ICE=remove RTP/AVP rtcp-mux-demux`

/**
 * An edge proxy between desks (SIP over WebSocket, digest by `auth_ephemeral`) and a trunk (SIP over UDP from loopback, trusted), whose
 * media rtpengine translates.
 */
export function kamailioConfig(options: KamailioConfig): string {
  const { webSocketPort, udpPort, ngPort, folder, secret, realm, longestExpiry } = options
  return `#!KAMAILIO
#!define FLAG_FROM_DESK 1
debug=1
log_stderror=yes
fork=yes
children=2
tcp_children=2
auto_aliases=no
dns=no
rev_dns=no
alias="${realm}"
listen=udp:127.0.0.1:${udpPort}
listen=tcp:127.0.0.1:${webSocketPort}
# A WebSocket upgrade has no Content-Length.
tcp_accept_no_cl=yes
tcp_connection_lifetime=3605
tcp_rd_buf_size=65536

mpath="${modulePath}"
${modules.map((name) => `loadmodule "${name}.so"`).join('\n')}

modparam("ctl", "binrpc", "unix:${folder}/ctl")
modparam("tm", "fr_timer", 5000)
modparam("tm", "fr_inv_timer", 60000)
modparam("rr", "enable_double_rr", 1)
modparam("registrar", "max_expires", ${longestExpiry})
modparam("usrloc", "db_mode", 0)
# A desk whose WebSocket broke is no target any more; the timer is what looks.
modparam("usrloc", "handle_lost_tcp", 1)
modparam("usrloc", "timer_interval", 5)
modparam("nathelper|registrar", "received_avp", "$avp(RECEIVED)")
modparam("rtpengine", "rtpengine_sock", "udp:127.0.0.1:${ngPort}")
modparam("rtpengine", "write_sdp_pv", "$avp(sdp)")
modparam("auth_ephemeral", "secret", "${secret}")

request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  force_rport();
  if (proto == WS) {
    setflag(FLAG_FROM_DESK);
    if (is_method("REGISTER")) fix_nated_register();
    else add_contact_alias();
  }
  if (is_method("CANCEL")) {
    if (t_check_trans()) route(RELAY);
    exit;
  }
  if (!is_method("ACK")) {
    if (t_precheck_trans()) { t_check_trans(); exit; }
    t_check_trans();
  }
  if (has_totag()) { route(IN_DIALOG); exit; }
  remove_hf("Route");
  if (is_method("INVITE")) record_route();
  if (proto == WS) route(AUTHENTICATE);
  if (is_method("REGISTER")) {
    if (!save("location")) sl_reply_error();
    exit;
  }
  if (!lookup("location")) { sl_send_reply("480", "Temporarily Unavailable"); exit; }
  route(RELAY);
}

route[AUTHENTICATE] {
  if (!autheph_check("${realm}")) { auth_challenge("${realm}", "1"); exit; }
  if (is_method("REGISTER") && !autheph_check_to()) { sl_send_reply("403", "Forbidden"); exit; }
  if (!is_method("REGISTER") && !autheph_check_from()) { sl_send_reply("403", "Forbidden"); exit; }
  consume_credentials();
  # Only the trunk is believed about who calls (RFC 3325).
  remove_hf("P-Asserted-Identity");
}

route[IN_DIALOG] {
  if (loose_route()) { handle_ruri_alias(); route(RELAY); exit; }
  if (is_method("ACK")) {
    if (t_check_trans()) route(RELAY);
    exit;
  }
  sl_send_reply("481", "Call/Transaction Does Not Exist");
}

route[RELAY] {
  t_on_branch("OFFER");
  if (is_method("INVITE")) { t_on_reply("ANSWER"); t_on_failure("FAILED"); }
  else t_on_reply("PLAIN");
  if (!t_relay()) sl_reply_error();
  exit;
}

branch_route[OFFER] {
  if (is_method("BYE|CANCEL")) { rtpengine_delete(); return; }
  if (!has_body("application/sdp")) return;
  if ($du =~ "transport=ws" || $ru =~ "transport=ws") {
    rtpengine_manage("${toBrowser} rtcp-mux-offer rtcp-mux-require DTLS=passive");
  } else rtpengine_manage("${toTrunk}");
  set_body("$avp(sdp)", "application/sdp");
}

onreply_route[ANSWER] {
  if (proto == WS) add_contact_alias();
  if (!has_body("application/sdp")) return;
  if (isflagset(FLAG_FROM_DESK)) {
    rtpengine_manage("${toBrowser} rtcp-mux-accept");
  } else rtpengine_manage("${toTrunk}");
  set_body("$avp(sdp)", "application/sdp");
}

onreply_route[PLAIN] {
  if (proto == WS) add_contact_alias();
}

failure_route[FAILED] {
  if (!has_totag()) rtpengine_delete();
}

event_route[xhttp:request] {
  set_reply_close();
  set_reply_no_connect();
  if ($hdr(Upgrade) =~ "websocket" && $hdr(Connection) =~ "Upgrade") {
    if (ws_handle_handshake()) exit;
  }
  xhttp_reply("404", "Not Found", "", "");
}
`
}
