#ifndef TS_DIT_MODULES_H
#define TS_DIT_MODULES_H

#include "ref/dit/transformer.h"
#include "ref/io/module.h"

#ifdef __cplusplus
extern "C" {
#endif

/* flux_text.** and flux.**: the transformer and any part of it. */
extern const ts_module ts_dit_modules[];

/* The model of a call, with the LoRA that its settings ask for. Close with ts_dit_close and
 * ts_lora_close before returning; the weights stay open with the call. */
ts_dit *ts_call_dit(ts_ctx *ctx, ts_call *call, ts_lora **lora);

/* The options that a call's settings name. */
ts_dit_options ts_call_dit_options(ts_ctx *ctx, const ts_call *call);

#ifdef __cplusplus
}
#endif
#endif
