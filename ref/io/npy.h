/* npy.h: one array in a file, as NumPy writes it.
 *
 * Layout: "\x93NUMPY", two bytes of version (1, 2, 3), the header's length (2 bytes in version 1, 4
 * otherwise), the header: a Python dictionary with 'descr' (type and byte order), 'fortran_order',
 * 'shape'; the data. Source: numpy.lib.format in NumPy's documentation.
 *
 * Types: f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1, either byte order. NumPy has no bfloat16 and no 8-bit
 * float; its extension ml_dtypes stores them as V2 and V1, and so they are read: <V2 as BF16, |V1
 * as F8_E4M3. (u2 stays U16: whoever keeps bf16 bits in it says so elsewhere.) */
#ifndef TS_IO_NPY_H
#define TS_IO_NPY_H

#include "ref/base/ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The array, rows first whatever its order was, in the context's arena; empty after a failure.
 * Bytes behind the array are refused. */
ts_tensor ts_npy_read(ts_ctx *ctx, const char *path);

/* Version 1, little-endian, rows first; strided views are laid out on the way. Atomic. */
ts_status ts_npy_write(ts_ctx *ctx, const char *path, ts_tensor t);

#ifdef __cplusplus
}
#endif
#endif
