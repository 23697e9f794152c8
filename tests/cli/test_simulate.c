#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/command.h"

#include <jansson.h>
#include <string.h>

static void lists(void **state)
{
    (void)state;
    assert_int_equal(command("simulate"), 0);
    command_must_say("schemes      the gradients of one step under way\n");
    command_must_say("hits         hits of a cache that holds a part of the set\n");
}

static void all_tables(void **state)
{
    (void)state;
    assert_int_equal(command("simulate --all"), 0);
    for (const char *const *name =
             (const char *const[]){"schemes", "aggregation", "hitopk", "selection", "crossover",
                                   "breakdown", "throughput", "stages", "records", "pto", "instances",
                                   "space", "hits", "input", NULL};
         *name; name++)
        command_must_say(*name);
    assert_int_equal(command("simulate sparse --all --tsv"), 0);
    command_must_say("# hits: hits of a cache");
    command_must_say("0.25\t0.250\t0.034\t0.036\t-4.9 %\n");
}

/* What a user's own cluster would take: four nodes of two on 10 Gbit/s. */
static void own_cluster(void **state)
{
    (void)state;
    assert_int_equal(command("simulate --table schemes --nodes 4 --ranks 2 --inter-gbit 10 --params "
                             "1000000 --density 1/100 --bits 32 --json"), 0);
    json_error_t error;
    json_t *sheet = json_loads(command_said, 0, &error);
    assert_non_null(sheet);
    const json_t *rows = json_object_get(sheet, "rows");
    assert_int_equal(json_array_size(rows), 7);
    const json_t *hitopk = json_array_get(rows, 6);
    /* 2 (5 us + 2 MB / 130 GB/s) + 3 * 25 us + 3 * 2 * 5000 * 8 bytes * 0.8 ns */
    assert_string_equal(json_string_value(json_array_get(hitopk, 4)), "hitopk");
    assert_true(json_real_value(json_array_get(hitopk, 5)) == 0.308);
    json_decref(sheet);
}

static void refuses(void **state)
{
    (void)state;
    assert_int_equal(command("simulate --table hitop"), 2);
    assert_string_equal(command_said,
                        "touchstone: simulate: no table \"hitop\"; did you mean \"hitopk\"?\n");
    assert_int_equal(command("simulate dense --all"), 2);
    assert_string_equal(command_said, "touchstone: simulate: which system? sparse\n");
    assert_int_equal(command("simulate --all --bits 24"), 2);
    assert_string_equal(command_said, "touchstone: --bits 24: 16 or 32\n");
    assert_int_equal(command("simulate --all --density 2"), 2);
    assert_int_equal(command("simulate --all --nodes 0"), 2);
    assert_int_equal(command("simulate --all >/dev/full"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists), cmocka_unit_test(all_tables), cmocka_unit_test(own_cluster),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
