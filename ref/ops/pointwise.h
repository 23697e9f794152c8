/* pointwise.h: parameters of the kernels of pointwise.def. */
#ifndef TS_OPS_POINTWISE_H
#define TS_OPS_POINTWISE_H

#include "ref/base/tensor.h"

/* Two operands laid over each other as NumPy does: the result is contiguous of `size`; an operand
 * has stride 0 along an axis that it is repeated on. Axes that can be walked as one are one. */
typedef struct {
    int rank;
    int64_t size[TS_MAX_RANK], a[TS_MAX_RANK], b[TS_MAX_RANK];
} ts_broadcast;

/* Functions of one number: plain/activation.c. */
typedef enum {
    TS_SILU,
    TS_GELU,
    TS_GELU_TANH,
    TS_QUICK_GELU,
    TS_RELU,
    TS_HARD_SWISH,
    TS_HARD_SIGMOID,
    TS_SIGMOID,
    TS_TANH,
    TS_EXP,
    TS_CLAMP
} ts_activation;

/* Functions of two numbers: plain/arithmetic.c. */
typedef enum { TS_COMBINE, TS_MULTIPLY } ts_pairing;

/* Sines and cosines of positions: plain/positions.c. */
typedef struct {
    int64_t dim;          /* columns */
    double period, shift; /* frequency i: period^(-i / (dim / 2 - shift)) */
    bool cos_first, f32;  /* f32: frequency and angle are floats */
} ts_sinusoid_shape;

typedef struct {
    int axes;
    int64_t columns, dims[TS_MAX_RANK];
    double theta;
    bool sine;
} ts_rope_shape;

#endif
