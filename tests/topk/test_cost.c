#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/topk/cost.h"

#include <math.h>

/* 16 nodes of 8; ResNet-50; 5 us and 130 GB/s inside, 25 us and 25 Gbit/s between nodes. */
static const ts_topology cluster = {
    .ranks = 128, .hosts = 16, .link = {{5e-6, 1 / 130e9}, {25e-6, 8 / 25e9}}};

static void near(double got, double wanted, double unit)
{
    if (fabs(got - wanted) > unit)
        fail_msg("%.9g, not %.9g", got, wanted);
}

/* Worked numbers: milliseconds and MB from a node, to the digits given. */
static void worked(void **state)
{
    (void)state;
    static const struct {
        ts_payload payload;
        double ms[TS_COSTS], mb[TS_COSTS];
    } row[] = {
        {{25557032, {1, 1000}, 4, 4},
         {71.26, 65.70, 63.53, 11.48, 1.27, 8.31, 2.80},
         {202.9, 204.5, 191.7, 26.0, 2.9, 4.9, 3.1}},
        {{25557032, {1, 100}, 4, 4},
         {71.26, 65.70, 63.53, 86.27, 9.51, 22.33, 11.63},
         {202.9, 204.5, 191.7, 259.7, 28.6, 48.7, 30.7}},
        {{25557032, {1, 100}, 2, 2},
         {38.81, 32.98, 32.18, 65.49, 7.22, 18.43, 8.49},
         {101.4, 102.2, 95.8, 194.7, 21.5, 36.5, 23.0}},
        {{143667240, {1, 100}, 4, 4},
         {371.26, 368.06, 353.36, 470.27, 51.84, 94.33, 63.35},
         {1140.4, 1149.3, 1077.5, 1459.7, 160.9, 273.7, 172.4}},
        {{110000000, {1, 20}, 2, 2},
         {146.05, 141.07, 135.78, 1344.29, 148.19, 258.21, 161.81},
         {436.6, 440.0, 412.5, 4191.0, 462.0, 785.8, 495.0}},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        for (int s = 0; s < TS_COSTS; s++) {
            const ts_cost cost = ts_cost_of(&cluster, (ts_cost_scheme)s, &row[i].payload);
            near(cost.seconds * 1e3, row[i].ms[s], 0.0051);
            near(cost.nic_bytes / 1e6, row[i].mb[s], 0.051);
        }
}

/* The bytes of one exchange, exactly, and its three parts. */
static void hierarchical(void **state)
{
    (void)state;
    const ts_payload single = {25557032, {1, 100}, 4, 4}, half = {25557032, {1, 100}, 4, 2};
    const ts_cost cost = ts_cost_of(&cluster, TS_COST_HITOPK, &single);
    assert_true(cost.nic_bytes == 30668160);
    assert_true(ts_cost_of(&cluster, TS_COST_HITOPK, &half).nic_bytes == 23001120);
    near(cost.part[0] * 1e3, 0.723, 5e-4);
    near(cost.part[1] * 1e3, 10.189, 5e-4);
    near(cost.part[0] + cost.part[1] + cost.part[2], cost.seconds, 1e-12);
}

/* One node sends nothing between nodes; one rank on each has nothing to do inside. */
static void corners(void **state)
{
    (void)state;
    const ts_payload p = {1000, {1, 10}, 4, 4};
    ts_topology one = cluster, flat = cluster;
    one.ranks = 8;
    one.hosts = 1;
    flat.ranks = flat.hosts = 16;
    assert_true(ts_cost_of(&one, TS_COST_HITOPK, &p).nic_bytes == 0);
    assert_true(ts_cost_of(&one, TS_COST_TORUS, &p).nic_bytes == 0);
    assert_true(ts_cost_of(&flat, TS_COST_HITOPK, &p).part[0] == 0);
    assert_true(ts_cost_of(&flat, TS_COST_HITOPK, &p).nic_bytes == 15 * 100 * 8);
    assert_true(ts_cost_of(&flat, TS_COST_TORUS, &p).seconds ==
                ts_cost_of(&flat, TS_COST_RING, &p).seconds);
}

/* At the crossover both send the same. */
static void crosses(void **state)
{
    (void)state;
    const ts_payload p = {12800000, {1, 16}, 4, 4}, half = {0, {1, 100}, 2, 2};
    assert_true(ts_cost_crossover(&cluster, &p) == 1.0 / 16);
    near(ts_cost_crossover(&cluster, &half), 1 / 24.0, 1e-15);
    assert_true(ts_cost_of(&cluster, TS_COST_HITOPK, &p).nic_bytes ==
                ts_cost_of(&cluster, TS_COST_TORUS, &p).nic_bytes);
}

static void passes(void **state)
{
    (void)state;
    near(ts_cost_passes(25557032, 4, 33, 900e9) * 1e3, 3.75, 0.005);
    near(ts_cost_passes(25557032 / 8, 4, 23, 900e9) * 1e3, 0.327, 5e-4);
    assert_string_equal(ts_cost_name(TS_COST_TORUS), "2d-torus");
    assert_false(ts_cost_sparse(TS_COST_TORUS));
    assert_true(ts_cost_sparse(TS_COST_HITOPK));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worked),  cmocka_unit_test(hierarchical), cmocka_unit_test(corners),
        cmocka_unit_test(crosses), cmocka_unit_test(passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
