#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/ranks.h"

#include "ref/ops/table.h"
#include "ref/train/agree.h"

#include <math.h>
#include <string.h>

static ts_status words(ts_comm *world, void *arg)
{
    (void)arg;
    ts_agree_words w = {.stop = world->rank == 2, .bad = 0};
    ts_agree(world, &w);
    ranks_check(world, w.stop == 1 && w.bad == 0);
    double x[2] = {world->rank, 1};
    ts_agree_sum(world, x, 2);
    ranks_check(world, x[0] == 10 && x[1] == 5);
    ts_agree_same(world, "abc", 3, "letters", 4);
    const ts_traffic t = ts_comm_traffic(world);
    ranks_check(world, t.bytes[TS_INTRA] == 0 && t.bytes[TS_INTER] == 0); /* all quiet */
    return world->ctx->status;
}

static void meetings(void **state)
{
    (void)state;
    ranks_run(5, 2, words, NULL);
}

static ts_status differ(ts_comm *world, void *arg)
{
    (void)arg;
    const unsigned char data[3] = {1, 2, world->rank == 3 ? 4 : 3};
    return ts_agree_same(world, data, sizeof data, "parameters", 17);
}

/* One bit on one rank is enough. */
static void replicas(void **state)
{
    (void)state;
    assert_int_equal(ranks_try(6, 3, 60, differ, NULL), TS_ERROR_MISMATCH);
    assert_non_null(strstr(ranks_said, "after step 17 the ranks hold different parameters"));
}

/* Of several bad gradients the lowest rank's first parameter is named. */
static ts_status bad(ts_comm *world, void *arg)
{
    (void)arg;
    ts_model_config config;
    ts_model_config_read(world->ctx, &config, NULL, "resnet-digits", "test");
    ts_model *m = ts_model_new(world->ctx, &config, 1);
    float *g = ts_alloc_zero(m ? (size_t)ts_model_size(m) : 1, sizeof *g);
    ranks_check(world, m && g && ts_agree_bad(world, m, g) == 0);
    if (world->rank == 1)
        g[ts_model_size(m) - 1] = NAN; /* of fc.bias */
    if (world->rank >= 2)
        g[0] = -INFINITY;
    if (world->rank == 1)
        g[ts_model_size(m) - 20] = INFINITY; /* of fc.weight, before it */
    ts_agree_words w = {.bad = ts_agree_bad(world, m, g)};
    ts_agree(world, &w);
    int rank;
    const char *name;
    ts_agree_bad_place(world, m, w.bad, &rank, &name);
    ranks_check(world, rank == 1 && strcmp(name, "fc.weight") == 0);
    ts_free(g);
    ts_model_close(m);
    return world->ctx->status;
}

static void bad_gradients(void **state)
{
    (void)state;
    ranks_run(4, 2, bad, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(meetings), cmocka_unit_test(replicas),
                                       cmocka_unit_test(bad_gradients)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
