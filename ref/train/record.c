/* record.c: see record.h. Test: tests/train/test_record.c */
#include "ref/train/record.h"

#include "ref/io/json.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static ts_status bad(ts_ctx *ctx, const ts_record *r)
{
    return ts_fail(ctx, TS_ERROR_IO, "%s: %s", r->path, strerror(errno));
}

ts_status ts_record_open(ts_ctx *ctx, ts_record *r, const char *path, bool more)
{
    *r = (ts_record){NULL, path};
    if (ctx->status || !path)
        return ctx->status;
    r->to = fopen(path, more ? "a" : "w");
    return r->to ? TS_OK : bad(ctx, r);
}

ts_status ts_record_line(ts_ctx *ctx, ts_record *r, json_t *line)
{
    char *text = NULL;
    if (!line)
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a line of the log");
    else if (r->to && !ctx->status && (text = ts_json_dump(ctx, line, 0)))
        if (fprintf(r->to, "%s\n", text) < 0 || fflush(r->to))
            bad(ctx, r);
    ts_free(text);
    json_decref(line);
    return ctx->status;
}

ts_status ts_record_close(ts_ctx *ctx, ts_record *r)
{
    if (r->to && fclose(r->to))
        bad(ctx, r);
    r->to = NULL;
    return ctx->status;
}

json_t *ts_record_number(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}
