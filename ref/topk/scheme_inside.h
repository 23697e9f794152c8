/* scheme_inside.h: what the files of the schemes share; nobody else includes it. */
#ifndef TS_TOPK_SCHEME_INSIDE_H
#define TS_TOPK_SCHEME_INSIDE_H

#include "ref/comm/collective.h"
#include "ref/topk/packet.h"
#include "ref/topk/scheme.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ts_scheme {
    ts_comm *world;
    ts_comm node, across;  /* hitopk: the groups */
    ts_scheme_config config;
    ts_dtype type, wire;
    int64_t d, bucket;
    ts_shard part;         /* of which a residual is kept: everything, or hitopk's shard */
    ts_residual residual;  /* heap */
    /* oktopk: local threshold, its age, global threshold, its age, then the P + 1 bounds of regions. */
    double *thresholds;
    ts_scheme_steps steps;
};

/* What a rank has picked in a step. */
typedef struct {
    ts_tensor u, m;
    ts_sparse sent;  /* values as they travel */
    bool nonfinite;  /* nothing was picked */
} ts_choice;

/* u = residual + g (d of part), and about k of it; `local`: by that kept threshold instead of the
 * configuration's selector. A NaN or an infinity is no failure here but choice->nonfinite. */
ts_status ts_scheme_choose(ts_scheme *s, ts_choice *choice, void *g, int64_t k, int64_t step,
                           ts_reused *local);

/* Values become what they are after a journey: rounded to the wire's type. */
void ts_scheme_round(const ts_scheme *s, ts_sparse *values);

/* The residual after the step; `sent` is what has really arrived of the choice. */
void ts_scheme_keep(ts_scheme *s, const ts_choice *choice, const ts_sparse *sent);

/* Those entries of a whose index is in b, too; both ascending. */
ts_status ts_scheme_common(ts_ctx *ctx, ts_sparse *out, const ts_sparse *a, const ts_sparse *b);

/* Packets of all ranks of a group, in order. Own sparse vector in (of `size`), all of them out; `fixed`:
 * everybody has as many entries. *nonfinite is set when one of them is. */
typedef struct {
    int count;
    ts_sparse *from; /* rank by rank; empty where nonfinite */
    bool nonfinite;
} ts_parcels;
ts_status ts_scheme_gather(ts_scheme *s, ts_comm *group, ts_parcels *all, const ts_sparse *own,
                           bool nonfinite, bool fixed, int64_t step);

/* Memory for n bytes of packets, and a packet in it. */
unsigned char *ts_scheme_packet(ts_scheme *s, const ts_sparse *own, bool nonfinite, int64_t k,
                                int64_t step, unsigned char *to);

/* The algorithms: scheme_gather.c, scheme_gtopk.c, scheme_oktopk.c, scheme_hitopk.c. gradient (d) in
 * and out; true in *skipped: nothing was changed but the gradient, which is to be zeros. */
ts_status ts_scheme_all_gather(ts_scheme *s, void *gradient, int64_t step, bool *skipped);
ts_status ts_scheme_gtopk(ts_scheme *s, void *gradient, int64_t step, bool *skipped);
ts_status ts_scheme_oktopk(ts_scheme *s, void *gradient, int64_t step, bool *skipped);
ts_status ts_scheme_hitopk(ts_scheme *s, void *gradient, int64_t step, bool *skipped);

#ifdef __cplusplus
}
#endif
#endif
