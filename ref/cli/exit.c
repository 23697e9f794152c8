/* exit.c: a status as an exit code. */
#include "ref/cli/command.h"

#include <stdio.h>

int ts_exit_code(const ts_ctx *ctx)
{
    if (!ctx->status)
        return TS_EXIT_FINE;
    fprintf(stderr, "touchstone: %s\n", ctx->message);
    return ctx->status == TS_ERROR_USAGE         ? TS_EXIT_USAGE
           : ctx->status == TS_ERROR_INTERRUPTED ? TS_EXIT_INTERRUPTED
                                                 : TS_EXIT_FAILED;
}
