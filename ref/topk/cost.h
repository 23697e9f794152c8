/* cost.h: how long the gradients of one step travel, by formula.
 *
 * The alpha-beta model on n nodes of m ranks: a message of b bytes takes alpha + b beta; between
 * nodes beta belongs to the node's NIC, which its m ranks share. These are the formulas that the
 * literature compares schemes with; what a run of ours takes on the virtual clock (comm/clock.h)
 * counts every message and may differ where the literature rounds off. */
#ifndef TS_TOPK_COST_H
#define TS_TOPK_COST_H

#include "ref/comm/topology.h"
#include "ref/topk/density.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    TS_COST_RING,   /* dense ring all-reduce over all ranks */
    TS_COST_TREE,   /* dense all-reduce on two binary trees */
    TS_COST_TORUS,  /* dense 2D-torus all-reduce */
    TS_COST_GATHER, /* every rank's top-k to every rank */
    TS_COST_GTOPK,  /* merged in pairs on a tree, k in all */
    TS_COST_OKTOPK, /* split reduction of the top-k: the upper bound */
    TS_COST_HITOPK, /* hierarchical: dense inside a node, top-k between nodes */
    TS_COSTS
} ts_cost_scheme;

/* "ring", "tree", "2d-torus", "all-gather", "gtopk", "oktopk", "hitopk". */
const char *ts_cost_name(ts_cost_scheme scheme);
bool ts_cost_sparse(ts_cost_scheme scheme);

typedef struct {
    int64_t params;     /* elements of the gradient */
    ts_density density; /* kept of them by the sparse schemes */
    int grad, value;    /* bytes of a dense element and of a value that is sent */
} ts_payload;           /* an index takes 4 bytes */

enum { TS_INDEX_BYTES = 4, TS_COST_PARTS = 3 };

typedef struct {
    double seconds;
    double nic_bytes;            /* sent by each node */
    double part[TS_COST_PARTS];  /* of the hierarchical schemes: inside, between, inside */
} ts_cost;

/* The topology's hosts have the same number of ranks each. Selection and adding up what came are not
 * in it. */
ts_cost ts_cost_of(const ts_topology *topology, ts_cost_scheme scheme, const ts_payload *payload);

/* The density at which the hierarchical scheme sends as many bytes from a node as the 2D-torus:
 * (n - 1) rho d (v + 4) = 2 (n - 1) / n d g, so rho = 2 g / (n (v + 4)). */
double ts_cost_crossover(const ts_topology *topology, const ts_payload *payload);

/* Reading d elements `passes` times at so many bytes a second: MSTopK with N steps makes N + 3. */
double ts_cost_passes(int64_t d, int bytes, int passes, double bandwidth);

#ifdef __cplusplus
}
#endif
#endif
