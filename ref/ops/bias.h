/* bias.h: what is added to an attention score before the softmax, one pair at a time.
 *
 * Included by the kernels of every table, so that there is one meaning: the parts that are given
 * (mask, causal order, segments) add up, and where any of them says no, the pair does not exist:
 * the result is -INFINITY, and neither k nor v of that key is looked at for this query. */
#ifndef TS_OPS_BIAS_H
#define TS_OPS_BIAS_H

#include "ref/base/real.h"
#include "ref/ops/product.h"

#include <math.h>

static inline int segment_of(const ts_attention_args *s, int64_t i)
{
    int at = 0;
    while (at + 1 < s->segments && i >= s->start[at + 1])
        at++;
    return at;
}

static inline wide pair_bias(const ts_attention_args *s, int64_t batch, int64_t head, int64_t i,
                             int64_t j)
{
    wide sum = 0;
    if (s->causal && j > i)
        return -(wide)INFINITY;
    if (s->segments > 0)
        sum += (wide)s->between[segment_of(s, i)][segment_of(s, j)];
    if (s->allow || s->mask) {
        const int64_t *stride = s->mask_stride;
        const int64_t at = batch * stride[0] + head * stride[1] + i * stride[2] + j * stride[3];
        if (s->allow && !s->allow[at])
            return -(wide)INFINITY;
        if (s->mask)
            sum += (wide)((const real *)s->mask)[at];
    }
    return sum;
}

#endif
