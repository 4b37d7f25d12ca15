/* Sample outputs of the layout document, typed from there; the number behind
 * each is its section.  The cast is invented: KS1 198.51.100.11, GM1
 * 203.0.113.1, group ORBIT.  Redundancy, which is not in force, is left out. */
#ifndef TESTS_SHOW_SAMPLES_H
#define TESTS_SHOW_SAMPLES_H

// clang-format off
#define SAMPLE_GM_GROUP /* 1.1 */ \
	"    Group Name               : ORBIT\n" \
	"    Group Identity           : 4711\n" \
	"    Group Type               : GDOI (ISAKMP)\n" \
	"    Crypto Path              : ipv4\n" \
	"    Key Management Path      : ipv4\n" \
	"    Rekeys received          : 3\n" \
	"    IPSec SA Direction       : Both\n" \
	"\n" \
	"     Group Server list       : 198.51.100.11\n" \
	"                               198.51.100.12\n" \
	"\n" \
	"Group Member Information For Group ORBIT:\n" \
	"    IPSec SA Direction       : Both\n" \
	"    ACL Received From KS     : gdoi_group_ORBIT_temp_acl\n" \
	"\n" \
	"    Group member             : 203.0.113.1     vrf: None\n" \
	"       Local addr/port       : 203.0.113.1/848\n" \
	"       Remote addr/port      : 198.51.100.11/848\n" \
	"       fvrf/ivrf             : None/None\n" \
	"       Version               : 1.0.26\n" \
	"       Registration status   : Registered\n" \
	"       Registered with       : 198.51.100.11\n" \
	"       Re-registers in       : 2741 sec\n" \
	"       Succeeded registration: 1\n" \
	"       Attempted registration: 1\n" \
	"       Last rekey from       : 198.51.100.11\n" \
	"       Last rekey seq num    : 3\n" \
	"       Unicast rekey received: 3\n" \
	"       Rekey ACKs sent       : 3\n" \
	"       Rekey Rcvd(hh:mm:ss)  : 00:11:07\n" \
	"       PFS Rekey received    : 0\n" \
	"       DP Error Monitoring   : OFF\n" \
	"       IPSEC init reg executed    : 0\n" \
	"       IPSEC init reg postponed   : 0\n" \
	"       Active TEK Number     : 1\n" \
	"       SA Track (OID/status) : disabled\n" \
	"       Fail-Close Revert : Disabled\n" \
	"\n" \
	"       allowable rekey cipher: any\n" \
	"       allowable rekey hash  : any\n" \
	"       allowable transformtag: any ESP\n" \
	"\n" \
	"    Rekeys cumulative\n" \
	"       Total received        : 3\n" \
	"       After latest register : 3\n" \
	"       Rekey Acks sents      : 3\n" \
	"\n" \
	" ACL Downloaded From KS 198.51.100.11:\n" \
	"   access-list   deny udp any port = 848 any port = 848\n" \
	"   access-list   deny tcp any any port = 22\n" \
	"   access-list   permit ip 10.64.0.0 0.0.255.255 10.64.0.0 0" \
	".0.255.255\n" \
	"\n" \
	"KEK POLICY:\n" \
	"    Rekey Transport Type     : Unicast\n" \
	"    Lifetime (secs)          : 83412\n" \
	"    Encrypt Algorithm        : AES\n" \
	"    Key Size                 : 256\n" \
	"    Sig Hash Algorithm       : HMAC_AUTH_SHA256\n" \
	"    Sig Key Length (bits)    : 2352\n" \
	"\n" \
	"TEK POLICY for the current KS-Policy ACEs Downloaded:\n" \
	"  GigabitEthernet0/0:\n" \
	"    IPsec SA:\n" \
	"        spi: 0x6D1F02C4(1830748868)\n" \
	"        transform: esp-256-aes esp-sha256-hmac\n" \
	"        sa timing:remaining key lifetime (sec): (2873)\n" \
	"        Anti-Replay(Counter Based) : 64\n" \
	"        tag method : disabled\n" \
	"        alg key size: 32 (bytes)\n" \
	"        sig key size: 32 (bytes)\n" \
	"        encaps: ENCAPS_TUNNEL\n" \
	"\n" \
	"\n" \
	"KGS POLICY:\n" \
	"  REG_GM: local_addr 203.0.113.1\n" \
	"\n" \
	"P2P POLICY:\n" \
	"  REG_GM: local_addr 203.0.113.1\n"

#define SAMPLE_KS_GROUP /* 1.2 */ \
	"    Group Name               : ORBIT (Unicast)\n" \
	"    Re-auth on new CRL       : Disabled\n" \
	"    Group Identity           : 4711\n" \
	"    Group Type               : GDOI (ISAKMP)\n" \
	"    Crypto Path              : ipv4\n" \
	"    Key Management Path      : ipv4\n" \
	"    Group Members            : 2\n" \
	"    IPSec SA Direction       : Both\n" \
	"    IP D3P Window            : Disabled\n" \
	"    Split Resiliency Factor  : 0\n" \
	"    CKM status               : Disabled\n" \
	"    Group Rekey Lifetime     : 86400 secs\n" \
	"    Group Rekey\n" \
	"        Remaining Lifetime   : 83412 secs\n" \
	"        Time to Rekey        : 83187 secs\n" \
	"        Acknowledgement Cfg  : Cisco\n" \
	"    Rekey Retransmit Period  : 10 secs\n" \
	"    Rekey Retransmit Attempts: 2\n" \
	"    Group Retransmit\n" \
	"        Remaining Lifetime   : 0 secs\n" \
	"\n" \
	"      IPSec SA Number        : 1\n" \
	"      IPSec SA Rekey Lifetime: 3600 secs\n" \
	"      Profile Name           : ORBIT_PROF\n" \
	"      Replay method          : Count Based\n" \
	"      Replay Window Size     : 64\n" \
	"      Tagging method         : Disabled\n" \
	"      SA Rekey\n" \
	"         Remaining Lifetime  : 2873 secs\n" \
	"         Time to Rekey       : 2648 secs\n" \
	"      ACL Configured         : access-list ORBIT_ACL\n" \
	"\n" \
	"     Group Server list       : Local\n"

#define SAMPLE_GM /* 1.4 */ \
	"Group Member Information For Group ORBIT:\n" \
	"    IPSec SA Direction       : Both\n" \
	"    ACL Received From KS     : gdoi_group_ORBIT_temp_acl\n" \
	"\n" \
	"    Group member             : 203.0.113.1     vrf: None\n" \
	"       Local addr/port       : 203.0.113.1/848\n" \
	"       Remote addr/port      : 198.51.100.11/848\n" \
	"       fvrf/ivrf             : None/None\n" \
	"       Version               : 1.0.26\n" \
	"       Registration status   : Registered\n" \
	"       Registered with       : 198.51.100.11\n" \
	"       Re-registers in       : 2741 sec\n" \
	"       Succeeded registration: 1\n" \
	"       Attempted registration: 1\n" \
	"       Last rekey from       : 198.51.100.11\n" \
	"       Last rekey seq num    : 3\n" \
	"       Unicast rekey received: 3\n" \
	"       Rekey ACKs sent       : 3\n" \
	"       Rekey Rcvd(hh:mm:ss)  : 00:11:07\n" \
	"       PFS Rekey received    : 0\n" \
	"       DP Error Monitoring   : OFF\n" \
	"       IPSEC init reg executed    : 0\n" \
	"       IPSEC init reg postponed   : 0\n" \
	"       Active TEK Number     : 1\n" \
	"       SA Track (OID/status) : disabled\n" \
	"       Fail-Close Revert : Disabled\n" \
	"\n" \
	"       allowable rekey cipher: any\n" \
	"       allowable rekey hash  : any\n" \
	"       allowable transformtag: any ESP\n"

#define SAMPLE_GM_ACL /* 1.5 */ \
	"Group Name: ORBIT\n" \
	" ACL Downloaded From KS 198.51.100.11:\n" \
	"   access-list   deny udp any port = 848 any port = 848\n" \
	"   access-list   permit ip 10.64.0.0 0.0.255.255 10.64.0.0 0" \
	".0.255.255\n" \
	" ACL Configured Locally: \n" \
	"  Map Name: ORBIT_MAP\n" \
	"   access-list LOCAL_BYPASS deny tcp 10.64.1.0 0.0.0.255 10." \
	"64.9.0 0.0.0.255 port = 443\n"

#define SAMPLE_GM_ACL_LOCAL_NONE /* 1.5 */ \
	"Group Name: ORBIT\n" \
	" ACL Configured Locally: \n"

#define SAMPLE_GM_REKEY_DETAIL /* 1.6 */ \
	"Group ORBIT (Unicast)\n" \
	"    Number of Rekeys received (cumulative)       : 3\n" \
	"    Number of Rekeys received after registration : 3\n" \
	"    Number of Rekey Acks sent                    : 3\n" \
	"\n" \
	"Rekey (KEK) SA information :\n" \
	"          dst             src             conn-id  my-cookie" \
	"  his-cookie\n" \
	"New     : 203.0.113.1     198.51.100.11      1007   7F21C0D4" \
	"   19BEE4A2\n" \
	"Current : 203.0.113.1     198.51.100.11      1004   0C93D17E" \
	"   5A60F1B3\n" \
	"Previous: ---             ---               ---    ---      " \
	"  ---\n"

#define SAMPLE_GM_PUBKEY /* 1.8 */ \
	"  GDOI Group: ORBIT\n" \
	"    KS IP Address: 198.51.100.11\n" \
	"    conn-id: 1007    my-cookie:7F21C0D4    his-cookie:19BEE4" \
	"A2\n" \
	"    Key Data:\n" \
	"      30820122 300D0609 2A864886 F70D0101 01050003 82010F00 " \
	"3082010A 02820101 \n" \
	"      00C4D2E1 0F9A6B75 33D80417 A1F2C5E6 90B3D7A8 5C1E4F60 " \
	"728394A5 B6C7D8E9 \n" \
	"      FA0B1C2D 3E4F5061 728394A5 B6C7D8E9 FA0B1C2D 3E4F5061 " \
	"728394A5 B6C7D8E9 \n"

#define SAMPLE_GM_IDENTIFIER /* 1.9 */ \
	"GM Sender ID (SID) Information for Group ORBIT:\n" \
	"\n" \
	"  Group Member: 203.0.113.1      vrf: None\n" \
	"    Transform Mode                  : Non-Counter (Non-Suite" \
	"-B)\n" \
	"    # of SIDs Last Requested        : 0\n" \
	"\n" \
	"    CURRENT SIDs: None\n"

#define SAMPLE_GM_IDENTIFIER_DETAIL /* 1.9 */ \
	"GM Sender ID (SID) Information for Group ORBIT:\n" \
	"\n" \
	"  Group Member: 203.0.113.1      vrf: None\n" \
	"    Transform Mode                  : Non-Counter (Non-Suite" \
	"-B)\n" \
	"    # of SIDs Last Requested        : 0\n" \
	"\n" \
	"    CURRENT SIDs: None\n" \
	"\n" \
	"    NEXT SID REQUEST:\n" \
	"      TEK Lifetime                  : 3600 sec\n" \
	"      SID Length (Group Size)       : 24 bits (MEDIUM)\n"

#define SAMPLE_GM_COUNTERS /* 1.10 */ \
	"Data-plane statistics for group ORBIT:\n" \
	"    #pkts encrypt            : 50911    #pkts decrypt       " \
	"     : 51288\n" \
	"    #pkts tagged (send)      : 0        #pkts untagged (rcv)" \
	"     : 0\n" \
	"    #pkts no sa (send)       : 0        #pkts invalid sa (rc" \
	"v)   : 0\n" \
	"    #pkts encaps fail (send) : 0        #pkts decap fail (rc" \
	"v)   : 0\n" \
	"    #pkts invalid prot (rcv) : 0        #pkts verify fail (r" \
	"cv)  : 0\n" \
	"    #pkts not tagged (send)  : 0        #pkts not untagged (" \
	"rcv) : 0\n" \
	"    #pkts internal err (send): 0        #pkts internal err (" \
	"rcv) : 0\n"

#define SAMPLE_KS /* 1.11 */ \
	"Total group members registered to this box: 2\n" \
	"\n" \
	"Key Server Information For Group ORBIT:\n" \
	"    Group Name               : ORBIT\n" \
	"    Re-auth on new CRL       : Disabled\n" \
	"    Group Identity           : 4711\n" \
	"    Group Type               : GDOI (ISAKMP)\n" \
	"    Group Members            : 2\n" \
	"    Rekey Acknowledgement Cfg: Cisco\n" \
	"    IPSec SA Direction       : Both\n" \
	"    IP D3P Window            : Disabled\n" \
	"    Split Resiliency Factor  : 0\n" \
	"    CKM status               : Disabled\n" \
	"    ACL Configured:\n" \
	"        access-list ORBIT_ACL\n"

#define SAMPLE_KS_DETAIL /* 1.12 */ \
	"Total group members registered to this box: 2\n" \
	"\n" \
	"Key Server Information For Group ORBIT:\n" \
	"    Group Name               : ORBIT\n" \
	"    Re-auth on new CRL       : Disabled\n" \
	"    Group Identity           : 4711\n" \
	"    Group Type               : GDOI (ISAKMP)\n" \
	"    Group Members            : 2\n" \
	"    Rekey Acknowledgement Cfg: Cisco\n" \
	"    IPSec SA Direction       : Both\n" \
	"    IP D3P Window            : Disabled\n" \
	"    Split Resiliency Factor  : 0\n" \
	"    CKM status               : Disabled\n" \
	"    ACL Configured: \n" \
	"        access-list ORBIT_ACL\n"

#define SAMPLE_KS_MEMBERS /* 1.13 */ \
	"Group Member Information : \n" \
	"\n" \
	"Number of rekeys sent for group ORBIT : 3\n" \
	"Number of retransmits during the last rekey for group ORBIT " \
	": 0\n" \
	"Duration of the last rekey for group ORBIT : 12 msec\n" \
	"\n" \
	"Group Member ID    : 203.0.113.1  GM Version: 1.0.26\n" \
	" Group ID          : 4711\n" \
	" Group Name        : ORBIT\n" \
	" Group Type        : GDOI (ISAKMP)\n" \
	" GM State          : Registered\n" \
	" Key Server ID     : 198.51.100.11\n" \
	" Rekeys sent       : 3\n" \
	" Rekeys retries    : 0\n" \
	" Rekey Acks Rcvd   : 3\n" \
	" Rekey Acks missed : 0\n" \
	"\n" \
	" Sent seq num : 1     2     3     0     \n" \
	" Rcvd seq num : 1     2     3     0     \n" \
	"\n" \
	"\n" \
	"Group Member ID    : 203.0.113.2  GM Version: 1.0.26\n" \
	" Group ID          : 4711\n" \
	" Group Name        : ORBIT\n" \
	" Group Type        : GDOI (ISAKMP)\n" \
	" GM State          : Registered\n" \
	" Key Server ID     : 198.51.100.12\n" \
	" Rekeys sent       : 3\n" \
	" Rekeys retries    : 1\n" \
	" Rekey Acks Rcvd   : 2\n" \
	" Rekey Acks missed : 1\n" \
	"\n" \
	" Sent seq num : 1     2     3     0     \n" \
	" Rcvd seq num : 1     2     0     0     \n"

#define SAMPLE_KS_MEMBERS_ONE /* 1.13 */ \
	"Number of rekeys sent for group ORBIT : 3\n" \
	"Number of retransmits during the last rekey for group ORBIT " \
	": 0\n" \
	"Duration of the last rekey for group ORBIT : 12 msec\n" \
	"\n" \
	"Group Member ID    : 203.0.113.1  GM Version: 1.0.26\n" \
	" Group ID          : 4711\n" \
	" Group Name        : ORBIT\n" \
	" Group Type        : GDOI (ISAKMP)\n" \
	" GM State          : Registered\n" \
	" Key Server ID     : 198.51.100.11\n" \
	" Rekeys sent       : 3\n" \
	" Rekeys retries    : 0\n" \
	" Rekey Acks Rcvd   : 3\n" \
	" Rekey Acks missed : 0\n" \
	"\n" \
	" Sent seq num : 1     2     3     0     \n" \
	" Rcvd seq num : 1     2     3     0     \n"

#define SAMPLE_KS_SUMMARY /* 1.13 */ \
	"Group Member Information : \n" \
	"\n" \
	"Group Name: ORBIT, ID: 4711, Group Members: 2\n" \
	"Key Server ID: 198.51.100.11, GMDB state: LOCAL, Group Membe" \
	"rs: 1\n" \
	"  Member ID     Version      Rekey sent     Rekey Ack missed\n" \
	"  203.0.113.1  1.0.26         3               0\n" \
	"\n" \
	"Key Server ID: 198.51.100.12, GMDB state: REDUNDANT, Group M" \
	"embers: 1\n" \
	"  Member ID     Version      Rekey sent     Rekey Ack missed\n" \
	"  203.0.113.2  1.0.26         3               1\n"

#define SAMPLE_KS_POLICY /* 1.14 */ \
	"Key Server Policy:\n" \
	"For group ORBIT (handle: 0x40000002) server 198.51.100.11 (h" \
	"andle: 0x40000002):\n" \
	"\n" \
	"  # of teks : 1  Seq num : 3\n" \
	"  KEK POLICY (transport type : Unicast)\n" \
	"    spi : 0x0C93D17E44A1B6F25A60F1B3C8D0E712\n" \
	"    management alg     : disabled      encrypt alg          " \
	" : AES\n" \
	"    crypto iv length   : 16            key size             " \
	" : 32\n" \
	"    orig life(sec)     : 86400         remaining life(sec)  " \
	" : 83412\n" \
	"    time to rekey (sec): 83187\n" \
	"    sig hash algorithm : enabled       sig key length       " \
	" : 294\n" \
	"    sig size           : 256\n" \
	"    sig key name       : ORBIT_REKEY\n" \
	"    acknowledgement    : Cisco\n" \
	"\n" \
	"  TEK POLICY (encaps : ENCAPS_TUNNEL)\n" \
	"    spi                : 0x6D1F02C4\n" \
	"    access-list        : ORBIT_ACL\n" \
	"    transform          : esp-256-aes esp-sha256-hmac\n" \
	"    alg key size       : 32            sig key size         " \
	" : 32\n" \
	"    orig life(sec)     : 3600          remaining life(sec)  " \
	" : 2873\n" \
	"    tek life(sec)      : 3600          elapsed time(sec)    " \
	" : 727\n" \
	"    override life(sec) : 0             antireplay window siz" \
	"e: 64\n" \
	"    time to rekey (sec): 2648\n"

#define SAMPLE_KS_ACL /* 1.15 */ \
	"Group Name: ORBIT\n" \
	" Configured ACL:\n" \
	"   access-list ORBIT_ACL  deny udp any port = 848 any port =" \
	" 848\n" \
	"   access-list ORBIT_ACL  deny tcp any any port = 22\n" \
	"   access-list ORBIT_ACL  permit ip 10.64.0.0 0.0.255.255 10" \
	".64.0.0 0.0.255.255\n"

#define SAMPLE_KS_REKEY /* 1.16 */ \
	"Group ORBIT (Unicast)\n" \
	"    Acknowledgement Type In-Use         : Cisco\n" \
	"    Rekey In-Progress                   : No\n" \
	"    Number of Rekeys sent               : 3\n" \
	"    Number of Rekeys retransmitted      : 0\n" \
	"    KEK rekey lifetime (sec)            : 86400\n" \
	"        Remaining lifetime (sec)        : 83412\n" \
	"        Remaining time until rekey (sec): 83187\n" \
	"    Retransmit period                   : 10\n" \
	"    Number of retransmissions           : 2\n" \
	"    IPSec SA 1  lifetime (sec)          : 3600\n" \
	"        Remaining lifetime (sec)        : 2873\n" \
	"        Remaining time until rekey (sec): 2648\n"

#define SAMPLE_KS_COOP_NONE /* 1.18 */ \
	"Crypto Gdoi Group Name :ORBIT \n" \
	"        Group handle: 1073741826, Local Key Server handle: 1" \
	"073741826\n" \
	"        *NO* redundancy configured for this group\n"

#define SAMPLE_KS_IDENTIFIER /* 1.21 */ \
	"KS Sender ID (KSSID) Information for Group ORBIT:\n" \
	"\n" \
	"    Transform Mode           : Non-Counter (Non-Suite-B)\n" \
	"    Re-initializing          : No\n" \
	"    SID Length (Group Size)  : 24 bits (MEDIUM)\n" \
	"    Current KSSID In-Use     : none\n" \
	"    Last GMSID Used          : none\n"

#define SAMPLE_IPSEC_SA_GDOI /* 1.22 */ \
	"SA created for group ORBIT:\n" \
	"  GigabitEthernet0/0:\n" \
	"    protocol = udp\n" \
	"      local ident  = ANY, port = 848\n" \
	"      remote ident = ANY, port = 848\n" \
	"      direction: Both, replay(method/window): Counter/64\n" \
	"    protocol = tcp\n" \
	"      local ident  = ANY, port = 0\n" \
	"      remote ident = ANY, port = 22\n" \
	"      direction: Both, replay(method/window): Counter/64\n" \
	"    protocol = ip\n" \
	"      local ident  = 10.64.0.0/16, port = 0\n" \
	"      remote ident = 10.64.0.0/16, port = 0\n" \
	"      direction: Both, replay(method/window): Counter/64\n"

#define SAMPLE_REKEY_SA /* 1.23 */ \
	"GETVPN REKEY SA\n" \
	"dst             src             conn-id         status\n" \
	"203.0.113.1     198.51.100.11   1007            ACTIVE\n" \
	"203.0.113.1     198.51.100.11   1004            ACTIVE\n"

#define SAMPLE_ISAKMP_SA /* 2.1 */ \
	"IPv4 Crypto ISAKMP SA\n" \
	"dst             src             state          conn-id statu" \
	"s\n" \
	"203.0.113.1     198.51.100.11   GDOI_REKEY        1007 ACTIV" \
	"E\n" \
	"198.51.100.11   203.0.113.1     GDOI_IDLE         1006 ACTIV" \
	"E\n" \
	"\n" \
	"IPv6 Crypto ISAKMP SA\n"

#define SAMPLE_ISAKMP_SA_DETAIL /* 2.1 */ \
	"IPv4 Crypto ISAKMP SA\n" \
	"\n" \
	"C-id  Local           Remote          I-VRF  Status Encr Has" \
	"h   Auth DH Lifetime Cap.\n" \
	"\n" \
	"1006  203.0.113.1     198.51.100.11          ACTIVE aes  sha" \
	"256 psk  14 23:47:02 D   \n" \
	"       Engine-id:Conn-id =  SW:6\n" \
	"\n" \
	"IPv6 Crypto ISAKMP SA\n"

#define SAMPLE_ISAKMP_POLICY /* 2.2 */ \
	"Global IKE policy\n" \
	"Protection suite of priority 10\n" \
	"\tencryption algorithm:\tAES - Advanced Encryption Standard " \
	"(256 bit keys).\n" \
	"\thash algorithm:\t\tSecure Hash Standard 2 (256 bit)\n" \
	"\tauthentication method:\tPre-Shared Key\n" \
	"\tDiffie-Hellman group:\t#14 (2048 bit)\n" \
	"\tlifetime:\t\t86400 seconds, no volume limit\n"

#define SAMPLE_ISAKMP_KEY /* 2.3 */ \
	"Keyring      Hostname/Address                            Pre" \
	"shared Key\n" \
	"\n" \
	"default      198.51.100.11                               k3y" \
	"-one\n" \
	"             203.0.113.0      [255.255.255.0]            k3y" \
	"-two\n" \
	"             0.0.0.0          [0.0.0.0]                  k3y" \
	"-any\n"

#define SAMPLE_IPSEC_SA /* 2.5 */ \
	"interface: GigabitEthernet0/0\n" \
	"    Crypto map tag: ORBIT_MAP, local addr 203.0.113.1\n" \
	"\n" \
	"   protected vrf: (none)\n" \
	"   local  ident (addr/mask/prot/port): (10.64.0.0/255.255.0." \
	"0/0/0)\n" \
	"   remote ident (addr/mask/prot/port): (10.64.0.0/255.255.0." \
	"0/0/0)\n" \
	"   Group: ORBIT\n" \
	"   current_peer 0.0.0.0 port 848\n" \
	"     PERMIT, flags={origin_is_acl,}\n" \
	"    #pkts encaps: 50911, #pkts encrypt: 50911, #pkts digest:" \
	" 50911\n" \
	"    #pkts decaps: 51288, #pkts decrypt: 51288, #pkts verify:" \
	" 51288\n" \
	"    #pkts compressed: 0, #pkts decompressed: 0\n" \
	"    #pkts not compressed: 0, #pkts compr. failed: 0\n" \
	"    #pkts not decompressed: 0, #pkts decompress failed: 0\n" \
	"    #send errors 0, #recv errors 0\n" \
	"\n" \
	"     local crypto endpt.: 203.0.113.1, remote crypto endpt.:" \
	" 0.0.0.0\n" \
	"     plaintext mtu 1422, path mtu 1500, ip mtu 1500, ip mtu " \
	"idb GigabitEthernet0/0\n" \
	"     current outbound spi: 0x6D1F02C4(1830748868)\n" \
	"     PFS (Y/N): N, DH group: none\n" \
	"\n" \
	"     inbound esp sas:\n" \
	"      spi: 0x6D1F02C4(1830748868)\n" \
	"        transform: esp-256-aes esp-sha256-hmac ,\n" \
	"        in use settings ={Tunnel, }\n" \
	"        conn id: 17, flow_id: SW:17, sibling_flags FFFFFFFF8" \
	"0000040, crypto map: ORBIT_MAP\n" \
	"        sa timing: remaining key lifetime (sec): 2873\n" \
	"        Kilobyte Volume Rekey has been disabled\n" \
	"        IV size: 16 bytes\n" \
	"        replay detection support: Y\n" \
	"        Status: ACTIVE(ACTIVE)\n" \
	"\n" \
	"     inbound ah sas:\n" \
	"\n" \
	"     inbound pcp sas:\n" \
	"\n" \
	"     outbound esp sas:\n" \
	"      spi: 0x6D1F02C4(1830748868)\n" \
	"        transform: esp-256-aes esp-sha256-hmac ,\n" \
	"        in use settings ={Tunnel, }\n" \
	"        conn id: 18, flow_id: SW:18, sibling_flags FFFFFFFF8" \
	"0000040, crypto map: ORBIT_MAP\n" \
	"        sa timing: remaining key lifetime (sec): 2873\n" \
	"        Kilobyte Volume Rekey has been disabled\n" \
	"        IV size: 16 bytes\n" \
	"        replay detection support: Y\n" \
	"        Status: ACTIVE(ACTIVE)\n" \
	"\n" \
	"     outbound ah sas:\n" \
	"\n" \
	"     outbound pcp sas:\n"

#define SAMPLE_TRANSFORM_SETS /* 2.6 */ \
	"Transform set default: { esp-aes esp-sha-hmac  }\n" \
	"   will negotiate = { Transport,  },\n" \
	"\n" \
	"Transform set ORBIT_TS: { esp-256-aes esp-sha256-hmac  }\n" \
	"   will negotiate = { Tunnel,  },\n"

#define SAMPLE_PROFILES /* 2.6 */ \
	"IPSEC profile ORBIT_PROF\n" \
	"\tSecurity association lifetime: 4608000 kilobytes/3600 seco" \
	"nds\n" \
	"\tResponder-Only (Y/N): N\n" \
	"\tPFS (Y/N): N\n" \
	"\tMixed-mode : Disabled\n" \
	"\tTransform sets={\n" \
	"\t\tORBIT_TS:  { esp-256-aes esp-sha256-hmac  } ,\n" \
	"\t}\n" \
	"\n" \
	"IPSEC profile default\n" \
	"\tSecurity association lifetime: 4608000 kilobytes/3600 seco" \
	"nds\n" \
	"\tResponder-Only (Y/N): N\n" \
	"\tPFS (Y/N): N\n" \
	"\tMixed-mode : Disabled\n" \
	"\tTransform sets={\n" \
	"\t\tdefault:  { esp-aes esp-sha-hmac  } ,\n" \
	"\t}\n"

#define SAMPLE_CRYPTO_MAP /* 2.7 */ \
	"Crypto Map IPv4 \"ORBIT_MAP\" 10 gdoi\n" \
	"\tGroup Name: ORBIT\n" \
	"\tidentity number 4711\n" \
	"\tserver address ipv4 198.51.100.11\n" \
	"\tserver address ipv4 198.51.100.12\n" \
	"\tInterfaces using crypto map ORBIT_MAP:\n" \
	"\t\tGigabitEthernet0/0\n"

#define SAMPLE_IP_BRIEF /* 3.1 */ \
	"Interface                  IP-Address      OK? Method Status" \
	"                Protocol\n" \
	"GigabitEthernet0/0         203.0.113.1     YES NVRAM  up    " \
	"                up      \n" \
	"GigabitEthernet0/1         10.64.1.1       YES manual up    " \
	"                up      \n" \
	"GigabitEthernet0/2         unassigned      YES unset  admini" \
	"stratively down down    \n" \
	"Loopback0                  10.64.255.1     YES NVRAM  up    " \
	"                up      \n"

#define SAMPLE_IF_DESCRIPTION /* 3.3 */ \
	"Interface                      Status         Protocol Descr" \
	"iption\n" \
	"Gi0/0                          up             up       to WA" \
	"N\n" \
	"Gi0/1                          up             up       \n" \
	"Gi0/2                          admin down     down     \n" \
	"Lo0                            up             up       \n"

#define SAMPLE_IP_ROUTE /* 3.4 */ \
	"Codes: L - local, C - connected, S - static, R - RIP, M - mo" \
	"bile, B - BGP\n" \
	"       D - EIGRP, EX - EIGRP external, O - OSPF, IA - OSPF i" \
	"nter area \n" \
	"       N1 - OSPF NSSA external type 1, N2 - OSPF NSSA extern" \
	"al type 2\n" \
	"       E1 - OSPF external type 1, E2 - OSPF external type 2," \
	" m - OMP\n" \
	"       n - NAT, Ni - NAT inside, No - NAT outside, Nd - NAT " \
	"DIA\n" \
	"       i - IS-IS, su - IS-IS summary, L1 - IS-IS level-1, L2" \
	" - IS-IS level-2\n" \
	"       ia - IS-IS inter area, * - candidate default, U - per" \
	"-user static route\n" \
	"       H - NHRP, G - NHRP registered, g - NHRP registration " \
	"summary\n" \
	"       o - ODR, P - periodic downloaded static route, l - LI" \
	"SP\n" \
	"       a - application route\n" \
	"       + - replicated route, % - next hop override, p - over" \
	"rides from PfR\n" \
	"       & - replicated local route overrides by connected\n" \
	"\n" \
	"Gateway of last resort is 203.0.113.6 to network 0.0.0.0\n" \
	"\n" \
	"S*    0.0.0.0/0 [1/0] via 203.0.113.6\n" \
	"      10.0.0.0/8 is variably subnetted, 3 subnets, 2 masks\n" \
	"C        10.64.1.0/24 is directly connected, GigabitEthernet" \
	"0/1\n" \
	"L        10.64.1.1/32 is directly connected, GigabitEthernet" \
	"0/1\n" \
	"C        10.64.255.1/32 is directly connected, Loopback0\n" \
	"      203.0.113.0/24 is variably subnetted, 2 subnets, 2 mas" \
	"ks\n" \
	"C        203.0.113.0/29 is directly connected, GigabitEthern" \
	"et0/0\n" \
	"L        203.0.113.1/32 is directly connected, GigabitEthern" \
	"et0/0\n"

#define SAMPLE_ACCESS_LISTS /* 3.5 */ \
	"Standard IP access list 10\n" \
	"    10 permit 203.0.113.1\n" \
	"    20 permit 203.0.113.0, wildcard bits 0.0.0.7\n" \
	"    30 deny   any\n" \
	"Extended IP access list ORBIT_ACL\n" \
	"    10 deny udp any eq 848 any eq 848\n" \
	"    20 deny tcp any any eq 22 (14 matches)\n" \
	"    30 permit ip 10.64.0.0 0.0.255.255 10.64.0.0 0.0.255.255" \
	" (50911 matches)\n"

// clang-format on
#endif
