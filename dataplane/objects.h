/* Every name and number of ours in the kernel, in one place: what we make, we
 * find again by these after a crash. */
#ifndef DATAPLANE_OBJECTS_H
#define DATAPLANE_OBJECTS_H

/* Each group has a slot; slot N owns TUN gmN, mark, rule and table number N of
 * their ranges. */
#define DP_SLOTS 64

#define DP_NFT_TABLE "getvpn" /* family ip */
#define DP_TUN_NAME  "gm%u"
/* What rings take is dropped here; family netdev. */
#define DP_NFT_INGRESS "getvpn-in"
/* Where packets are caught as they leave: TAP gmxN, and a table of the name
 * above in family netdev. */
#define DP_TAP_NAME  "gmx%u"

#define DP_MARK_OUT(slot) (0x100u + (slot)) /* to be encrypted */
#define DP_MARK_OUT_MASK  (~(DP_SLOTS - 1u)) /* of any slot */
#define DP_MARK_LEAVE(slot) (0x140u + (slot)) /* the same, caught on its way out */
#define DP_MARK_OWN       0x200u            /* ESP that we send */
#define DP_MARK_IN        0x300u            /* ESP for us to decrypt */

#define DP_RULE_PREF_IN        99u
#define DP_RULE_PREF_OUT(slot) (100u + (slot))

#define DP_RT_IN        20999u /* local default dev lo */
#define DP_RT_OUT(slot) (21000u + (slot))
#define DP_RT_IS_OURS(table) ((table) >= DP_RT_IN && (table) < DP_RT_OUT(DP_SLOTS))
/* Behind the route into the TUN: what is meant to be encrypted is dropped, not
 * sent in clear, while the TUN is down or gone. */
#define DP_BLACKHOLE_METRIC 9999u

/* The xfrm backend: slot N has state and policy number N of its range.  Both
 * backends may be open, and no two groups have the same slot. */
#define DP_XFRM_NFLOG_GROUP 850
#define DP_XFRM_OUT(slot)   (0x400u + (slot)) /* to be encrypted */
#define DP_XFRM_IN          0x480u            /* decrypted, and admitted */
#define DP_XFRM_MASK        0xffffff00u       /* both of them */
#define DP_XFRM_ESP         0x500u            /* ESP for us to decrypt */
#define DP_XFRM_REQID(slot) (0x47560000u + (slot))
#define DP_XFRM_PROBE       DP_XFRM_REQID(DP_SLOTS)
/* Other programs' policies go first. */
#define DP_XFRM_PRIORITY 0x7fff0000u
/* Where the kernel thinks it sends ESP, before the inner addresses take its
 * place: 169.254.84.128+N, in a table of its own behind a rule. */
#define DP_ANCHOR(slot)       (0xa9fe5480u + (slot))
#define DP_ANCHOR_BITS        26u
#define DP_RT_ANCHOR          20998u
#define DP_RULE_PREF_ANCHOR   98u

/* Tables of VRFs: this one and those behind it. */
#define VRF_TABLE_FIRST 22000u

/* The TUN needs an address to pass even the loose reverse path check. */
#define DP_TUN_ADDR(slot) (0xa9fe5400u + (slot) + 1) /* 169.254.84.N+1/32 */
#define DP_TUN_MTU        9200u

#define DP_NFLOG_GROUP 848
#define DP_NFLOG_SNAP  96

/* Access lists on interfaces: a table in family ip and one in ip6. */
#define DP_FILTER_TABLE "getvpn-acl"
#define DP_FILTER_GROUP 849
#define DP_FILTER_SNAP  192

#define DP_PROBE_TABLE "getvpn-probe" /* within one transaction */
/* What must not pass in clear; the one table that may outlive us. */
#define DP_GUARD_TABLE "getvpn-guard"
#endif
