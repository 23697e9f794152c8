/* stripes.h: convolutions that need no BLAS. _stripes.c */
#ifndef TS_OPS_BLAS_STRIPES_H
#define TS_OPS_BLAS_STRIPES_H

#include "ref/ops/product.h"

#include <stdbool.h>

/* y = conv(x, w) + b on all threads, as plain/conv2d.c defines it; b may be NULL. False where this
 * processor or this shape is none for it: nothing has been computed then. */
bool ts_conv_stripes(float *y, const float *x, const float *w, const float *b,
                     const ts_conv_shape *s);

#endif
