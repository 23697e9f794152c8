#include "tests/support/schemes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The vector under test: gradients of both steps of the worked cases. */
static const json_t *gradients[2];
static int per_node;

static double worked(int rank, int64_t step, int64_t i)
{
    const json_t *node = json_array_get(gradients[step], (size_t)(rank / per_node));
    const json_t *g = json_array_get(node, (size_t)(rank % per_node));
    return json_number_value(json_array_get(g, (size_t)i));
}

static const json_t *of(const json_t *o, const char *key, int node, int local)
{
    return json_array_get(json_array_get(json_object_get(o, key), (size_t)node), (size_t)local);
}

static void step_is(const schemes_run *run, const json_t *want, int step, const json_t *offsets)
{
    const json_t *sum = json_object_get(want, "result_sum");
    for (int64_t i = 0; i < run->d; i++)
        assert_true(run->result[step][i] == json_number_value(json_array_get(sum, (size_t)i)));
    for (int r = 0; r < run->ranks; r++) {
        const json_t *indices = json_object_get(of(want, "packets", r / per_node, r % per_node),
                                                "idx");
        const int64_t first = json_integer_value(json_array_get(offsets, (size_t)(r % per_node)));
        assert_int_equal(run->picks[step][r], json_array_size(indices));
        for (int64_t j = 0; j < run->picks[step][r]; j++)
            assert_int_equal(run->picked[step][r][j],
                             first + json_integer_value(json_array_get(indices, (size_t)j)));
    }
}

/* The worked cases, H2 with its second step: packets, sum, residuals, number for number. */
static void vectors(void **state)
{
    (void)state;
    json_t *all = topk_vectors(), *list = json_object_get(all, "hitopkcomm"), *one;
    size_t c;
    assert_int_equal(json_array_size(list), 3);
    json_array_foreach(list, c, one)
    {
        const json_t *second = json_object_get(one, "step2"), *last = second ? second : one;
        const json_t *rho = json_object_get(one, "rho");
        const int n = (int)json_integer_value(json_object_get(one, "n"));
        per_node = (int)json_integer_value(json_object_get(one, "m"));
        gradients[0] = json_object_get(one, "G");
        gradients[1] = json_object_get(second, "G");
        schemes_run *run = schemes_new("hitopk", n * per_node, n,
                                       json_integer_value(json_object_get(one, "d")),
                                       second ? 2 : 1);
        run->gradient = worked;
        run->config.density = (ts_density){json_integer_value(json_array_get(rho, 0)),
                                           json_integer_value(json_array_get(rho, 1))};
        run->config.selector.steps = 8;
        run->config.selector.has_start = true;
        schemes_go(run);
        step_is(run, one, 0, json_object_get(one, "offsets"));
        if (second)
            step_is(run, second, 1, json_object_get(one, "offsets"));
        for (int r = 0; r < run->ranks; r++) {
            const json_t *e = of(last, "residual", r / per_node, r % per_node);
            assert_int_equal(run->residual_size[r], json_array_size(e));
            for (size_t i = 0; i < json_array_size(e); i++)
                assert_true(run->residual[r][i] == json_number_value(json_array_get(e, i)));
        }
        schemes_conserve(run);
        free(run);
    }
    json_decref(all);
}

/* Density 1 is the dense sum; one node sends nothing between nodes; one rank a node is the flat
 * all-gather; shards may be empty. */
static void degenerate(void **state)
{
    (void)state;
    static const struct {
        int ranks, hosts;
        int64_t d;
    } row[] = {{8, 4, 101}, {4, 1, 100}, {4, 4, 100}, {16, 2, 5}, {1, 1, 7}};
    for (int i = 0; i < 5; i++) {
        schemes_run *full = schemes_new("hitopk", row[i].ranks, row[i].hosts, row[i].d, 2);
        full->config.density = (ts_density){1, 1};
        schemes_go(full);
        for (int step = 0; step < 2; step++)
            for (int64_t j = 0; j < row[i].d; j++)
                assert_true(full->result[step][j] == full->given[step][j]);
        schemes_run *few = schemes_new("hitopk", row[i].ranks, row[i].hosts, row[i].d, 5);
        schemes_go(few);
        schemes_conserve(few);
        if (row[i].hosts == 1)
            assert_int_equal(few->traffic.bytes[TS_INTER], 0);
        if (row[i].hosts == row[i].ranks) {
            schemes_run *flat = schemes_new("mstopk", row[i].ranks, row[i].hosts, row[i].d, 5);
            schemes_go(flat);
            assert_memory_equal(flat->result, few->result, sizeof flat->result);
            free(flat);
        }
        free(full);
        free(few);
    }
}

/* Bytes and seconds of the formula, on sizes that divide. */
static void costs(void **state)
{
    (void)state;
    for (int n = 1; n <= 4; n *= 2)
        for (int m = 1; m <= 4; m *= 2) {
            const int64_t d = 480, k = d / m / 10;
            const double b = (double)(24 + 8 * k), bytes = 4.0 * (double)d;
            schemes_run *run = schemes_new("hitopk", n * m, n, d, 1);
            run->config.density = (ts_density){1, 10};
            schemes_go(run);
            assert_int_equal(run->traffic.bytes[TS_INTER], n * (n - 1) * m * (24 + 8 * k));
            assert_int_equal(run->traffic.bytes[TS_INTRA], 2 * n * (m - 1) * d * 4);
            const double inside = (m - 1) * (1.0 + bytes / m * 0.25);
            const double x = 2.0 * b, round = fmax(m * x, 16.0 + x);
            const double between = n > 1 ? 16.0 + m * x + (n - 2) * round : 0.0;
            if (run->seconds != 2.0 * inside + between)
                fail_msg("%d nodes of %d: %g seconds where %g are expected", n, m, run->seconds,
                         2.0 * inside + between);
            free(run);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(vectors), cmocka_unit_test(degenerate),
                                       cmocka_unit_test(costs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
