/* resample.h: 8-bit pictures, resized as Pillow does it. */
#ifndef TS_EDIT_RESAMPLE_H
#define TS_EDIT_RESAMPLE_H

#include "ref/base/ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { TS_LANCZOS, TS_BICUBIC, TS_BILINEAR } ts_filter;

/* out (h, w, channels) of in (in_h, in_w, channels); both row by row, pixels interleaved. They do
 * not overlap. Fails with TS_ERROR_MEMORY, or TS_ERROR_SHAPE on sizes below 1. */
ts_status ts_resample(ts_ctx *ctx, uint8_t *out, int64_t h, int64_t w, const uint8_t *in,
                      int64_t in_h, int64_t in_w, int64_t channels, ts_filter filter);

#ifdef __cplusplus
}
#endif
#endif
