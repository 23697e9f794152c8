/* schedule.h: learning rates (or momenta, or image sizes) as functions of the step. */
#ifndef TS_OPTIM_SCHEDULE_H
#define TS_OPTIM_SCHEDULE_H

#include "ref/base/ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    TS_SCHEDULE_CONSTANT,
    TS_SCHEDULE_LINEAR,     /* from base to end */
    TS_SCHEDULE_COSINE,     /* end + (base - end) max(0, (1 + cos(2 pi cycles x)) / 2) */
    TS_SCHEDULE_POLYNOMIAL, /* end + (base - end) (1 - x)^power */
    TS_SCHEDULE_STEPS,      /* value[i] from step at[i] on; base before */
    TS_SCHEDULE_KNOTS       /* straight lines between (at[i], value[i]); flat outside */
} ts_schedule_kind;

enum { TS_SCHEDULE_POINTS = 32 };

/* After `total` a schedule stays where it is. x = (step - warmup) / (total - warmup), kept within [0, 1]. In the first `warmup` steps, numbers 0 to
 * warmup - 1, the value is warmup_from + (base - warmup_from) step / warmup instead. */
typedef struct {
    ts_schedule_kind kind;
    double base, end, warmup_from, power, cycles; /* cycles 0.5: half a cosine */
    int64_t warmup, total;
    int points;
    int64_t at[TS_SCHEDULE_POINTS]; /* rising */
    double value[TS_SCHEDULE_POINTS];
} ts_schedule;

/* Fails with a sentence when a schedule cannot be followed. */
ts_status ts_schedule_check(ts_ctx *ctx, const ts_schedule *s);
double ts_schedule_at(const ts_schedule *s, int64_t step);

bool ts_schedule_named(const char *name, ts_schedule_kind *kind); /* "constant", "linear", ... */

#ifdef __cplusplus
}
#endif
#endif
