/* kernels.h: prototypes of the kernels that a file of ops/plain, ops/fast or ops/blas defines. */
#ifndef TS_OPS_KERNELS_H
#define TS_OPS_KERNELS_H

#include "ref/base/real.h"
#include "ref/ops/bag.h"
#include "ref/ops/norm.h"
#include "ref/ops/pointwise.h"
#include "ref/ops/product.h"
#include "ref/ops/shape.h"
#include "ref/ops/update.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KERNEL_PLAIN(name, args) void TS_NAME(name) args;
#define KERNEL_FAST(name, args) void TS_NAME(name) args;
#define KERNEL_BLAS(name, args) void TS_NAME(name) args;
#define GAUGE(name, args) void TS_NAME(name) args;
#include "ref/ops/kernels.def"
#undef KERNEL_PLAIN
#undef KERNEL_FAST
#undef KERNEL_BLAS
#undef GAUGE

/* The kernel of plain: fast calls it on pieces, one a thread, where the pieces do not meet. */
#if TS_REAL_BITS == 32
#define TS_PLAIN(f) TS_PASTE3(plain, f, f32)
#else
#define TS_PLAIN(f) TS_PASTE3(plain, f, f64)
#endif
/* That of fast: blas leaves to it what it does not do better. */
#if TS_REAL_BITS == 32
#define TS_FAST(f) TS_PASTE3(fast, f, f32)
#else
#define TS_FAST(f) TS_PASTE3(fast, f, f64)
#endif
#define KERNEL_PLAIN(name, args) void TS_PLAIN(name) args;
#define KERNEL_FAST(name, args) void TS_PLAIN(name) args; void TS_FAST(name) args;
#define KERNEL_BLAS(name, args) KERNEL_FAST(name, args)
#define GAUGE(name, args)
#include "ref/ops/kernels.def"
#undef KERNEL_PLAIN
#undef KERNEL_FAST
#undef KERNEL_BLAS
#undef GAUGE

#endif
