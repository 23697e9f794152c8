#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/command.h"

#include <stdio.h>
#include <stdlib.h>

static void list(void **state)
{
    (void)state;
    assert_int_equal(command("run --list"), 0);
    command_must_say("vae.decode\n");
    command_must_say("flux_text.transformer\n");
    assert_int_equal(command("run --list vae.decode"), 0);
    command_must_say("settings:");
    command_must_not_say("flux_text.transformer\n");
}

static void usage(void **state)
{
    (void)state;
    const char *f = command_folder();
    assert_int_equal(command("run"), 2);
    assert_int_equal(command("run vae.decode"), 2);
    command_must_say("--out FILE");
    assert_int_equal(command("run vae.decode --out %s/a --trace %s/a", f, f), 2);
    assert_int_equal(command("run nothing.here --out %s/a", f), 2);
    command_must_say("unknown module nothing.here");
    assert_int_equal(command("run vae.decode --inputs none --out %s/a", f), 1);
    assert_int_equal(command("run rng.philox --set nonsense=1 --out %s/a", f), 2);
    assert_int_equal(command("run vae.decode --inputs data/goldens/vae/decode_16x24.safetensors "
                             "--honest f64 --out %s/a", f), 2);
    assert_int_equal(command("run vae.decode --inputs data/goldens/vae/decode_16x24.safetensors "
                             "--out %s/none/a", f), 1);
}

/* The same bytes with any number of threads, and on plain as on fast. */
static void same_bytes(void **state)
{
    (void)state;
    static const char *const how[] = {"--threads 1", "--threads 2", "--threads 5",
                                      "--backend plain"};
    const char *f = command_folder();
    char line[512];
    for (int i = 0; i < 4; i++) {
        assert_int_equal(command("run flux_text.transformer_blocks.0 --inputs "
                                 "data/goldens/modules/double_block.safetensors --grads %s "
                                 "--out %s/%d --trace %s/t%d", how[i], f, i, f, i), 0);
        snprintf(line, sizeof line, "cmp %s/0 %s/%d && cmp %s/t0 %s/t%d", f, f, i, f, f, i);
        assert_int_equal(system(line), 0);
    }
    assert_int_equal(command("check data/goldens/modules/double_block.safetensors --output %s/0", f),
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(list), cmocka_unit_test(usage),
                                       cmocka_unit_test(same_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
