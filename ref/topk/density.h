/* density.h: which part of a vector is kept, as a fraction of whole numbers. */
#ifndef TS_TOPK_DENSITY_H
#define TS_TOPK_DENSITY_H

#include "ref/base/ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int64_t num, den; /* 0 <= num <= den <= TS_DENSITY_LIMIT, den > 0 */
} ts_density;

enum { TS_DENSITY_LIMIT = 1000000000 };

/* "0.01", "1e-3", "1/16", "1": the number as it is written, not the double next to it. */
ts_status ts_density_parse(ts_ctx *ctx, ts_density *density, const char *text);
ts_status ts_density_check(ts_ctx *ctx, ts_density density);

/* k of d entries: max(1, floor(d num / den)) in 64-bit integers; 0 for d = 0. */
int64_t ts_density_k(ts_density density, int64_t d);

/* The density of epoch e while training begins, `epochs` of warm-up before the final `base`:
 *
 *     exponential   max(base^((e + 1) / (epochs + 1)), base): 0.316, 0.1, 0.0316, 0.01, 0.00316 for
 *                   base 0.001 and 5 epochs; rounded to a multiple of 1e-9 (the published program
 *                   of DGC)
 *     published     1/4, 1/16, 1/64, 1/250, 1/1000, never below the base (as recalled of the paper of
 *                   DGC; `epochs` is at most 5) */
typedef enum { TS_WARMUP_NONE, TS_WARMUP_EXPONENTIAL, TS_WARMUP_PUBLISHED } ts_warmup;
ts_density ts_density_at(ts_density base, ts_warmup warmup, int64_t epochs, int64_t e);

#ifdef __cplusplus
}
#endif
#endif
