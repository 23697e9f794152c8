/* messages.c: is every rank's message there? See messages.h.
 * Test: tests/cli/test_messages.c */
#include "ref/cli/messages.h"

#include "ref/comm/topology.h"
#include "ref/io/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The rank of "message.RANK", with "trace." before it or not; -1 when the name is another. */
static long rank_of(const char *name)
{
    static const char word[] = "message.";
    char *end;
    if (strncmp(name, "trace.", 6) == 0)
        name += 6;
    if (strncmp(name, word, sizeof word - 1) != 0)
        return -1;
    name += sizeof word - 1;
    const long rank = *name >= '0' && *name <= '9' ? strtol(name, &end, 10) : -1;
    return rank >= 0 && !*end ? rank : -1;
}

static ts_status note_rank(ts_ctx *ctx, const ts_case *c, bool *seen, long rank, int64_t ranks)
{
    if (rank >= ranks)
        return ts_fail(ctx, TS_ERROR_MISMATCH, "%s: message.%ld, but there are %lld ranks",
                       c->job.module, rank, (long long)ranks);
    if (rank >= 0)
        seen[rank] = true;
    return TS_OK;
}

static ts_status all_there(ts_ctx *ctx, const ts_case *c, const bool *seen, int64_t ranks)
{
    bool any = false;
    for (int64_t r = 0; r < ranks; r++)
        any |= seen[r];
    for (int64_t r = 0; any && r < ranks; r++)
        if (!seen[r])
            return ts_fail(ctx, TS_ERROR_MISMATCH,
                           "%s: message.%lld is missing: rank %lld of %lld is never used",
                           c->job.module, (long long)r, (long long)r, (long long)ranks);
    return TS_OK;
}

static bool is_target(const ts_case *c, const char *name)
{
    for (int64_t i = 0; i < c->count; i++)
        if (c->targets[i].kind == TS_TRACE && strcmp(c->targets[i].name, name) == 0)
            return true;
    return false;
}

/* Names live in the context's arena, as long as the case is judged. */
static ts_status add_targets(ts_ctx *ctx, ts_case *c, int64_t ranks)
{
    ts_target *more = ts_realloc(c->targets, (size_t)(c->count + ranks + 1) * sizeof *more);
    if (!more)
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for messages of %lld ranks",
                       (long long)ranks);
    c->targets = more;
    for (int64_t r = 0; r < ranks; r++) {
        enum { ROOM = 32 };
        char *name = ts_take(ctx, ROOM);
        if (!name)
            return ctx->status;
        snprintf(name, ROOM, "message.%lld", (long long)r);
        if (!is_target(c, name))
            c->targets[c->count++] = (ts_target){.kind = TS_TRACE, .name = name};
    }
    return TS_OK;
}

ts_status ts_expect_messages(ts_ctx *ctx, ts_case *c, const ts_items *brought)
{
    bool held[TS_MAX_RANKS] = {false}, shown[TS_MAX_RANKS] = {false};
    if (ctx->status || !c->job.module || strncmp(c->job.module, "des.", 4) != 0)
        return ctx->status;
    const int64_t ranks = ts_json_int(ctx, c->job.settings, "settings", "ranks", 1);
    if (ctx->status || ranks < 1 || ranks > TS_MAX_RANKS)
        return ctx->status; /* the module has the better sentence for the range */
    for (int64_t i = 0; i < c->count && !ctx->status; i++)
        if (c->targets[i].kind == TS_TRACE)
            note_rank(ctx, c, held, rank_of(c->targets[i].name), ranks);
    for (int64_t i = 0; brought && i < brought->count && !ctx->status; i++)
        note_rank(ctx, c, shown, rank_of(brought->items[i].name), ranks);
    if (ctx->status || all_there(ctx, c, held, ranks) || all_there(ctx, c, shown, ranks))
        return ctx->status;
    return shown[0] ? add_targets(ctx, c, ranks) : TS_OK;
}
