/* topology.h: which rank stands on which host, and what a message costs between them.
 *
 * The alpha-beta model: a message of b bytes over a free link takes alpha + b * beta seconds. There
 * are two classes of links, inside a host and between hosts; clock.h says who shares what. */
#ifndef TS_COMM_TOPOLOGY_H
#define TS_COMM_TOPOLOGY_H

#include "ref/base/ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TS_MAX_RANKS = 256 };

typedef enum { TS_INTRA = 0, TS_INTER = 1, TS_LINK_CLASSES = 2 } ts_link_class;

typedef struct {
    double alpha; /* seconds for any message */
    double beta;  /* seconds for each byte */
} ts_link;

typedef struct {
    int ranks; /* 1 .. TS_MAX_RANKS */
    int hosts; /* 1 .. ranks; 0: one */
    /* host[rank], 0 .. hosts - 1, with at least one rank on each: for servers on hosts of their own.
     * NULL: consecutive ranks share a host, ranks / hosts on each, the first ranks % hosts of the
     * hosts one more. The array is the caller's. */
    const int *host;
    ts_link link[TS_LINK_CLASSES];
} ts_topology;

/* ranks on hosts with the links of the worked examples: 5 us and 130 GB/s inside a host, 25 us and
 * 25 Gbit/s (3.125 GB/s) between hosts. */
ts_topology ts_topology_of(int ranks, int hosts);

/* Fails with TS_ERROR_USAGE when the numbers make no cluster. */
ts_status ts_topology_check(ts_ctx *ctx, const ts_topology *t);

int ts_topology_host(const ts_topology *t, int rank);
ts_link_class ts_topology_class(const ts_topology *t, int from, int to);

/* Rounds in which one becomes `count` by doubling: log2, rounded up. */
double ts_log2_up(double count);

/* The number of a rank among those of its host, and how many these are. */
int ts_topology_local(const ts_topology *t, int rank, int *count);

/* true when every host has the same number of ranks, which are consecutive: nodes x ranks. */
bool ts_topology_even(const ts_topology *t);

#ifdef __cplusplus
}
#endif
#endif
