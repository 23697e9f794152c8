#include "tests/support/schemes.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

double schemes_whole(int rank, int64_t step, int64_t i)
{
    const uint64_t seed = (uint64_t)(1000 * step + rank);
    const double u = topk_uniform(seed, i), v = topk_uniform(seed + 500, i);
    const double x = u > 0.45 ? 200.0 * v : 16.0 * v;
    return (double)(int)x;
}

schemes_run *schemes_new(const char *preset, int ranks, int hosts, int64_t d, int steps)
{
    schemes_run *run = calloc(1, sizeof *run);
    ts_ctx ctx;
    assert_non_null(run);
    assert_true(ranks <= SCHEMES_RANKS && d <= SCHEMES_SIZE && steps <= SCHEMES_STEPS);
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_scheme_preset(&ctx, &run->config, preset), TS_OK);
    ts_ctx_close(&ctx);
    run->config.keep_steps = true;
    run->type = TS_F32;
    run->ranks = ranks;
    run->hosts = hosts;
    run->d = d;
    run->steps = steps;
    run->gradient = schemes_whole;
    return run;
}

static ts_status state_of(schemes_run *run, ts_comm *comm, ts_scheme *s)
{
    ts_items items = {0};
    ts_scheme_state(s, &items, "bucket");
    const ts_tensor e = ts_items_get(&items, "bucket.residual");
    run->residual_size[comm->rank] = ts_is_empty(e) ? 0 : ts_numel(e);
    for (int64_t i = 0; !ts_is_empty(e) && i < ts_numel(e); i++)
        run->residual[comm->rank][i] = ts_load(e.data, e.dtype, i);
    ts_items_free(&items);
    return comm->ctx->status;
}

static ts_status one_step(schemes_run *run, ts_comm *comm, ts_scheme *s, ts_tensor g, int64_t step)
{
    bool skipped = false;
    const ts_scope scope = ts_scope_open(comm->ctx);
    for (int64_t i = 0; i < run->d; i++)
        ts_store(g.data, g.dtype, i, run->gradient(comm->rank, step, i));
    if (run->flush && step == run->flush) {
        ts_scheme_flush(s, g.data);
        ts_ring_all_reduce(comm, g.data, run->d, run->type, TS_SUM);
    } else if (ts_scheme_aggregate(s, g.data, step, &skipped)) {
        return comm->ctx->status;
    }
    const ts_sparse *sent = &ts_scheme_last(s)->sent;
    run->picks[step][comm->rank] = sent->count;
    for (int64_t j = 0; j < sent->count; j++)
        run->picked[step][comm->rank][j] = sent->indices[j] + (uint32_t)ts_scheme_last(s)->first;
    if (comm->rank == 0)
        run->skipped[step] = skipped;
    for (int64_t i = 0; comm->rank == 0 && i < run->d; i++)
        run->result[step][i] = ts_load(g.data, g.dtype, i);
    ts_comm_quiet(comm);
    ts_comm_barrier(comm);
    for (int64_t i = 0; i < run->d; i++)
        if (run->result[step][i] != ts_load(g.data, g.dtype, i) || run->skipped[step] != skipped)
            run->differs = true;
    ts_comm_barrier(comm);
    ts_comm_loud(comm);
    ts_scope_close(comm->ctx, scope, NULL, 0);
    return comm->ctx->status;
}

static ts_status body(ts_comm *comm, void *arg)
{
    schemes_run *run = arg;
    const ts_tensor g = ts_new(comm->ctx, run->type, 1, &run->d);
    ts_scheme *s = ts_scheme_open(comm, &run->config, run->type, run->d, 3);
    for (int64_t step = 0; s && step < run->steps && !comm->ctx->status; step++)
        one_step(run, comm, s, g, step);
    if (s && !comm->ctx->status)
        state_of(run, comm, s);
    ts_traffic all;
    ts_virtual_time time;
    if (!ts_comm_time(comm, &time) && !ts_comm_traffic_all(comm, &all) && comm->rank == 0) {
        run->traffic = all;
        run->seconds = time.last;
    }
    ts_scheme_close(s);
    return comm->ctx->status;
}

schemes_run *schemes_go(schemes_run *run)
{
    for (int64_t step = 0; step < run->steps; step++)
        for (int r = 0; r < run->ranks; r++)
            for (int64_t i = 0; i < run->d; i++)
                run->given[step][i] += run->gradient(r, step, i);
    ranks_run(run->ranks, run->hosts, body, run);
    assert_false(run->differs);
    return run;
}

void schemes_conserve(const schemes_run *run)
{
    int64_t most = 0;
    for (int r = 0; r < run->ranks; r++)
        most = run->residual_size[r] > most ? run->residual_size[r] : most;
    for (int64_t i = 0; i < run->d; i++) {
        double given = 0.0, out = 0.0;
        for (int step = 0; step < run->steps; step++) {
            given += run->skipped[step] ? 0.0 : run->given[step][i];
            out += run->result[step][i];
        }
        int64_t at = i;
        for (int r = 0; r < run->ranks; r++) {
            const int64_t size = run->residual_size[r];
            if (size == run->d) {
                out += run->residual[r][i];
                continue;
            }
            /* Shards of a node side by side. */
            at = r % (run->ranks / run->hosts) == 0 ? i : at;
            if (at >= 0 && at < size)
                out += run->residual[r][at];
            at -= size;
        }
        if (given != out)
            fail_msg("entry %lld: %g given, %g sent and kept", (long long)i, given, out);
    }
}
