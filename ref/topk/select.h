/* select.h: any selector behind one call, for schemes and training. */
#ifndef TS_TOPK_SELECT_H
#define TS_TOPK_SELECT_H

#include "ref/topk/draw.h"
#include "ref/topk/mstopk.h"
#include "ref/topk/sampled.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    TS_SELECT_EXACT,    /* k entries */
    TS_SELECT_MSTOPK,   /* k entries */
    TS_SELECT_RANDOM,   /* k entries, by chance */
    TS_SELECT_DGC,      /* at most ceil(density d), sometimes fewer */
    TS_SELECT_GAUSSIAN, /* about k where entries are normal, any number elsewhere */
    TS_SELECT_REUSED,   /* about k: Ok-Topk's kept threshold */
    TS_SELECTORS
} ts_selector_kind;

const char *ts_selector_name(ts_selector_kind kind); /* "exact", "mstopk", "random", "dgc", ... */
ts_status ts_selector_from(ts_ctx *ctx, const char *name, ts_selector_kind *kind);

/* true when the number of entries is k whatever the data are. */
bool ts_selector_is_fixed(ts_selector_kind kind);

typedef struct {
    ts_selector_kind kind;
    int64_t steps;   /* MSTopK's N; 0 entries of the struct zeroed: set it, 30 is usual */
    bool wrap, below_mean;
    bool has_start;  /* MSTopK, DGC: the slice or the sample starts at `start` instead of a draw */
    int64_t start;
    bool shared;     /* random: all ranks draw the same (the rank is left out of the draw) */
} ts_selector;

/* Selects about k of u (d), 1 <= k <= d. `reused` belongs to the selector's state (zeroed at first;
 * only TS_SELECT_REUSED needs it). Fails with "nonfinite" for NaN and infinity. */
ts_status ts_select(ts_ctx *ctx, ts_sparse *out, const ts_selector *selector, ts_reused *reused,
                    ts_tensor u, int64_t k, ts_draw draw);

#ifdef __cplusplus
}
#endif
#endif
