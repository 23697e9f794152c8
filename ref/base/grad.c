#include "ref/base/grad.h"

void ts_want_grad(ts_ctx *ctx, ts_tensor *t, const char *name)
{
    if (ctx->status)
        return;
    if (!ts_dtype_is_float(t->dtype)) {
        ts_fail(ctx, TS_ERROR_USAGE, "%s: only floats have gradients", name ? name : "an input");
        return;
    }
    ts_grad *grad = ts_take(ctx, sizeof *grad);
    if (!grad)
        return;
    *grad = (ts_grad){.name = name};
    t->grad = grad;
    ctx->record = true;
}
