/* parts.h: single layers of the transformer, run by name. The table in modules.c lists them. */
#ifndef TS_DIT_PARTS_H
#define TS_DIT_PARTS_H

#include "ref/dit/modules.h"

#ifdef __cplusplus
extern "C" {
#endif

ts_status ts_run_time_text_embed(ts_ctx *ctx, ts_call *call);
ts_status ts_run_embedder(ts_ctx *ctx, ts_call *call);
ts_status ts_run_time_proj(ts_ctx *ctx, ts_call *call);
ts_status ts_run_pos_embed(ts_ctx *ctx, ts_call *call);
ts_status ts_run_norm_out(ts_ctx *ctx, ts_call *call);
ts_status ts_run_adaln_zero(ts_ctx *ctx, ts_call *call);
ts_status ts_run_adaln_zero_single(ts_ctx *ctx, ts_call *call);
ts_status ts_run_feed_forward(ts_ctx *ctx, ts_call *call);
ts_status ts_run_plain_norm(ts_ctx *ctx, ts_call *call);
ts_status ts_run_layer(ts_ctx *ctx, ts_call *call);

#ifdef __cplusplus
}
#endif
#endif
