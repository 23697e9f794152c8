/* scheme.h: one bucket of gradients of every rank becomes its sum on all ranks.
 *
 * Dense schemes send everything, sparse ones what a selector picks, and keep the rest in a residual.
 * A scheme object belongs to one rank and one bucket; all ranks of the world open, call and close in
 * the same order. What comes out is the SUM over ranks, not the mean: whoever wants the mean divides
 * once, at the very end.
 *
 *     ring tree double_tree torus ordered     dense: comm/collective.h
 *     all_gather   every rank's packet to every rank, added in the order of ranks
 *     gtopk        packets merged in pairs on a tree to k entries in all, then broadcast
 *     oktopk       regions of indices reduced by their owners, the largest of all to everybody
 *     hitopk       dense reduce-scatter in a node, selection on the shard, packets between ranks of
 *                  the same number on all nodes, dense all-gather in the node
 *
 * A step with a NaN or an infinity on any rank is left out by all of them together: the gradient
 * becomes zeros, no residual changes, and `skipped` says so (sparse schemes; a dense sum carries the
 * NaN). */
#ifndef TS_TOPK_SCHEME_H
#define TS_TOPK_SCHEME_H

#include "ref/comm/comm.h"
#include "ref/io/items.h"
#include "ref/topk/residual.h"
#include "ref/topk/select.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const char *name;     /* of the list above */
    ts_density density;   /* of the bucket (hitopk: of each shard); may be changed between steps */
    ts_selector selector; /* of all_gather, gtopk and hitopk; gtopk takes those with a fixed k */
    ts_feedback feedback;
    ts_dtype wire;        /* of values: TS_NONE: as stored; TS_F32; TS_F16 */
    uint64_t seed;
    bool keep_steps;      /* for ts_scheme_last: memory of a step stays in the context's arena */
} ts_scheme_config;

/* What users call things by: "dense" (ring), the names above, and "topk", "mstopk", "dgc",
 * "gaussian", "randomk": all_gather with that selector; "hitopk" with MSTopK of 30 steps. Density 1/100,
 * feedback on. Fails with the list for other names. */
ts_status ts_scheme_preset(ts_ctx *ctx, ts_scheme_config *config, const char *name);
extern const char *const ts_scheme_presets[]; /* ended by NULL */
bool ts_scheme_is_sparse(const ts_scheme_config *config);

typedef struct ts_scheme ts_scheme;

/* For buckets of d elements of `type` (F32 or F64). Collective; NULL after a failure. */
ts_scheme *ts_scheme_open(ts_comm *world, const ts_scheme_config *config, ts_dtype type, int64_t d,
                          int64_t bucket);
void ts_scheme_close(ts_scheme *s);

void ts_scheme_set_density(ts_scheme *s, ts_density density); /* of the following steps: warm-up */

/* gradient (d): this rank's; then the sum. skipped may be NULL. */
ts_status ts_scheme_aggregate(ts_scheme *s, void *gradient, int64_t step, bool *skipped);

/* Adds this rank's residual to its gradient and forgets it: before the first dense step after sparse
 * ones, so that nothing is lost. */
void ts_scheme_flush(ts_scheme *s, void *gradient);

/* What a checkpoint must keep of this rank: views NAME.residual, NAME.momentum, NAME.thresholds, to be
 * written or filled. Dense schemes have none. */
ts_status ts_scheme_state(ts_scheme *s, ts_items *items, const char *name);

/* The steps of the last aggregate, with keep_steps, until the caller closes its scope of the arena: for
 * traces. Only what the scheme has. */
typedef struct {
    int64_t first;         /* where this rank's shard or region begins */
    ts_tensor reduced;     /* hitopk: the shard after the reduce-scatter, before the residual */
    ts_sparse sent;        /* this rank's own selection; hitopk: indices within the shard */
    ts_tensor accumulated; /* hitopk: the shard after all packets */
    ts_sparse result;      /* gtopk, oktopk: what went to everybody */
} ts_scheme_steps;
const ts_scheme_steps *ts_scheme_last(const ts_scheme *s);

#ifdef __cplusplus
}
#endif
#endif
