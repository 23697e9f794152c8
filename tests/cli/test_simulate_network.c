#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/simulated.h"

#include <math.h>

static void schemes(void **state)
{
    (void)state;
    simulate(ts_simulate_network, "schemes", &simulated_usual);
    simulated_says("ResNet-50\t1\t32\t-\tring\t71.265\t202.9\n");
    simulated_says("ResNet-50\t0.01\t32\t32\thitopk\t11.635\t30.7\n");
    simulated_says("Transformer\t0.01\t16\t16\toktopk\t57.042\t157.2\n");
    ts_simulation own = simulated_usual;
    own.payload = (ts_payload){1000, {1, 10}, 4, 4};
    own.density_given = own.bytes_given = true;
    simulate(ts_simulate_network, "schemes", &own);
    simulated_says("yours\t0.1\t32\t32\tgtopk\t");
}

/* The recalled shape of the figure: the hierarchical exchange is ahead for large gradients. */
static void aggregation(void **state)
{
    (void)state;
    simulate(ts_simulate_network, "aggregation", &simulated_usual);
    simulated_says("\n134217728\t439.5436\t347.2630\t343.8674\t330.1697\t48.4536\t88.5691\t59.2117\tyes\n");
    ts_simulation many = simulated_usual;
    many.topology.hosts = 256;
    many.topology.ranks = 2048;
    simulate(ts_simulate_network, "aggregation", &many);
    simulated_says("\tno\n"); /* an all-gather grows with the nodes */
}

static void steps(void **state)
{
    (void)state;
    simulate(ts_simulate_network, "hitopk", &simulated_usual);
    simulated_says("1\treduce-scatter in the node\t0.723\t");
    simulated_says("2\tMSTopK of the shard\t0.469\t");
    simulated_says("3\tall-gather between nodes\t10.189\t");
    simulate(ts_simulate_network, "selection", &simulated_usual);
    simulated_says("134217728\t0.5965\t19.6853\t2.3861\t-\n");
    simulate(ts_simulate_network, "crossover", &simulated_usual);
    simulated_says("\n16\t6.250\t4.167\n");
}

static void helpers(void **state)
{
    (void)state;
    const ts_payload p = {800, {1, 10}, 4, 4};
    assert_string_equal(ts_difference_of(1.1, 1).text, "+10.0 %");
    assert_string_equal(ts_difference_of(1, 0).text, "-");
    assert_true(ts_selection_of(&simulated_usual, TS_COST_RING, &p) == 0);
    assert_true(fabs(ts_selection_of(&simulated_usual, TS_COST_HITOPK, &p) * 900e9 - 100 * 4 * 33) <
                1e-6);
    assert_true(fabs(ts_selection_of(&simulated_usual, TS_COST_GTOPK, &p) * 900e9 - 800 * 4 * 4) <
                1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schemes), cmocka_unit_test(aggregation), cmocka_unit_test(steps),
        cmocka_unit_test(helpers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
