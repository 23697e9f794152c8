/* trace.h: named intermediates.
 *
 * Every intermediate that a PyTorch module would return is handed to the trace under the module's
 * name: "transformer_blocks.3.attn.to_q.output". The second call of a module in one forward is
 * "transformer_blocks.3.attn.to_q@2.output"; a module that returns several tensors has
 * "...norm1.output.0", "...norm1.output.1". Tracing, comparing two runs and finding the first
 * divergence all stand on these names. */
#ifndef TS_BASE_TRACE_H
#define TS_BASE_TRACE_H

#include "ref/base/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ts_ctx;

typedef struct ts_trace ts_trace;

/* Copies of everything named so far, in the order of execution. NULL when there is no memory. */
ts_trace *ts_trace_new(void);
void ts_trace_free(ts_trace *trace);
int64_t ts_trace_count(const ts_trace *trace);
const char *ts_trace_name(const ts_trace *trace, int64_t i);
ts_tensor ts_trace_value(const ts_trace *trace, int64_t i);

/* Counting of calls starts anew: the next call of every module is its first. The model's step
 * number goes before every name from here on ("step.3."), or nothing when prefix is "". */
void ts_trace_restart(ts_trace *trace, const char *prefix);

/* Hands x to the context's trace, if there is one, as the output of `module` below the current
 * path; `item` < 0: the only output, otherwise output number `item` of a tuple. Returns x. */
ts_tensor ts_named(struct ts_ctx *ctx, ts_tensor x, const char *module, int item);

/* Hands x over under `name` as it is, without path, count or ".output": values of a pipeline that
 * belong to no module ("decoder_input"). The name is a printf format. Returns x. */
ts_tensor ts_traced(struct ts_ctx *ctx, ts_tensor x, const char *name, ...) TS_PRINTF(3, 4);

/* As ts_named, for a weight's own name: "blocks.0.attn.to_q.weight" names its module. */
ts_tensor ts_named_by_weight(struct ts_ctx *ctx, ts_tensor x, const char *weight);

#ifdef __cplusplus
}
#endif
#endif
