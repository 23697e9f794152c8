#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/simulated.h"

#include <math.h>

/* The record's stages: epochs, batches and recalled times as they are known. */
static void stages(void **state)
{
    (void)state;
    simulate(ts_simulate_recipe, "stages", &simulated_usual);
    simulated_says("96\t13\t32768\thitopk\t");
    simulated_says("\t45.48\t");
    simulated_says("\t51.05\t65.0\n");
    simulated_says("128\t11\t32768\t2d-torus\t");
    simulated_says("\t52.25\t");
    simulated_says("\t29.18\t");
    simulated_says("\t17.56\t");
    simulated_says("\t144.48\t");
    simulated_says("\t157.55\t-\n");
    simulate(ts_simulate_recipe, "records", &simulated_usual);
    simulated_says("Alibaba AIACC\t2020-03\t128 V100\t32GbE\t157.55\t158\t-0.3 %\trecord\n");
}

/* An iteration: nothing is faster than computing alone, overlap never slower than none. */
static void iterations(void **state)
{
    (void)state;
    const ts_payload p = {TS_RESNET50_PARAMS, {1, 100}, 4, 4};
    ts_simulation x = simulated_usual;
    const double compute = 256 / 4400.0, beside = ts_norms_of(&x, p.params);
    const ts_iteration torus = ts_iteration_of(&x, TS_COST_TORUS, &p, compute);
    const double travel = ts_cost_of(&x.topology, TS_COST_TORUS, &p).seconds;
    assert_true(fabs(torus.worst - (compute + travel + beside)) < 1e-15);
    assert_true(fabs(torus.best - (compute / 3 + travel + beside)) < 1e-15);
    x.overhead = 1e-3;
    assert_true(fabs(ts_iteration_of(&x, TS_COST_TORUS, &p, compute).best - torus.best - 1e-3) < 1e-15);
    x.efficiency = 0.5;
    assert_true(ts_iteration_of(&x, TS_COST_TORUS, &p, compute).worst > torus.worst + travel * 0.9);
    assert_true(fabs(ts_norms_of(&x, p.params) * 1e3 - 0.227) < 1e-3);
}

static void throughput(void **state)
{
    (void)state;
    simulate(ts_simulate_recipe, "throughput", &simulated_usual);
    simulated_says("\t366208\t");
    simulated_says("96\ttree\t");
    ts_simulation small = simulated_usual;
    small.topology.ranks = 16;
    small.topology.hosts = 2;
    simulate(ts_simulate_recipe, "throughput", &small);
    simulated_says("\t-\t-\n"); /* nothing is known of 16 */
    simulate(ts_simulate_recipe, "breakdown", &simulated_usual);
    simulated_says("96\tdense\t188.7\t58.2\t0.0\t65.7\t0.23\t-\n");
    simulate(ts_simulate_recipe, "pto", &simulated_usual);
    simulated_says("1\t161\t11.000\t0.0000\t11\t+0.0 %\n");
    simulated_says("8\t21\t1.470\t0.0350\t7\t-79.0 %\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stages), cmocka_unit_test(iterations), cmocka_unit_test(throughput),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
