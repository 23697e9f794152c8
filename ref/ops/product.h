/* product.h: what the kernels of convolution and attention are told, as they have more sizes than a
 * list of arguments bears. How to read it: plain/conv2d.c, plain/attention.c. */
#ifndef TS_OPS_PRODUCT_H
#define TS_OPS_PRODUCT_H

#include <stdbool.h>
#include <stdint.h>

/* What a thread has in work at a time in a convolution. fast: so many columns of results, which are
 * pixels, or, for the gradient of the weight, taps. blas: so many taps of so many pixels, and
 * as many pixels of every output. */
enum { TS_CONV_COLUMNS = 256, TS_CONV_DEPTH = 512, TS_CONV_PIXELS = 256 };

/* x (batch, groups c, h, w), w (groups o, c, kh, kw), y (batch, groups o, out_h, out_w). */
typedef struct ts_conv_shape {
    int64_t batch, groups;
    int64_t c, h, w;         /* inputs of one group */
    int64_t o, out_h, out_w; /* outputs of one group */
    int64_t kh, kw, down, across, top, left;
    void *scratch; /* scratch_bytes for each thread, one after the other */
    int64_t scratch_bytes;
} ts_conv_shape;

enum { TS_ATTENTION_SEGMENTS = 8 };

/* q (batch, heads, lq, d), k (batch, heads, lk, d), v (batch, heads, lk, dv): arrays of the
 * kernel's storage type. Where a gauge is computed, g* say how far they are off (or NULL). */
typedef struct ts_attention_args {
    int64_t batch, heads, lq, lk, d, dv;
    const void *q, *k, *v;
    const double *gq, *gk, *gv, *gmask;
    double scale;
    const void *mask;        /* added to the scores, or NULL */
    const uint8_t *allow;    /* 0: must not attend; or NULL */
    int64_t mask_stride[4];  /* of either mask over (batch, heads, lq, lk), 0 where it has one
                                element for all */
    int64_t mask_size[4];
    bool causal;
    int segments;
    int64_t start[TS_ATTENTION_SEGMENTS + 1];
    double between[TS_ATTENTION_SEGMENTS][TS_ATTENTION_SEGMENTS];
    void *scratch; /* scratch_bytes for each thread, one after the other */
    int64_t scratch_bytes;
} ts_attention_args;

/* Rows (queries; in the walk back also keys) that a thread has in work at a time: its scratch holds
 * their scores against everything, twice. Nothing is nearer to L x L than that. */
enum { TS_ATTENTION_ROWS = 128 };

#endif
