#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/simulated.h"

static void space(void **state)
{
    (void)state;
    simulate(ts_simulate_input, "space", &simulated_usual);
    simulated_says("96\t27648\t35.42\t2.214\n");
    simulated_says("288\t248832\t318.80\t19.925\n");
    simulate(ts_simulate_input, "instances", &simulated_usual);
    simulated_says("Tencent 18XLARGE320\t");
}

static void hits(void **state)
{
    (void)state;
    simulate(ts_simulate_input, "hits", &simulated_usual);
    simulated_says("0.25\t0.250\t0.034\t0.036\t-4.9 %\n");
    simulated_says("0.90\t0.900\t0.670\t0.671\t-0.2 %\n");
}

static void effect(void **state)
{
    (void)state;
    ts_simulation x = simulated_usual;
    x.decode = 1e9;
    simulate(ts_simulate_input, "input", &x);
    /* 80073 files of 108 kB at 300 MB/s; 27648 bytes each at 10 GB/s */
    simulated_says("96\t28.8\t0.0\t0.221\t130\t10\n");
    x.decode = 1000;
    simulate(ts_simulate_input, "input", &x);
    simulated_says("96\t28.8\t80.1\t0.221\t362\t10\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(space), cmocka_unit_test(hits), cmocka_unit_test(effect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
