#include "tests/support/chain.h"

#include <string.h>

static ts_tensor value_of(golden_run *whole, const char *name)
{
    const ts_tensor t = strncmp(name, "in.", 3) == 0
                            ? ts_items_get(&whole->c.job.inputs, name + 3)
                            : ts_ran_get(&whole->ran, TS_TRACE, name);
    if (ts_is_empty(t))
        fail_msg("the whole has no %s", name);
    return t;
}

static void holds(golden_run *whole, const chain_link *link)
{
    const ts_how how = {.table = &ts_table_fast, .compute = TS_F64, .threads = 1};
    ts_ctx ctx;
    ts_ran part;
    ts_job job = whole->c.job;
    ts_ctx_open_plain(&ctx);
    job.module = link->module;
    job.inputs = (ts_items){0};
    job.grads = job.param_grads = false;
    job.cotangents = (ts_items){0};
    job.wanted_count = 0;
    for (int i = 0; link->inputs[i][0]; i++)
        ts_items_add(&ctx, &job.inputs, link->inputs[i][0], value_of(whole, link->inputs[i][1]));
    if (ts_run(&part, &how, &job))
        fail_msg("%s: %s", link->module, part.ctx.message);
    for (int i = 0; link->outputs[i][0]; i++) {
        const ts_tensor y = ts_ran_get(&part, TS_OUTPUT, link->outputs[i][0]);
        if (ts_is_empty(y))
            fail_msg("%s has no output %s", link->module, link->outputs[i][0]);
        const double d = golden_distance(whole, TS_TRACE, link->outputs[i][1], y);
        if (!(d <= 1e-12))
            fail_msg("%s: %s is %g away from the whole's %s", link->module, link->outputs[i][0], d,
                     link->outputs[i][1]);
    }
    ts_ran_free(&part);
    ts_items_free(&job.inputs);
    ts_ctx_close(&ctx);
}

void chain_holds(const char *path, const char *const *settings, const chain_link *links, int count)
{
    golden_run whole;
    golden_open(&whole, path, settings, TS_F64);
    if (whole.ran.ctx.status)
        fail_msg("%s: %s", path, whole.ran.ctx.message);
    for (int i = 0; i < count; i++)
        holds(&whole, &links[i]);
    golden_close(&whole);
}
