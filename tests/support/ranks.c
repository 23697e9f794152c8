#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/ranks.h"

#include "ref/ops/table.h"

#include <string.h>

char ranks_said[TS_MESSAGE];

ts_topology ranks_topology(int ranks, int hosts)
{
    return (ts_topology){
        .ranks = ranks, .hosts = hosts, .link = {[TS_INTRA] = {1, 0.25}, [TS_INTER] = {16, 2}}};
}

ts_status ranks_try(int ranks, int hosts, double time_limit, ts_comm_body *body, void *arg)
{
    ts_ctx ctx;
    ts_ctx_open(&ctx, ts_table_named("plain"), TS_F32, 1);
    const ts_comm_config config = {.topology = ranks_topology(ranks, hosts),
                                   .engine = TS_ENGINE_THREADS,
                                   .clock = true,
                                   .time_limit = time_limit};
    const ts_status status = ts_comm_run(&ctx, &config, body, arg);
    memcpy(ranks_said, ctx.message, sizeof ranks_said);
    ts_ctx_close(&ctx);
    return status;
}

void ranks_run(int ranks, int hosts, ts_comm_body *body, void *arg)
{
    if (ranks_try(ranks, hosts, 60, body, arg))
        fail_msg("%d ranks on %d hosts: %s", ranks, hosts, ranks_said);
}

float ranks_value(int rank, int64_t i)
{
    return (float)((rank * 37 + i * 11) % 101 - 50);
}

float ranks_sum(int ranks, int64_t i)
{
    float sum = 0;
    for (int r = 0; r < ranks; r++)
        sum += ranks_value(r, i);
    return sum;
}
