/* library.c: the MPI library's own collective, to compare with, or for speed.
 * Test: tests/comm/test_library.c */
#include "ref/comm/collective.h"
#include "ref/comm/self.h"

ts_status ts_library_all_reduce(ts_comm *world, void *data, int64_t n, ts_dtype type, ts_reduce op)
{
    ts_ctx *ctx = world->ctx;
    if (ctx->status)
        return ctx->status;
    if (!world->self->engine->all_reduce)
        return ts_fail(ctx, TS_ERROR_UNSUPPORTED,
                       "ranks as %s have no all-reduce of a library: that is MPI's",
                       world->self->engine->name);
    if (world->size != world->self->config->topology.ranks)
        return ts_fail(ctx, TS_ERROR_UNSUPPORTED,
                       "the library's all-reduce is over all %d ranks, not over a group of %d",
                       world->self->config->topology.ranks, world->size);
    return world->self->engine->all_reduce(world->self, data, n, type, (int)op);
}
