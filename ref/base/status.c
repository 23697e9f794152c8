#include "ref/base/status.h"

#include "ref/base/ctx.h"

#include <stdarg.h>
#include <stdio.h>

ts_status ts_fail(ts_ctx *ctx, ts_status code, const char *format, ...)
{
    if (ctx->status)
        return code;
    va_list args;
    va_start(args, format);
    vsnprintf(ctx->message, sizeof ctx->message, format, args);
    va_end(args);
    /* What a file says may stand in a message, which is one line on a terminal all the same. */
    for (char *p = ctx->message; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = '?';
    ctx->status = code;
    return code;
}

const char *ts_status_name(ts_status status)
{
    static const char *const names[] = {"ok",     "usage",       "shape",    "format",     "io",
                                        "memory", "unsupported", "mismatch", "interrupted"};
    const unsigned i = (unsigned)status;
    return i < sizeof names / sizeof *names ? names[i] : "unknown";
}
