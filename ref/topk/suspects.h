/* suspects.h: the mistakes that a program makes which selects almost right. */
#ifndef TS_TOPK_SUSPECTS_H
#define TS_TOPK_SUSPECTS_H

#include "ref/base/ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A selection that a mistaken program would make. */
typedef struct {
    const char *text; /* "thresholds are compared with > instead of >=" */
    bool strict;      /* > for >= */
    bool signs;       /* values instead of magnitudes */
    int mean;         /* 0: double; 1: sums in float32; 2: thresholds as well; above: divides by the
                         size rounded up to a multiple of this */
    int steps;        /* more than asked for */
    bool zero;        /* threshold 1 begins at 0 */
    bool high;        /* exact: ties go to the higher index */
} ts_suspect;

extern const ts_suspect ts_suspects_mstopk[], ts_suspects_exact[]; /* ended by {0} */

/* Room to work in, one for each entry. */
typedef struct {
    double a;
    int64_t i;
} ts_suspect_room;

/* What it would select of x (d), by MSTopK of so many steps with the slice at `start`, or exactly when
 * steps is negative: at most k indices into out (room for d), how many is returned. */
int64_t ts_suspect_selects(const ts_suspect *s, int64_t *out, ts_suspect_room *room, const double *x,
                           int64_t d, int64_t k, int64_t steps, int64_t start);

#ifdef __cplusplus
}
#endif
#endif
