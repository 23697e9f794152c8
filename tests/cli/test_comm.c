#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/command.h"

#include "ref/comm/collective.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The table as JSON. */
static json_t *table(const char *words)
{
    assert_int_equal(command("comm --json %s", words), 0);
    json_t *sheet = json_loads(command_said, 0, NULL);
    assert_non_null(sheet);
    return sheet;
}

static double cell(const json_t *sheet, size_t row, size_t column)
{
    return json_number_value(json_array_get(json_array_get(json_object_get(sheet, "rows"), row),
                                            column));
}

/* 8 ranks on one host, 4096 bytes: every closed form is met, traffic is what the algorithms say. */
static void meets_formulas(void **state)
{
    (void)state;
    json_t *sheet = table("--ranks 8 --bytes 4k --intra-us 3 --intra-gbs 2");
    const json_t *rows = json_object_get(sheet, "rows");
    size_t known = 0;
    while (ts_collectives[known].name)
        known++;
    assert_int_equal(json_array_size(rows), known);
    for (size_t i = 0; i < known; i++) {
        assert_string_equal(json_string_value(json_array_get(json_array_get(rows, i), 0)),
                            ts_collectives[i].name);
        assert_true(fabs(cell(sheet, i, 5) - cell(sheet, i, 6)) <= 1e-5 * cell(sheet, i, 6));
        assert_true(cell(sheet, i, 6) > 0);
    }
    json_decref(sheet);
    sheet = table("--ranks 8 --nodes 8 --bytes 4k --collective ring_all_reduce");
    assert_true(cell(sheet, 0, 1) == 0 && cell(sheet, 0, 2) == 2 * 7 * 8);
    assert_true(cell(sheet, 0, 3) == 0 && cell(sheet, 0, 4) == 2 * 7 * 4096);
    json_decref(sheet);
}

/* What cannot run on that number of ranks is left out, but refused when it is asked for. */
static void leaves_out(void **state)
{
    (void)state;
    assert_int_equal(command("comm --ranks 6 --nodes 4 --bytes 1k"), 0);
    command_must_say("ring_all_reduce");
    command_must_not_say("halving");
    command_must_not_say("torus");
    assert_int_equal(command("comm --ranks 6 --bytes 1k --collective halving_all_reduce"), 2);
    command_must_say("power of two");
    assert_int_equal(command("comm --ranks 1 --bytes 1k"), 0);
    assert_int_equal(command("comm --ranks 5 --bytes 0"), 0);
}

/* The same bits again, and of two algorithms other ones: their sums are rounded in another order. */
static void bits_repeat(void **state)
{
    (void)state;
    static char first[1 << 16];
    const char *words = "comm --ranks 7 --nodes 2 --bytes 40001 --tsv";
    assert_int_equal(command("%s", words), 0);
    memcpy(first, command_said, sizeof first);
    assert_int_equal(command("%s", words), 0);
    assert_string_equal(command_said, first);
    json_t *sheet = table("--ranks 7 --bytes 4k --collective ring_all_reduce "
                          "--collective ordered_all_reduce");
    const json_t *rows = json_object_get(sheet, "rows");
    assert_false(json_equal(json_array_get(json_array_get(rows, 0), 8),
                            json_array_get(json_array_get(rows, 1), 8)));
    json_decref(sheet);
}

static void types(void **state)
{
    (void)state;
    static const char *const names[] = {"f32", "f64", "i32", "i64", "u32", "u64"};
    for (int i = 0; i < 6; i++) {
        assert_int_equal(command("comm --ranks 4 --bytes 1k --type %s", names[i]), 0);
        assert_int_equal(command("comm --ranks 4 --bytes 1k --max --type %s", names[i]), 0);
    }
}

static void failures(void **state)
{
    (void)state;
    assert_int_equal(command("comm --ranks 5 --fail 3 --bytes 1k"), 1);
    assert_string_equal(command_said, "touchstone: rank 3 of 5: fails, as it was told to\n");
    assert_int_equal(command("comm --ranks 4 --stall 2 --time-limit 0.2 --bytes 1k"), 1);
    command_must_say("rank 2 did not come to ");
    command_must_say(" within 0.2 s");
    assert_int_equal(command("comm --collective library_all_reduce"), 1);
    command_must_say("that is MPI's");
}

/* Each allocation fails once, on whichever rank it is: one line about memory, and nobody waits on. */
static void faults(void **state)
{
    (void)state;
    int failed = 0, fine = 0;
    for (int n = 1; fine < 8; n++) {
        char number[16];
        snprintf(number, sizeof number, "%d", n);
        assert_int_equal(setenv("TS_FAIL_ALLOC", number, 1), 0);
        const int code = command("comm --ranks 3 --nodes 3 --bytes 200k --time-limit 20 "
                                 "--collective ring_all_reduce --collective torus_all_reduce");
        if (code != 0 && (code != 1 || !strstr(command_said, "no memory")))
            fail_msg("allocation %d: %d, %s", n, code, command_said);
        failed += code == 1;
        fine = code == 0 ? fine + 1 : 0;
    }
    unsetenv("TS_FAIL_ALLOC");
    assert_true(failed > 50);
}

static void refuses(void **state)
{
    (void)state;
    assert_int_equal(command("comm --list"), 0);
    command_must_say("double_tree_all_reduce");
    assert_int_equal(command("comm --collective ring_all_reduc"), 2);
    command_must_say("did you mean \"ring_all_reduce\"?");
    assert_int_equal(command("comm more"), 2);
    command_must_say("what is \"more\"?");
    assert_int_equal(command("comm --type f16"), 2);
    command_must_say("f32, f64, i32, i64, u32 or u64");
    assert_int_equal(command("comm --ranks 257"), 2);
    assert_int_equal(command("comm --ranks 2 --nodes 3"), 2);
    assert_int_equal(command("comm --bytes 17G"), 2);
    assert_int_equal(command("comm --bytes 99999999999999999999"), 2);
    assert_int_equal(command("comm --bytes 3m"), 2);
    assert_int_equal(command("comm --bytes ''"), 2);
    command_must_say("expected bytes up to 16G");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(meets_formulas), cmocka_unit_test(leaves_out),
        cmocka_unit_test(bits_repeat),    cmocka_unit_test(types),
        cmocka_unit_test(failures),       cmocka_unit_test(faults),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
