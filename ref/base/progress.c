#include "ref/base/progress.h"

#include "ref/base/ctx.h"

void ts_tell(ts_ctx *ctx, const char *what, int64_t done, int64_t total)
{
    if (ctx->progress.tell && !ctx->status) /* nothing goes on after a failure */
        ctx->progress.tell(ctx->progress.arg, what, done, total);
}

bool ts_interrupted(ts_ctx *ctx)
{
    if (!ctx->progress.stop || !*ctx->progress.stop)
        return false;
    ts_fail(ctx, TS_ERROR_INTERRUPTED, "interrupted");
    return true;
}
